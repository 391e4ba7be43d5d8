"""RDS's and ElastiCache's part."""

from __future__ import annotations

from typing import Any

from . import stubs
from .cloud import Cloud, Create, Inputs, Outputs, Read

INSTANCE = {
    "identifier": "DBInstanceIdentifier",
    "engine": "Engine",
    "engineVersion": "EngineVersion",
    "autoMinorVersionUpgrade": "AutoMinorVersionUpgrade",
    "instanceClass": "DBInstanceClass",
    "parameterGroupName": "DBParameterGroupName",
    "dbName": "DBName",
    "username": "MasterUsername",
    "password": "MasterUserPassword",
    "port": "Port",
    "multiAz": "MultiAZ",
    "dbSubnetGroupName": "DBSubnetGroupName",
    "vpcSecurityGroupIds": "VpcSecurityGroupIds",
    "publiclyAccessible": "PubliclyAccessible",
    "storageType": "StorageType",
    "allocatedStorage": "AllocatedStorage",
    "maxAllocatedStorage": "MaxAllocatedStorage",
    "storageEncrypted": "StorageEncrypted",
    "caCertIdentifier": "CACertificateIdentifier",
    "backupRetentionPeriod": "BackupRetentionPeriod",
    "backupWindow": "PreferredBackupWindow",
    "copyTagsToSnapshot": "CopyTagsToSnapshot",
    "deletionProtection": "DeletionProtection",
    "enabledCloudwatchLogsExports": "EnableCloudwatchLogsExports",
}
ON_DELETE = (
    "deleteAutomatedBackups", "skipFinalSnapshot", "finalSnapshotIdentifier", "applyImmediately",
    "allowMajorVersionUpgrade",
)  # fmt: skip
"""Said to later calls."""

GROUP = {
    "replicationGroupId": "ReplicationGroupId",
    "description": "ReplicationGroupDescription",
    "engine": "Engine",
    "engineVersion": "EngineVersion",
    "autoMinorVersionUpgrade": "AutoMinorVersionUpgrade",
    "nodeType": "CacheNodeType",
    "numCacheClusters": "NumCacheClusters",
    "automaticFailoverEnabled": "AutomaticFailoverEnabled",
    "multiAzEnabled": "MultiAZEnabled",
    "parameterGroupName": "CacheParameterGroupName",
    "port": "Port",
    "subnetGroupName": "CacheSubnetGroupName",
    "securityGroupIds": "SecurityGroupIds",
    "atRestEncryptionEnabled": "AtRestEncryptionEnabled",
    "transitEncryptionEnabled": "TransitEncryptionEnabled",
    "transitEncryptionMode": "TransitEncryptionMode",
    "authToken": "AuthToken",
    "snapshotRetentionLimit": "SnapshotRetentionLimit",
}


def _subnet_group(cloud: Cloud, inputs: Inputs) -> Outputs:
    request = inputs.request(
        name="DBSubnetGroupName", description="DBSubnetGroupDescription", subnetIds="SubnetIds"
    )
    made = cloud.client("rds").create_db_subnet_group(**request, Tags=inputs.tags())["DBSubnetGroup"]
    return {"id": made["DBSubnetGroupName"]}


def _parameter_group(cloud: Cloud, inputs: Inputs) -> Outputs:
    rds = cloud.client("rds")
    inputs.keep("skipDestroy")  # the provider's own: it leaves one that is in use
    request = inputs.request(
        name="DBParameterGroupName", family="DBParameterGroupFamily", description="Description"
    )
    rds.create_db_parameter_group(**request, Tags=inputs.tags())
    parameters = [
        {"ParameterName": each["name"], "ParameterValue": each["value"], "ApplyMethod": each["applyMethod"]}
        for each in inputs.take("parameters")
    ]
    rds.modify_db_parameter_group(DBParameterGroupName=request["DBParameterGroupName"], Parameters=parameters)
    return {"id": request["DBParameterGroupName"]}


