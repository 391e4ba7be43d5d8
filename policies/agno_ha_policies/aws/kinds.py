"""Types of the AWS resources that rules look at."""

from __future__ import annotations

import re
from dataclasses import replace

from agno_ha_policies.model import Resource

TASK = "aws:ecs/taskDefinition:TaskDefinition"
SERVICE = "aws:ecs/service:Service"
SCALING = "aws:appautoscaling/target:Target"
SCHEDULE = "aws:appautoscaling/scheduledAction:ScheduledAction"
BALANCER = "aws:lb/loadBalancer:LoadBalancer"
LISTENER = "aws:lb/listener:Listener"
TARGETS = "aws:lb/targetGroup:TargetGroup"
INSTANCE = "aws:rds/instance:Instance"
CLUSTER = "aws:rds/cluster:Cluster"
CLUSTER_INSTANCE = "aws:rds/clusterInstance:ClusterInstance"
PARAMETERS = "aws:rds/parameterGroup:ParameterGroup"
CLUSTER_PARAMETERS = "aws:rds/clusterParameterGroup:ClusterParameterGroup"
PROXY = "aws:rds/proxy:Proxy"
CACHE = "aws:elasticache/replicationGroup:ReplicationGroup"
CACHE_CLUSTER = "aws:elasticache/cluster:Cluster"
CACHE_PARAMETERS = "aws:elasticache/parameterGroup:ParameterGroup"
SERVERLESS_CACHE = "aws:elasticache/serverlessCache:ServerlessCache"
GROUP = "aws:ec2/securityGroup:SecurityGroup"
DEFAULT_GROUP = "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
OLD_RULE = "aws:ec2/securityGroupRule:SecurityGroupRule"
ROLE = "aws:iam/role:Role"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
USER_POLICY = "aws:iam/userPolicy:UserPolicy"
GROUP_POLICY = "aws:iam/groupPolicy:GroupPolicy"
POLICY = "aws:iam/policy:Policy"
ROLE_ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
ATTACHMENT = "aws:iam/policyAttachment:PolicyAttachment"
LOGS = "aws:cloudwatch/logGroup:LogGroup"

_OTHER_NAMES = re.compile("^aws:(alb|applicationloadbalancing|elasticloadbalancingv2)/")
"""Of the module `lb`: the provider registers its resources under these, too."""


def renamed(resource: Resource) -> Resource:
    """Return a resource under the one name of its type that rules know."""
    kind = _OTHER_NAMES.sub("aws:lb/", resource.type)
    return resource if kind == resource.type else replace(resource, type=kind)
