"""Which property of a kind can't be changed in place: another resource is made.

From the provider's own documentation, where such a property says "Changes to this property will trigger replacement"
(`https://www.pulumi.com/registry/packages/aws/api-docs/<module>/<kind>/`), which is `ForceNew` in the schema of
`terraform-provider-aws`, `internal/service/<service>/<file>.go` (`RequiresReplace` in those of the newer framework).
Named here: module/kind · service/file. Each row was compared with that file's schema and with what customizes its
differences, for the properties that the target sets.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .compare import UNKNOWN

REPLACES: dict[str, tuple[str, ...]] = {
    "aws:ec2/vpc:Vpc": ("cidrBlock",),  # ec2/vpc · ec2/vpc_.go
    "aws:ec2/internetGateway:InternetGateway": (),  # ec2/internetgateway · ec2/vpc_internet_gateway.go
    # ec2/subnet · ec2/vpc_subnet.go
    "aws:ec2/subnet:Subnet": ("vpcId", "availabilityZone", "cidrBlock"),
    "aws:ec2/routeTable:RouteTable": ("vpcId",),  # ec2/routetable · ec2/vpc_route_table.go
    # ec2/route · ec2/vpc_route.go; another gateway is put in its place
    "aws:ec2/route:Route": ("routeTableId", "destinationCidrBlock"),
    # ec2/routetableassociation · ec2/vpc_route_table_association.go; another table is put in its place
    "aws:ec2/routeTableAssociation:RouteTableAssociation": ("subnetId",),
    "aws:ec2/eip:Eip": ("domain",),  # ec2/eip · ec2/ec2_eip.go
    "aws:ec2/natGateway:NatGateway": ("allocationId", "subnetId"),  # ec2/natgateway · ec2/vpc_nat_gateway.go
    # ec2/securitygroup · ec2/vpc_security_group.go
    "aws:ec2/securityGroup:SecurityGroup": ("name", "description", "vpcId"),
    # vpc/securitygroupingressrule · ec2/vpc_security_group_ingress_rule.go; all else by ModifySecurityGroupRules
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": ("securityGroupId",),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": ("securityGroupId",),
    # lb/loadbalancer · elbv2/load_balancer.go
    "aws:lb/loadBalancer:LoadBalancer": ("name", "internal", "loadBalancerType"),
    # lb/targetgroup · elbv2/target_group.go
    "aws:lb/targetGroup:TargetGroup": ("name", "port", "protocol", "targetType", "vpcId"),
    "aws:lb/listener:Listener": ("loadBalancerArn",),  # lb/listener · elbv2/listener.go
    "aws:lb/listenerRule:ListenerRule": ("listenerArn",),  # lb/listenerrule · elbv2/listener_rule.go
    "aws:acm/certificate:Certificate": (),  # acm/certificate · acm/certificate.go: imported again, under its ARN
    "aws:ecs/cluster:Cluster": ("name",),  # ecs/cluster · ecs/cluster.go
    # ecs/taskdefinition · ecs/task_definition.go: revisions never change
    "aws:ecs/taskDefinition:TaskDefinition": (
        "family", "cpu", "memory", "networkMode", "requiresCompatibilities", "runtimePlatform", "executionRoleArn",
        "taskRoleArn", "volumes", "containerDefinitions",
    ),
    # ecs/service · ecs/service.go
    "aws:ecs/service:Service": ("name", "cluster", "launchType", "schedulingStrategy"),
    # appautoscaling/target · appautoscaling/target.go
    "aws:appautoscaling/target:Target": ("serviceNamespace", "scalableDimension", "resourceId"),
    # appautoscaling/policy · appautoscaling/policy.go
    "aws:appautoscaling/policy:Policy": ("name", "serviceNamespace", "scalableDimension", "resourceId"),
    "aws:iam/role:Role": ("name",),  # iam/role · iam/role.go
    "aws:iam/rolePolicy:RolePolicy": ("name", "role"),  # iam/rolepolicy · iam/role_policy.go
    "aws:cloudwatch/logGroup:LogGroup": ("name",),  # cloudwatch/loggroup · logs/group.go
    "aws:secretsmanager/secret:Secret": ("name", "namePrefix"),  # secretsmanager/secret · secretsmanager/secret.go
    # secretsmanager/secretversion · secretsmanager/secret_version.go
    "aws:secretsmanager/secretVersion:SecretVersion": ("secretId", "secretString"),
    "aws:rds/subnetGroup:SubnetGroup": ("name",),  # rds/subnetgroup · rds/subnet_group.go
    # rds/parametergroup · rds/parameter_group.go
    "aws:rds/parameterGroup:ParameterGroup": ("name", "family", "description"),
    # rds/instance · rds/instance.go
    "aws:rds/instance:Instance": ("engine", "dbName", "username", "storageEncrypted"),
    # rds/proxy · rds/proxy.go
    "aws:rds/proxy:Proxy": ("engineFamily", "vpcSubnetIds"),
    # rds/proxydefaulttargetgroup · rds/proxy_default_target_group.go
    "aws:rds/proxyDefaultTargetGroup:ProxyDefaultTargetGroup": ("dbProxyName",),
    # rds/proxytarget · rds/proxy_target.go
    "aws:rds/proxyTarget:ProxyTarget": ("dbProxyName", "targetGroupName", "dbInstanceIdentifier"),
    "aws:elasticache/subnetGroup:SubnetGroup": ("name",),  # elasticache/subnetgroup · elasticache/subnet_group.go
    # elasticache/parametergroup · elasticache/parameter_group.go
    "aws:elasticache/parameterGroup:ParameterGroup": ("name", "family", "description"),
    # elasticache/replicationgroup · elasticache/replication_group.go
    "aws:elasticache/replicationGroup:ReplicationGroup": (
        "replicationGroupId", "port", "subnetGroupName", "atRestEncryptionEnabled",
    ),
    "aws:sns/topic:Topic": ("name",),  # sns/topic · sns/topic.go
    # sns/topicsubscription · sns/topic_subscription.go
    "aws:sns/topicSubscription:TopicSubscription": ("topic", "protocol", "endpoint"),
    "aws:cloudwatch/metricAlarm:MetricAlarm": ("name",),  # cloudwatch/metricalarm · cloudwatch/metric_alarm.go
    "aws:cloudwatch/dashboard:Dashboard": ("dashboardName",),  # cloudwatch/dashboard · cloudwatch/dashboard.go
}  # fmt: skip


def replaced(kind: str, changed: list[str], new: Mapping[str, Any], state: Mapping[str, Any]) -> list[str]:
    """Return which of the changed properties make another resource."""
    found = [name for name in changed if name in REPLACES[kind]]
    # ElastiCache goes only forward: from Redis to Valkey and to later versions. Back is another group
    # (customizeDiffEngineForceNewOnDowngrade and customizeDiffEngineVersionForceNewOnDowngrade in elasticache).
    if kind == "aws:elasticache/replicationGroup:ReplicationGroup":
        if "engine" in changed and (state["engine"], new["engine"]) == ("valkey", "redis"):
            found.append("engine")
        elif "engineVersion" in changed and _version(new["engineVersion"]) < _version(state["engineVersion"]):
            found.append("engineVersion")
    return found


def _version(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split(".")))


def refused(kind: str, new: Mapping[str, Any]) -> str | None:
    """Return why the provider refuses a plan; None where it takes it."""
    strategy, token = (new.get(name) for name in ("authTokenUpdateStrategy", "authToken"))
    if kind == "aws:elasticache/replicationGroup:ReplicationGroup" and strategy and token in (None, UNKNOWN):
        # authTokenUpdateStrategyValidate in elasticache/replication_group.go: what is not known yet is not there.
        return '"auth_token_update_strategy": "auth_token" must be specified'
    return None


NAMES = ("name", "identifier", "replicationGroupId", "dashboardName")
"""Names that a program gives: where the new resource has the old one's, the provider has the old one go first
(`nameRequiresDeleteBeforeReplace` of pulumi-terraform-bridge; "Auto-naming" in Pulumi's documentation of names)."""
