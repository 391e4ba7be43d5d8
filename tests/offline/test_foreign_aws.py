"""A program that never heard of this package, as in a first tutorial, and what a careful reviewer says of it."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from textwrap import dedent

from agno_ha import offline, placeholders
from agno_ha.check import resources_of
from agno_ha_policies import Configuration, Resource, evaluate
from agno_ha_policies.picture import Row, pictures

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
    aws.iam.RolePolicyAttachment("admin", role=role.name, policy_arn="arn:aws:iam::aws:policy/AdministratorAccess")
    environment = {"DB_POOL_SIZE": "20", "DB_MAX_OVERFLOW": "20", "DB_PASSWORD": "hunter2",
                   "DATABASE_URL": "postgres://postgres:hunter2@db/agents",
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
    scaling = aws.appautoscaling.Target(
        "scaling", service_namespace="ecs", scalable_dimension="ecs:service:DesiredCount",
        resource_id="service/cluster/agents", min_capacity=1, max_capacity=100)
    aws.appautoscaling.ScheduledAction(
        "night", service_namespace=scaling.service_namespace, scalable_dimension=scaling.scalable_dimension,
        resource_id=scaling.resource_id, schedule="cron(0 20 * * ? *)",
        scalable_target_action=aws.appautoscaling.ScheduledActionScalableTargetActionArgs(
            min_capacity=0, max_capacity=0))
"""
SAID = """
    SCALE-301 scaling minCapacity, SCALE-301 scaling maxCapacity, SCALE-303 agents desiredCount,
    SCALE-304 agents deploymentMinimumHealthyPercent, POOL-301 tuning parameters.0.value,
    DB-301 db publiclyAccessible, DB-302 db multiAz, DB-303 db backupRetentionPeriod, DB-304 db deletionProtection,
    DB-305 db storageEncrypted, CACHE-301 queue automaticFailoverEnabled, CACHE-302 queue transitEncryptionEnabled,
    CACHE-303 lru parameters.0.value, CACHE-303 queue parameterGroupName, SEC-308 admin policyArn,
    SCALE-301 night scalableTargetAction.minCapacity, SEC-301 agents containerDefinitions.0.environment.DATABASE_URL,
    CACHE-304 queue numNodeGroups, CACHE-305 queue atRestEncryptionEnabled,
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


OTHER = """
    # Aurora, a load balancer under its other name, an API, a worker with two pools, and a batch that is scaled to none.
    import json
    import pulumi
    import pulumi_aws as aws
    vpc, subnets = "vpc-0123abcd", ["subnet-00000001", "subnet-00000002"]
    aws.vpc.SecurityGroupIngressRule("world", security_group_id="sg-1", ip_protocol="-1", from_port=-1, to_port=-1,
                                     cidr_ipv4="0.0.0.0/0")
    aws.rds.ParameterGroup("old", family="mysql8.0", parameters=[
        aws.rds.ParameterGroupParameterArgs(name="max_connections", value="10")])
    tuning = aws.rds.ClusterParameterGroup("tuning", family="aurora-postgresql16", parameters=[
        aws.rds.ClusterParameterGroupParameterArgs(name="max_connections", value="100")])
    db = aws.rds.Cluster(
        "db", engine="aurora-postgresql", master_username="agno", master_password="hunter2",
        db_cluster_parameter_group_name=tuning.name, deletion_protection=True, backup_retention_period=7)
    aws.rds.ClusterInstance("writer", cluster_identifier=db.id, engine="aurora-postgresql",
                            instance_class="db.r6g.large", publicly_accessible=True)
    aws.elasticache.Cluster("queue", engine="redis", node_type="cache.t3.micro", num_cache_nodes=1)
    aws.elasticache.Cluster("sessions", engine="memcached", node_type="cache.t3.micro", num_cache_nodes=2)
    lb = aws.alb.LoadBalancer("lb", subnets=subnets)
    targets = aws.alb.TargetGroup("targets", port=7777, protocol="HTTP", target_type="ip", vpc_id=vpc,
                                  health_check=aws.alb.TargetGroupHealthCheckArgs(path="/ready"))
    aws.alb.Listener("web", load_balancer_arn=lb.arn, port=80, protocol="HTTP", default_actions=[
        aws.alb.ListenerDefaultActionArgs(type="forward", target_group_arn=targets.arn)])
    cluster = aws.ecs.Cluster("cluster")

    def container(name, size):
        pool = {"DB_POOL_SIZE": size, "DB_MAX_OVERFLOW": "0"} if size else {}
        return {"name": name, "image": f"example/{name}:1", "user": "10001", "readonlyRootFilesystem": True,
                "stopTimeout": 120, "logConfiguration": {"logDriver": "awslogs"},
                "environment": [{"name": key, "value": value} for key, value in pool.items()]}

    def service(name, containers, **more):
        task = aws.ecs.TaskDefinition(name, family=name, container_definitions=json.dumps(containers))
        return aws.ecs.Service(
            name, cluster=cluster.arn, task_definition=task.arn, deployment_maximum_percent=100,
            deployment_circuit_breaker=aws.ecs.ServiceDeploymentCircuitBreakerArgs(enable=True, rollback=True), **more)

    service("api", [container("api", "10")], desired_count=1,
            load_balancers=[aws.ecs.ServiceLoadBalancerArgs(container_name="api", container_port=7777)])
    service("worker", [container("worker", "10"), container("indexer", "20")], desired_count=WORKERS)
    batch = service("batch", [container("batch", "")])
    aws.appautoscaling.Target("batch", service_namespace="ecs", scalable_dimension="ecs:service:DesiredCount",
                              resource_id=pulumi.Output.concat("service/", cluster.name, "/", batch.name),
                              min_capacity=0, max_capacity=40)
