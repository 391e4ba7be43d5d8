"""What moto 5.2 lacks: the call is checked by botocore's model of it, and kept here instead of in an account.

Only ElastiCache's parameter groups; for the provider of tests/engine_aws also what changes an RDS Proxy.
"""

from __future__ import annotations

from botocore.validate import ParamValidator

from .cloud import Call, Cloud, Inputs, Outputs


def cache_parameter_group(cloud: Cloud, inputs: Inputs) -> Outputs:
    """CreateCacheParameterGroup and ModifyCacheParameterGroup."""
    create = inputs.request(
        name="CacheParameterGroupName", family="CacheParameterGroupFamily", description="Description"
    )
    parameters = [
        {"ParameterName": each["name"], "ParameterValue": each["value"]} for each in inputs.take("parameters")
    ]
    name = create["CacheParameterGroupName"]
    checked(cloud, "CreateCacheParameterGroup", {**create, "Tags": inputs.tags()})
    checked(
        cloud,
        "ModifyCacheParameterGroup",
        {"CacheParameterGroupName": name, "ParameterNameValues": parameters},
    )
    cloud.stubbed.setdefault("CacheParameterGroup", {})[name] = {**create, "ParameterNameValues": parameters}
    return {"id": name}


def checked(
    cloud: Cloud, operation: str, parameters: dict[str, object], service: str = "elasticache"
) -> None:
    """Check a call by botocore's model of it, and write it down."""
    model = cloud.client(service).meta.service_model.operation_model(operation)
    report = ParamValidator().validate(parameters, model.input_shape)
    assert not report.has_errors(), report.generate_report()
    cloud._calls.append(Call(service, operation, parameters))
