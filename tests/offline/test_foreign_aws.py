"""A program that never heard of this package, as in a first tutorial, and what a careful reviewer says of it."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from textwrap import dedent

from agno_ha import offline, placeholders
from agno_ha.check import resources_of
from agno_ha_policies import Configuration, evaluate

NAIVE = """
    # One instance behind a load balancer, a public database, secrets in the task definition.
    import json
    import pulumi_aws as aws
    vpc, subnets = "vpc-0123abcd", ["subnet-00000001", "subnet-00000002"]
    firewall = aws.ec2.SecurityGroup("firewall", vpc_id=vpc, ingress=[
        aws.ec2.SecurityGroupIngressArgs(protocol="tcp", from_port=0, to_port=65535, cidr_blocks=["0.0.0.0/0"])])
    tuning = aws.rds.ParameterGroup("tuning", family="postgres16", parameters=[
        aws.rds.ParameterGroupParameterArgs(name="max_connections", value="100")])
    db = aws.rds.Instance(
        "db", engine="postgres", instance_class="db.t3.micro", allocated_storage=20, username="postgres",
        password="hunter2", publicly_accessible=True, skip_final_snapshot=True)
    queue = aws.elasticache.ReplicationGroup("queue", description="q", node_type="cache.t3.micro", num_node_groups=2)
    lru = aws.elasticache.ParameterGroup("lru", family="redis7", parameters=[
        aws.elasticache.ParameterGroupParameterArgs(name="maxmemory-policy", value="allkeys-lru")])
    lb = aws.lb.LoadBalancer("lb", security_groups=[firewall.id], subnets=subnets)
    targets = aws.lb.TargetGroup("targets", port=7777, protocol="HTTP", target_type="ip", vpc_id=vpc,
                                 health_check=aws.lb.TargetGroupHealthCheckArgs(path="/ready"))
    aws.lb.Listener("web", load_balancer_arn=lb.arn, port=80, protocol="HTTP", default_actions=[
        aws.lb.ListenerDefaultActionArgs(type="forward", target_group_arn=targets.arn)])
    role = aws.iam.Role("role", assume_role_policy="{}")
    aws.iam.RolePolicy("everything", role=role.id, policy=json.dumps(
        {"Statement": [{"Effect": "Allow", "Action": "secretsmanager:*", "Resource": "*"}]}))
    aws.cloudwatch.LogGroup("logs")
    environment = {"DB_POOL_SIZE": "20", "DB_MAX_OVERFLOW": "20", "DB_PASSWORD": "hunter2",
                   "REDIS_URL": "redis://default:hunter2@queue:6379"}
    task = aws.ecs.TaskDefinition(
        "agents", family="agents", cpu="256", memory="512", network_mode="awsvpc", requires_compatibilities=["FARGATE"],
        container_definitions=json.dumps([{
            "name": "agents", "image": "agnohq/agents", "privileged": True,
            "environment": [{"name": name, "value": value} for name, value in environment.items()],
        }]))
    cluster = aws.ecs.Cluster("cluster")
    service = aws.ecs.Service(
        "agents", cluster=cluster.arn, task_definition=task.arn, desired_count=2, launch_type="FARGATE",
        deployment_minimum_healthy_percent=0,
        network_configuration=aws.ecs.ServiceNetworkConfigurationArgs(subnets=subnets, assign_public_ip=True),
        load_balancers=[aws.ecs.ServiceLoadBalancerArgs(container_name="agents", container_port=7777)])
    aws.appautoscaling.Target("scaling", service_namespace="ecs", scalable_dimension="ecs:service:DesiredCount",
                              resource_id="service/cluster/agents", min_capacity=1, max_capacity=100)
"""
SAID = """
    SCALE-301 scaling minCapacity, SCALE-301 scaling maxCapacity, SCALE-303 agents desiredCount,
    SCALE-304 agents deploymentMinimumHealthyPercent, POOL-301 tuning parameters.0.value,
    DB-301 db publiclyAccessible, DB-302 db multiAz, DB-303 db backupRetentionPeriod, DB-304 db deletionProtection,
    DB-305 db storageEncrypted, CACHE-301 queue automaticFailoverEnabled, CACHE-302 queue transitEncryptionEnabled,
    CACHE-303 lru parameters.0.value, CACHE-304 queue numNodeGroups, CACHE-305 queue atRestEncryptionEnabled,
    LB-301 lb idleTimeout, LB-302 web protocol, LB-303 targets healthCheck.path,
    LB-304 agents containerDefinitions.0.stopTimeout,
    SEC-301 agents containerDefinitions.0.environment.DB_PASSWORD,
    SEC-301 agents containerDefinitions.0.environment.REDIS_URL, SEC-302 agents containerDefinitions.0.privileged,
    SEC-303 agents containerDefinitions.0.user, SEC-304 agents containerDefinitions.0.readonlyRootFilesystem,
    SEC-305 firewall ingress.0.cidrBlocks.0, SEC-306 agents containerDefinitions.0.image,
    SEC-307 agents networkConfiguration.assignPublicIp, SEC-308 everything policy.Statement.0.Action,
    OPS-301 agents containerDefinitions.0.logConfiguration, OPS-302 logs retentionInDays,
    OPS-303 agents deploymentCircuitBreaker.enable
"""


def test_what_a_careful_reviewer_would_say(tmp_path: Path) -> None:
    (tmp_path / "__main__.py").write_text(dedent(NAIVE))
    outputs = partial(placeholders.outputs, "theirs")
    plan = offline.evaluate(tmp_path, "prod", {}, project="theirs", outputs=outputs)
    findings = evaluate(resources_of(plan), Configuration())
    assert {(finding.rule, finding.resource, finding.path) for finding in findings} == {
        tuple(each.split()) for each in SAID.split(",")
    }
    assert not [finding for finding in findings if finding.unknown]
    assert "hunter2" not in json.dumps([finding.text for finding in findings])
