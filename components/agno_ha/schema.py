"""JSON Schemas for editors: `python -m agno_ha.schema` writes them into `schema/`.

`topology.schema.json` is for topology.yaml, `stack.schema.json` for Pulumi.<stack>.yaml; each file refers to
its own in a first line `# yaml-language-server: $schema=schema/…`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core.core_schema import ModelField, WithDefaultSchema

from agno_ha.configuration import Stack
from agno_ha.topology import Topology

DIRECTORY = Path("schema")
"""Where the files are, in the repository's root."""

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


class _Generator(GenerateJsonSchema):
    """Defaults as people write them (`512MiB`), descriptions on one line, and empty (null) sections."""

    def get_default_value(self, schema: WithDefaultSchema) -> Any:
        default = super().get_default_value(schema)
        inner: Any = schema["schema"]
        while isinstance(inner, dict) and default is not None:
            if "function" in inner.get("serialization", {}):
                return inner["serialization"]["function"](default)
            inner = inner.get("schema")
        return default

    def field_title_should_be_set(self, schema: Any) -> bool:
        del schema  # a title would only repeat the key
        return False

    def model_field_schema(self, schema: ModelField) -> JsonSchemaValue:
        field = super().model_field_schema(schema)
        return {"anyOf": [field, {"type": "null"}]} if "$ref" in field else field


def topology_schema() -> JsonSchemaValue:
    """Schema of topology.yaml: every setting is optional, at every level."""
    schema = _schema(Topology)
    return {"$schema": _DIALECT, **schema, "title": "agno-ha topology", "type": ["object", "null"]}


def stack_schema() -> JsonSchemaValue:
    """Schema of Pulumi.<stack>.yaml: what this project reads, beside what Pulumi and others keep there."""
    # Their packages need the targets' SDKs.
    from agno_ha.targets.docker.settings import DockerSettings
    from agno_ha.targets.ecs.settings import EcsSettings
    from agno_ha.targets.kubernetes.settings import KubernetesSettings

    definitions: dict[str, Any] = {}
    for model in (Topology, DockerSettings, KubernetesSettings, EcsSettings, Stack):
        schema = _schema(model)
        own = schema.pop("$defs", {})
        if model is EcsSettings:  # whose sections have names of the topology's
            schema, own = _renamed(schema, own, "Ecs")
        definitions |= own
        definitions[model.__name__] = schema
    properties = definitions.pop("Stack")["properties"]

    def section(model: type[BaseModel], description: str) -> JsonSchemaValue:
        reference = {"$ref": f"#/$defs/{model.__name__}"}
        return {"anyOf": [reference, {"type": "null"}], "description": description}

    overrides = "What this stack changes in topology.yaml, merged leaf by leaf."
    return {
        "$schema": _DIALECT,
        "title": "Pulumi stack of agno-ha",
        "type": "object",
        "properties": {
            "config": {
                "type": "object",
                "properties": {
                    **{f"agno-ha:{name}": value for name, value in properties.items()},
                    "agno-ha:topology": section(Topology, overrides),
                    "agno-ha:docker": section(DockerSettings, "What only the Docker target has."),
                    "agno-ha:kubernetes": section(KubernetesSettings, "What only the Kubernetes target has."),
                    "agno-ha:ecs": section(EcsSettings, "What only the ECS target has."),
                },
                "required": ["agno-ha:target"],
                "additionalProperties": {"description": "A secret, or another package's configuration."},
            },
            "secretsprovider": {"type": "string"},
            "encryptedkey": {"type": "string"},
            "encryptionsalt": {"type": "string"},
            "environment": {"description": "Pulumi ESC environments."},
        },
        "required": ["config"],
        "additionalProperties": False,
        "$defs": definitions,
    }


def files() -> dict[str, str]:
    """Name of each file in `schema/`, and its text."""
    schemas = {"topology.schema.json": topology_schema(), "stack.schema.json": stack_schema()}
    return {name: json.dumps(schema, indent=2, ensure_ascii=False) + "\n" for name, schema in schemas.items()}


def _schema(model: type[BaseModel]) -> JsonSchemaValue:
    schema = model.model_json_schema(by_alias=True, schema_generator=_Generator)
    flat: JsonSchemaValue = json.loads(json.dumps(schema), object_hook=_one_line)
    return flat


def _renamed(
    schema: JsonSchemaValue, definitions: dict[str, Any], prefix: str
) -> tuple[JsonSchemaValue, dict[str, Any]]:
    """Put a prefix before the names of a schema's own definitions."""
    text = json.dumps([schema, definitions]).replace('"#/$defs/', f'"#/$defs/{prefix}')
    changed, own = json.loads(text)
    return changed, {f"{prefix}{name}": value for name, value in own.items()}


def _one_line(node: dict[str, Any]) -> dict[str, Any]:
    text = node.get("description")
    return {**node, "description": " ".join(text.split())} if isinstance(text, str) else node


def main() -> None:
    """Write the files."""
    DIRECTORY.mkdir(exist_ok=True)
    for name, text in files().items():
        (DIRECTORY / name).write_text(text, encoding="utf-8")
        sys.stdout.write(f"{DIRECTORY / name}\n")


if __name__ == "__main__":
    main()
