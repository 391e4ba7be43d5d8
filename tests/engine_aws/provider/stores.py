"""RDS's and ElastiCache's part."""

from __future__ import annotations

from typing import Any

from aws import stores, stubs
from aws.cloud import Cloud, Inputs
from aws.rooms import CREATE, READ

from .kind import Change, Kind, State, again, lower, pick

_RDS_PARAMETERS = "aws:rds/parameterGroup:ParameterGroup"
_NEVER_MODIFIED = (
    "engine",
    "dbName",
    "username",
    "storageEncrypted",
    "identifier",
    "port",
    "enabledCloudwatchLogsExports",
)


def _parameters(cloud: Cloud, state: State) -> dict[str, Any]:
    group = READ["CreateDBParameterGroup"](cloud, state)
    names = {"name": "DBParameterGroupName", "family": "DBParameterGroupFamily", "description": "Description"}
    parameter = {"name": "ParameterName", "value": "ParameterValue", "applyMethod": "ApplyMethod"}
    found = [pick(each, parameter) for each in READ["ModifyDBParameterGroup"](cloud, state)["Parameters"]]
    return {**pick(group, names), "parameters": [{**each, "applyMethod": _method(each)} for each in found]}


def _method(parameter: dict[str, Any]) -> str:
    """AWS records no method for a value that is its family's default (hashicorp/terraform-provider-aws#39252)."""
    default = parameter["name"] == "rds.force_ssl" and parameter["value"] == "1"
    return "pending-reboot" if default else str(parameter["applyMethod"])


def _update_parameters(change: Change) -> None:
    if "parameters" not in change.changed:
        return  # skipDestroy, which is the provider's own
    changed = [
        {"ParameterName": each["name"], "ParameterValue": each["value"], "ApplyMethod": each["applyMethod"]}
        for each in change.new["parameters"]
        if each not in change.state["parameters"]
    ]
    change.cloud.client("rds").modify_db_parameter_group(
        DBParameterGroupName=change.state["id"], Parameters=changed
    )


def _instance(cloud: Cloud, state: State) -> dict[str, Any]:
    found = READ["CreateDBInstance"](cloud, state)
    names = {own: api for own, api in stores.INSTANCE.items() if own != "password"}
    return {**pick(found, names), "identifier": found["DBInstanceIdentifier"]}


def _update_instance(change: Change) -> None:
    names = {own: api for own, api in stores.INSTANCE.items() if own not in _NEVER_MODIFIED}
    request = change.request(names)
    if "engineVersion" in change.changed and not change.new.get("allowMajorVersionUpgrade"):
        # moto takes any version; AWS does not.
        raise RuntimeError(
            "The AllowMajorVersionUpgrade flag must be present when upgrading to a new major version."
        )
    if request:
        change.cloud.client("rds").modify_db_instance(
            DBInstanceIdentifier=change.state["identifier"],
            ApplyImmediately=change.new["applyImmediately"],
            **request,
        )


def _delete_instance(cloud: Cloud, state: State) -> None:
    final = (
        {} if state["skipFinalSnapshot"] else {"FinalDBSnapshotIdentifier": state["finalSnapshotIdentifier"]}
    )
    cloud.client("rds").delete_db_instance(
        DBInstanceIdentifier=state["identifier"], SkipFinalSnapshot=state["skipFinalSnapshot"],
        DeleteAutomatedBackups=state["deleteAutomatedBackups"], **final,
    )  # fmt: skip


def _proxy(cloud: Cloud, state: State) -> dict[str, Any]:
    names = {
        "name": "DBProxyName", "engineFamily": "EngineFamily", "vpcSubnetIds": "VpcSubnetIds", "endpoint": "Endpoint",
    }  # fmt: skip
    return pick(READ["CreateDBProxy"](cloud, state), names)


_PROXY_CHANGES = {"roleArn": "RoleArn", "requireTls": "RequireTLS", "vpcSecurityGroupIds": "SecurityGroups"}


def _update_proxy(change: Change) -> None:
    # moto has no such call.
    request = {"DBProxyName": change.state["id"], **change.request(_PROXY_CHANGES)}
    if "auths" in change.changed:
        request["Auth"] = stores.proxy_auth(change.new["auths"])
    stubs.checked(change.cloud, "ModifyDBProxy", request, "rds")


def _pool(cloud: Cloud, state: State) -> dict[str, Any]:
    found = READ["ModifyDBProxyTargetGroup"](cloud, state)
    return {
        "dbProxyName": state["id"],
        "name": "default",
        "connectionPoolConfig": lower(found["ConnectionPoolConfig"]),
    }


def _proxy_target(cloud: Cloud, state: State) -> dict[str, Any] | None:
    proxy, group, instance = state["id"].split("/")
    found = READ["RegisterDBProxyTargets"](cloud, {"proxy": proxy})
    if instance not in found["DBInstanceIdentifiers"]:
        return None
    return {"dbProxyName": proxy, "targetGroupName": group, "dbInstanceIdentifier": instance}


