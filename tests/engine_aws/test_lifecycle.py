"""The prod stack through its life: preview, up, nothing changed, rolls, the autoscaler, drift."""

from __future__ import annotations

import json

from .account import IMAGE, Account, failed
from .provider.tasks import canonical
from .settings import ROLL

NEWER = IMAGE.replace(":0.1.0", ":0.2.0")


def test_a_preview_makes_nothing(empty: Account) -> None:
    touched = empty.preview({})
    assert set(touched.values()) == {"create"}
    assert len(touched) > 80
    assert empty.left() == {}


def test_up_makes_the_stack(account: Account) -> None:
    left = account.left()
    assert {kind: left[kind] for kind in ("LoadBalancers", "DBInstances", "NatGateways", "Subnets", "Roles")} == {
        "LoadBalancers": 1, "DBInstances": 1, "NatGateways": 3, "Subnets": 6, "Roles": 2
    }  # fmt: skip
    assert account.service()["desiredCount"] == 3
    assert (
        json.loads(account.pulumi.run("stack", "output", "--json").stdout)["url"]
        == "https://agents.example.com"
    )


def test_no_secret_stands_in_the_state(account: Account) -> None:
    secrets = account.client("secretsmanager")
    state = account.pulumi.run("stack", "export").stdout
    values = [
        secrets.get_secret_value(SecretId=each["ARN"])["SecretString"]
        for each in secrets.list_secrets()["SecretList"]
    ]
    assert len(values) == 4
    assert not [value for value in values if value in state]


def test_nothing_changed_touches_nothing(account: Account) -> None:
    account.pulumi.run("refresh", "--yes", "--skip-preview", "--expect-no-changes")
    account.pulumi.run("up", "--yes", "--skip-preview", "--expect-no-changes")


def test_what_aws_does_by_itself_is_no_drift(account: Account) -> None:
    account.client("ecs").update_service(
        cluster="agno-ha-prod-cluster", service="agno-ha-prod-web", desiredCount=5
    )
    account.client("rds").modify_db_instance(
        DBInstanceIdentifier="agno-ha-prod-postgres", AllocatedStorage=60
    )
    assert account.preview({}, "--refresh") == {}


def test_a_roll_touches_no_data_and_keeps_the_autoscalers_count(account: Account) -> None:
    database, before = account.database(), account.service()
    assert before["desiredCount"] == 5
    account.change({"ecs": {"image": NEWER}})
    account.pulumi.run("up", "--yes", "--skip-preview", "--refresh")
    assert account.image() == NEWER
    assert account.service()["desiredCount"] == 5
    assert account.database() == database
    # A rollback needs the revision before.
    old = account.client("ecs").describe_task_definition(taskDefinition=before["taskDefinition"])
    assert old["taskDefinition"]["status"] == "ACTIVE"


def test_a_roll_that_ecs_takes_back_fails_and_can_be_tried_again(account: Account) -> None:
    """The provider stands for the circuit breaker: tasks of an image with this tag never get healthy."""
    before = account.service()["taskDefinition"].rpartition("/")[2]
    tried = "waiting for ECS Service"
    account.change({"ecs": {"image": IMAGE.replace(":0.1.0", ":bad")}})
    assert tried in failed(account.pulumi.run, "up", "--yes", "--skip-preview")
    assert account.image() == NEWER
    # The state has what was asked for: an up that does not look first tries nothing, and only sees what runs.
    assert account.preview({}) == {"agno-web (Service)": "update"}
    said = failed(account.pulumi.run, "up", "--yes", "--skip-preview")
    assert f"Service agno-ha-prod-web runs {before}, not agno-ha-prod-web:" in said
    assert "the deployment was rolled back" in said
    assert "pulumi up --refresh" in said
    assert tried not in said
    # Now it is known. The revision is there, only the service has to change.
    assert tried in failed(account.pulumi.run, "up", "--yes", "--skip-preview")
    # Our own up looks first.
    assert tried in failed(account.pulumi.agno_ha, "up", "--yes")
    assert account.image() == NEWER
    assert account.preview({"ecs": {"image": NEWER}}) == ROLL
    account.change({"ecs": {"image": NEWER}})
    account.pulumi.run("up", "--yes", "--skip-preview")
    assert account.image() == NEWER


def test_drift_is_found_and_mended(account: Account) -> None:
    watch, elb = account.client("cloudwatch"), account.client("elbv2")
    [alarm] = watch.describe_alarms(AlarmNames=["agno-ha-prod-alarm-latency"])["MetricAlarms"]
    names = ("AlarmName", "Namespace", "MetricName", "ExtendedStatistic", "ComparisonOperator", "Period",
             "EvaluationPeriods", "DatapointsToAlarm", "TreatMissingData", "Dimensions", "AlarmActions", "OKActions",
             "AlarmDescription")  # fmt: skip
    watch.put_metric_alarm(**{name: alarm[name] for name in names}, Threshold=999)
    watch.delete_dashboards(DashboardNames=["agno-ha-prod-dashboard"])
    [balancer] = elb.describe_load_balancers()["LoadBalancers"]
    off = [{"Key": "deletion_protection.enabled", "Value": "false"}]
    elb.modify_load_balancer_attributes(LoadBalancerArn=balancer["LoadBalancerArn"], Attributes=off)
    assert account.preview({}, "--refresh") == {
        "agno-alarm-latency (MetricAlarm)": "update",
        "agno-dashboard (Dashboard)": "create",
        "agno-load-balancer (LoadBalancer)": "update",
    }
    account.pulumi.run("up", "--yes", "--skip-preview", "--refresh")
    [alarm] = watch.describe_alarms(AlarmNames=["agno-ha-prod-alarm-latency"])["MetricAlarms"]
    assert alarm["Threshold"] == 60
    assert len(watch.list_dashboards()["DashboardEntries"]) == 1
    account.pulumi.run("refresh", "--yes", "--skip-preview", "--expect-no-changes")


def test_the_provider_reads_containers_as_ecs_keeps_them() -> None:
    """Else that nothing has changed would say nothing: defaults filled in, sorted by name."""
    sent = [
        {
            "name": "b",
            "image": "one",
            "secrets": [{"name": "Z", "valueFrom": "z"}, {"name": "A", "valueFrom": "a"}],
        },
        {
            "name": "a",
            "image": "one",
            "portMappings": [{"containerPort": 80}],
            "healthCheck": {"command": ["x"]},
        },
    ]
    first, second = json.loads(canonical(sent))
    assert (first["name"], first["essential"], first["cpu"], first["volumesFrom"]) == ("a", True, 0, [])
    assert first["portMappings"] == [{"containerPort": 80, "hostPort": 80, "protocol": "tcp"}]
    assert first["healthCheck"] == {"command": ["x"], "interval": 30, "timeout": 5, "retries": 3}
    assert [each["name"] for each in second["secrets"]] == ["A", "Z"]