def _instance(cloud: Cloud, inputs: Inputs) -> Outputs:
    inputs.keep(*ON_DELETE)
    request = inputs.request(**INSTANCE)
    made = cloud.client("rds").create_db_instance(**request, Tags=inputs.tags())["DBInstance"]
    # moto names no endpoint before the second look.
    [made] = cloud.client("rds").describe_db_instances(DBInstanceIdentifier=made["DBInstanceIdentifier"])[
        "DBInstances"
    ]
    return {"id": made["DbiResourceId"], "address": made["Endpoint"]["Address"]}


def proxy_auth(given: list[dict[str, str]]) -> list[dict[str, str]]:
    """Return how a proxy logs in, as the API has it."""
    return [
        {"AuthScheme": each["authScheme"], "IAMAuth": each["iamAuth"], "SecretArn": each["secretArn"]}
        for each in given
    ]


def _proxy(cloud: Cloud, inputs: Inputs) -> Outputs:
    auth = proxy_auth(inputs.take("auths"))
    request = inputs.request(
        name="DBProxyName", engineFamily="EngineFamily", roleArn="RoleArn", requireTls="RequireTLS",
        vpcSubnetIds="VpcSubnetIds", vpcSecurityGroupIds="VpcSecurityGroupIds",
    )  # fmt: skip
    made = cloud.client("rds").create_db_proxy(**request, Auth=auth, Tags=inputs.tags())["DBProxy"]
    return {"id": made["DBProxyName"], "endpoint": made["Endpoint"]}


def _proxy_targets(cloud: Cloud, inputs: Inputs) -> Outputs:
    name, given = inputs.take("dbProxyName"), inputs.take("connectionPoolConfig")
    cloud.client("rds").modify_db_proxy_target_group(
        DBProxyName=name,
        TargetGroupName="default",
        ConnectionPoolConfig={key[0].upper() + key[1:]: value for key, value in given.items()},
    )
    return {"id": name, "name": "default"}


def _proxy_target(cloud: Cloud, inputs: Inputs) -> Outputs:
    name, instance = inputs.take("dbProxyName"), inputs.take("dbInstanceIdentifier")
    cloud.client("rds").register_db_proxy_targets(
        DBProxyName=name, TargetGroupName=inputs.take("targetGroupName"), DBInstanceIdentifiers=[instance]
    )
    return {"id": f"{name}/default/{instance}", "proxy": name}


def _cache_subnet_group(cloud: Cloud, inputs: Inputs) -> Outputs:
    request = inputs.request(
        name="CacheSubnetGroupName", description="CacheSubnetGroupDescription", subnetIds="SubnetIds"
    )
    cloud.client("elasticache").create_cache_subnet_group(**request, Tags=inputs.tags())
    return {"id": request["CacheSubnetGroupName"]}


def _replication_group(cloud: Cloud, inputs: Inputs) -> Outputs:
    inputs.keep("applyImmediately", "finalSnapshotIdentifier")
    request = inputs.request(**GROUP)
    made = cloud.client("elasticache").create_replication_group(**request, Tags=inputs.tags())[
        "ReplicationGroup"
    ]
    address = made["NodeGroups"][0]["PrimaryEndpoint"]["Address"]
    return {"id": made["ReplicationGroupId"], "primaryEndpointAddress": address}


CREATE: dict[str, Create] = {
    "aws:rds/subnetGroup:SubnetGroup": _subnet_group,
    "aws:rds/parameterGroup:ParameterGroup": _parameter_group,
    "aws:rds/instance:Instance": _instance,
    "aws:rds/proxy:Proxy": _proxy,
    "aws:rds/proxyDefaultTargetGroup:ProxyDefaultTargetGroup": _proxy_targets,
    "aws:rds/proxyTarget:ProxyTarget": _proxy_target,
    "aws:elasticache/subnetGroup:SubnetGroup": _cache_subnet_group,
    "aws:elasticache/parameterGroup:ParameterGroup": stubs.cache_parameter_group,
    "aws:elasticache/replicationGroup:ReplicationGroup": _replication_group,
}