"""
SAID_OF_OTHER = """
    SCALE-305 api desiredCount, DB-301 writer publiclyAccessible, DB-305 db storageEncrypted, DB-306 db clusterMembers,
    CACHE-301 queue automaticFailoverEnabled, CACHE-302 queue transitEncryptionEnabled,
    CACHE-303 queue parameterGroupName, CACHE-305 queue atRestEncryptionEnabled, LB-301 lb idleTimeout,
    LB-302 web protocol, LB-303 targets healthCheck.path, SEC-305 world cidrIpv4
"""


def resources(program: str, directory: Path) -> list[Resource]:
    """What a program registers."""
    (directory / "__main__.py").write_text(dedent(program))
    outputs = partial(placeholders.outputs, "theirs")
    return resources_of(offline.evaluate(directory, "prod", {}, project="theirs", outputs=outputs))


def said(text: str) -> set[tuple[str, ...]]:
    return {tuple(each.split()) for each in text.split(",")}


def check(plan: list[Resource], expected: str) -> None:
    findings = evaluate(plan, Configuration())
    assert {(finding.rule, finding.resource, finding.path) for finding in findings} == said(expected)
    assert not [finding for finding in findings if finding.unknown]
    assert "hunter2" not in json.dumps([finding.text for finding in findings])


def test_what_a_careful_reviewer_would_say(tmp_path: Path) -> None:
    plan = resources(NAIVE, tmp_path)
    check(plan, SAID)
    [picture] = pictures(plan)
    # 100 tasks at most, and none at night, each with a pool of 20 + 20, and as many again while they roll.
    assert picture.rows == (Row("agents", 0, 4000, 8000),)
    assert (picture.name, picture.maximum, picture.usable) == ("tuning", 100, 97)


def test_counts_belong_to_their_own_tasks(tmp_path: Path) -> None:
    # 1 of 10 connections and 2 of 10 + 20 fit into 97, and 3 of the larger or 3 of those would not.
    plan = resources(OTHER.replace("WORKERS", "2"), tmp_path)
    check(plan, SAID_OF_OTHER)
    [picture] = pictures(plan)
    assert picture.rows == (Row("api", 10, 10, 10), Row("worker", 60, 60, 60))
    check(
        resources(OTHER.replace("WORKERS", "3"), tmp_path),
        f"{SAID_OF_OTHER}, POOL-301 tuning parameters.0.value",
    )