def _delete_proxy_target(cloud: Cloud, state: State) -> None:
    proxy, group, instance = state["id"].split("/")
    cloud.client("rds").deregister_db_proxy_targets(
        DBProxyName=proxy, TargetGroupName=group, DBInstanceIdentifiers=[instance]
    )


_CACHE_FORGOTTEN = (
    "parameterGroupName", "subnetGroupName", "engineVersion", "numCacheClusters", "securityGroupIds", "authToken",
    "finalSnapshotIdentifier", "applyImmediately",
)  # fmt: skip


def _group(cloud: Cloud, state: State) -> dict[str, Any] | None:
    found = READ["CreateReplicationGroup"](cloud, state)
    if found["Status"] == "deleting":
        return None
    names = {own: api for own, api in stores.GROUP.items() if own not in _CACHE_FORGOTTEN}
    return pick(found, names)


def _update_group(change: Change) -> None:
    names = {
        own: api for own, api in stores.GROUP.items()
        if own not in ("replicationGroupId", "numCacheClusters", "port", "subnetGroupName", "atRestEncryptionEnabled")
    }  # fmt: skip
    if request := change.request(names):
        change.cloud.client("elasticache").modify_replication_group(
            ReplicationGroupId=change.state["id"], ApplyImmediately=change.new["applyImmediately"], **request
        )


def _delete_group(cloud: Cloud, state: State) -> None:
    final = state.get("finalSnapshotIdentifier")
    cloud.client("elasticache").delete_replication_group(
        ReplicationGroupId=state["id"], **({"FinalSnapshotIdentifier": final} if final else {})
    )


def _delete_cache_subnets(cloud: Cloud, state: State) -> None:
    stubs.checked(cloud, "DeleteCacheSubnetGroup", {"CacheSubnetGroupName": state["id"]})


def _update_cache_subnets(change: Change) -> None:
    request = {"CacheSubnetGroupName": change.state["id"], "SubnetIds": change.new["subnetIds"]}
    stubs.checked(change.cloud, "ModifyCacheSubnetGroup", request)


def _delete_cache_parameters(cloud: Cloud, state: State) -> None:
    stubs.checked(cloud, "DeleteCacheParameterGroup", {"CacheParameterGroupName": state["id"]})


def _update_cache_parameters(change: Change) -> None:
    CREATE["aws:elasticache/parameterGroup:ParameterGroup"](change.cloud, Inputs(change.new))


def _subnets(operation: str, prefix: str) -> Any:
    names = {"name": f"{prefix}Name", "description": f"{prefix}Description", "subnetIds": "SubnetIds"}
    return lambda cloud, state: pick(READ[operation](cloud, state), names)


KINDS: dict[str, Kind] = {
    "aws:rds/subnetGroup:SubnetGroup": Kind(
        _subnets("CreateDBSubnetGroup", "DBSubnetGroup"),
        lambda cloud, state: cloud.client("rds").delete_db_subnet_group(DBSubnetGroupName=state["id"]),
        lambda change: change.cloud.client("rds").modify_db_subnet_group(
            DBSubnetGroupName=change.state["id"], SubnetIds=change.new["subnetIds"]
        ),
    ),
    _RDS_PARAMETERS: Kind(
        _parameters,
        lambda cloud, state: None if state.get("skipDestroy") else cloud.client("rds").delete_db_parameter_group(
            DBParameterGroupName=state["id"]
        ),
        _update_parameters,
        forgotten=("skipDestroy",),
    ),
    "aws:rds/instance:Instance": Kind(
        _instance, _delete_instance, _update_instance, computed=("address",),
        forgotten=("password", *stores.ON_DELETE),
    ),
    "aws:rds/proxy:Proxy": Kind(
        _proxy, lambda cloud, state: cloud.client("rds").delete_db_proxy(DBProxyName=state["id"]), _update_proxy,
        computed=("endpoint",), forgotten=("auths", *_PROXY_CHANGES),
    ),
    "aws:rds/proxyDefaultTargetGroup:ProxyDefaultTargetGroup": Kind(
        _pool, lambda cloud, state: None, again("aws:rds/proxyDefaultTargetGroup:ProxyDefaultTargetGroup"),
        computed=("name",),
    ),
    "aws:rds/proxyTarget:ProxyTarget": Kind(_proxy_target, _delete_proxy_target),
    "aws:elasticache/subnetGroup:SubnetGroup": Kind(
        _subnets("CreateCacheSubnetGroup", "CacheSubnetGroup"), _delete_cache_subnets, _update_cache_subnets,
        forgotten=("description",),
    ),
    "aws:elasticache/parameterGroup:ParameterGroup": Kind(
        lambda cloud, state: {},
        _delete_cache_parameters, _update_cache_parameters,
        forgotten=("name", "family", "description", "parameters"),
    ),
    "aws:elasticache/replicationGroup:ReplicationGroup": Kind(
        _group, _delete_group, _update_group, computed=("primaryEndpointAddress",), forgotten=_CACHE_FORGOTTEN
    ),
}  # fmt: skip
