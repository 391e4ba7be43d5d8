"""What is turned off and on again: RDS Proxy, a secret of the app, the log of requests.

The first two leave secrets that wait to be deleted.
"""

from __future__ import annotations

from typing import Any

from .account import Account
from .settings import BALANCER, CREATE, DELETE, REPLACE, UPDATE, every, proxy

SERVICE = "aws:ecs/service:Service"
WITH_PROXY = {"postgres": {"pooler": {"enabled": True, "poolSize": 90}}}
WITHOUT_PROXY = {"postgres": {"pooler": {"enabled": False}}}


def up(account: Account, change: dict[str, Any], touches: dict[str, str]) -> None:
    """Bring a change up, which touches exactly this, and nothing is left to do."""
    assert account.preview(change) == touches
    account.change(change)
    account.pulumi.run("up", "--yes", "--skip-preview")
    account.pulumi.run("up", "--yes", "--skip-preview", "--expect-no-changes")


def roll(account: Account) -> dict[str, str]:
    """New tasks of each service that runs; which ones do is left by the tests before."""
    running = {each["urn"].split("::")[-1] for each in account.pulumi.resources() if each["type"] == SERVICE}
    return {
        name: operation
        for service in running
        for name, operation in {
            f"{service} (TaskDefinition)": REPLACE,
            f"{service} (Service)": UPDATE,
        }.items()
    }


def secret(account: Account, operation: str) -> dict[str, str]:
    """A secret of the app, which the role that starts tasks may read, and no other."""
    return {
        **every(operation, "Secret", "crm-token"), **every(operation, "SecretVersion", "crm-token"),
        **every(UPDATE, "RolePolicy", "execution"), **roll(account),
    }  # fmt: skip


def secrets(account: Account, room: str) -> list[dict[str, Any]]:
    """All of a room, also those that wait to be deleted."""
    found = account.client("secretsmanager").list_secrets(IncludePlannedDeletion=True)["SecretList"]
    return [each for each in found if each["Name"].startswith(f"agno-ha-prod-{room}-")]


def test_a_proxy_that_goes_and_comes_back(account: Account) -> None:
    database = account.database()
    access = {**every(CREATE, "SecurityGroupIngressRule", "app-postgres"), **roll(account)}
    back = {**every(DELETE, "SecurityGroupIngressRule", "app-postgres"), **roll(account)}
    on = bool(secrets(account, "proxy-login"))
    if not on:
        up(account, WITH_PROXY, {**proxy(CREATE), **back})
    up(account, WITHOUT_PROXY, {**proxy(DELETE), **access})
    up(account, WITH_PROXY, {**proxy(CREATE), **back})
    old, new = sorted(secrets(account, "proxy-login"), key=lambda each: "DeletedDate" not in each)
    assert "DeletedDate" in old
    assert "DeletedDate" not in new
    assert old["Name"] != new["Name"]
    assert account.database() == database


def test_a_proxy_is_changed_in_place(account: Account) -> None:
    """What logs in is another secret: a new one is made, and the proxy is told."""
    login = urn(account, "agno-proxy-login", "Secret")
    account.pulumi.run("up", "--yes", "--skip-preview", "--replace", login)
    account.pulumi.run("up", "--yes", "--skip-preview", "--expect-no-changes")
    [kept] = [each for each in secrets(account, "proxy-login") if "DeletedDate" not in each]
    proxies = [each for each in account.pulumi.resources() if each["type"] == "aws:rds/proxy:Proxy"]
    assert [each["outputs"]["auths"][0]["secretArn"] for each in proxies] == [kept["ARN"]]


def test_a_secret_that_goes_can_be_restored_and_comes_back(account: Account) -> None:
    account.keep("crm", "of the customers")
    on = {"app": {"secrets": {"CRM_TOKEN": "crm"}}}
    up(account, on, secret(account, CREATE))
    account.settings["config"]["agno-ha:topology"]["app"].pop("secrets")
    up(account, {}, secret(account, DELETE))
    [gone] = secrets(account, "crm-token")
    assert (gone["DeletedDate"] is not None, gone["Name"].startswith("agno-ha-prod-crm-token-")) == (
        True,
        True,
    )
    up(account, on, secret(account, CREATE))
    manager = account.client("secretsmanager")
    manager.restore_secret(SecretId=gone["ARN"])
    assert manager.get_secret_value(SecretId=gone["ARN"])["SecretString"] == "of the customers"
    manager.delete_secret(SecretId=gone["ARN"])


def test_the_log_of_requests_is_turned_off_again(account: Account) -> None:
    def logged() -> dict[str, str]:
        elb = account.client("elbv2")
        [balancer] = elb.describe_load_balancers()["LoadBalancers"]
        found = elb.describe_load_balancer_attributes(LoadBalancerArn=balancer["LoadBalancerArn"])
        attributes = {each["Key"]: each["Value"] for each in found["Attributes"]}
        return {key: attributes[f"access_logs.s3.{key}"] for key in ("enabled", "bucket")}

    if logged()["enabled"] == "false":
        up(account, {"ecs": {"loadBalancer": {"accessLogsBucket": "our-logs"}}}, BALANCER)
    assert logged() == {"enabled": "true", "bucket": "our-logs"}
    up(account, {"ecs": {"loadBalancer": {"accessLogsBucket": None}}}, BALANCER)
    assert logged()["enabled"] == "false"


def urn(account: Account, name: str, kind: str) -> str:
    """Return a resource's URN."""
    [found] = [each for each in account.pulumi.resources() if each["urn"].endswith(f":{kind}::{name}")]
    return str(found["urn"])