def _read_instance(cloud: Cloud, made: Outputs) -> dict[str, Any]:
    found = next(
        each
        for each in cloud.client("rds").describe_db_instances()["DBInstances"]
        if each["DbiResourceId"] == made["id"]
    )
    return {
        **found,
        "DBParameterGroupName": found["DBParameterGroups"][0]["DBParameterGroupName"],
        "DBSubnetGroupName": found["DBSubnetGroup"]["DBSubnetGroupName"],
        "VpcSecurityGroupIds": [each["VpcSecurityGroupId"] for each in found["VpcSecurityGroups"]],
        "EnableCloudwatchLogsExports": found.get("EnabledCloudwatchLogsExports"),
        "Port": found["Endpoint"]["Port"],
        "Tags": found["TagList"],
    }


def _read_parameters(cloud: Cloud, made: Outputs) -> dict[str, Any]:
    pages = (
        cloud.client("rds").get_paginator("describe_db_parameters").paginate(DBParameterGroupName=made["id"])
    )
    found = [each for page in pages for each in page["Parameters"]]
    return {"DBParameterGroupName": made["id"], "Parameters": found}


def _read_subnet_group(cloud: Cloud, made: Outputs) -> dict[str, Any]:
    [found] = cloud.client("rds").describe_db_subnet_groups(DBSubnetGroupName=made["id"])["DBSubnetGroups"]
    return {**found, "SubnetIds": [each["SubnetIdentifier"] for each in found["Subnets"]]}


def _read_cache_subnet_group(cloud: Cloud, made: Outputs) -> dict[str, Any]:
    [found] = cloud.client("elasticache").describe_cache_subnet_groups(CacheSubnetGroupName=made["id"])[
        "CacheSubnetGroups"
    ]
    return {**found, "SubnetIds": [each["SubnetIdentifier"] for each in found["Subnets"]]}


def _read_pool(cloud: Cloud, made: Outputs) -> dict[str, Any]:
    [found] = cloud.client("rds").describe_db_proxy_target_groups(DBProxyName=made["id"])["TargetGroups"]
    return {**found, "ConnectionPoolConfig": found["ConnectionPoolConfig"]}


def _read_target(cloud: Cloud, made: Outputs) -> dict[str, Any]:
    found = cloud.client("rds").describe_db_proxy_targets(DBProxyName=made["proxy"])["Targets"]
    return {
        "DBProxyName": made["proxy"],
        "TargetGroupName": "default",
        "DBInstanceIdentifiers": [each["RdsResourceId"] for each in found],
    }


def _read_group(cloud: Cloud, made: Outputs) -> dict[str, Any]:
    [found] = cloud.client("elasticache").describe_replication_groups(ReplicationGroupId=made["id"])[
        "ReplicationGroups"
    ]
    return {
        **found,
        "ReplicationGroupDescription": found["Description"],
        "NumCacheClusters": len(found["MemberClusters"]),
        "AutomaticFailoverEnabled": found["AutomaticFailover"] == "enabled",
        "MultiAZEnabled": found["MultiAZ"] == "enabled",
        "Port": found["NodeGroups"][0]["PrimaryEndpoint"]["Port"],
    }


READ: dict[str, Read] = {
    "CreateDBSubnetGroup": _read_subnet_group,
    "CreateDBParameterGroup": lambda cloud, made: cloud.client("rds").describe_db_parameter_groups(
        DBParameterGroupName=made["id"]
    )["DBParameterGroups"][0],
    "ModifyDBParameterGroup": _read_parameters,
    "CreateDBInstance": _read_instance,
    "CreateDBProxy": lambda cloud, made: cloud.client("rds").describe_db_proxies(DBProxyName=made["id"])[
        "DBProxies"
    ][0],
    "ModifyDBProxyTargetGroup": _read_pool,
    "RegisterDBProxyTargets": _read_target,
    "CreateCacheSubnetGroup": _read_cache_subnet_group,
    "CreateReplicationGroup": _read_group,
}
