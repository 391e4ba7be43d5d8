"""What every section of the topology shares: strictness, names, and checks over several fields."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any, NamedTuple, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema


def invalid(message: str, fix: str) -> PydanticCustomError:
    """An error of one field; neither text may hold the value, it could be a secret."""
    return PydanticCustomError("invalid", "{message}. {fix}", {"message": message, "fix": fix})


class Conflict(NamedTuple):
    """Fields that are right alone and wrong together."""

    path: str
    """The field to change, in camelCase below its section, such as `external.host`."""

    message: str
    fix: str


class Section(BaseModel):
    """A part of the topology: frozen, camelCase in files, and an unknown key is an error."""

    model_config = ConfigDict(
        frozen=True,
        strict=True,
        extra="forbid",
        alias_generator=to_camel,
        populate_by_name=True,
        use_attribute_docstrings=True,
        hide_input_in_errors=True,
        allow_inf_nan=False,
    )

    def conflicts(self) -> Iterator[Conflict]:
        """Every problem between this section's fields."""
        return iter(())

    @model_validator(mode="before")
    @classmethod
    def _empty_section(cls, data: Any) -> Any:
        # In YAML a section whose lines are all commented out is null.
        return {} if data is None else data

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if found := list(self.conflicts()):
            text = "; ".join(f"{conflict.path}: {conflict.message}. {conflict.fix}" for conflict in found)
            dump = self.model_dump(mode="json", by_alias=True)
            raise PydanticCustomError(
                "conflicts", "{text}", {"text": text, "conflicts": found, "values": dump}
            )
        return self


class Unprinted:
    """Marks a field whose value may be, or may hold, a secret: no error and no form shows it."""

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return handler(schema) | {"writeOnly": True}


@dataclass(frozen=True)
class Between:
    """Inclusive bounds of a number, a size or a duration."""

    low: float
    high: float
    text: Callable[[Any], str] = str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        json_schema = handler(schema)
        if json_schema.get("type") in ("integer", "number"):
            json_schema |= {"minimum": self.low, "maximum": self.high}
        return json_schema

    def _check(self, value: float) -> float:
        if self.low <= value <= self.high:
            return value
        raise invalid(
            f"not between {self.text(self.low)} and {self.text(self.high)}", "Choose a value between the two"
        )


@dataclass(frozen=True)
class Matching:
    """A text of a given form; `must` says the form in words."""

    pattern: str
    must: str
    fix: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return handler(schema) | {"pattern": f"^{self.pattern}$"}

    def _check(self, value: str) -> str:
        if any("\ud800" <= character <= "\udfff" for character in value):
            # YAML lets half a character through ("\ud800"), which no file or terminal takes.
            raise invalid("must be valid Unicode", "Remove what is not a character")
        if re.fullmatch(self.pattern, value):
            return value
        raise invalid(self.must, self.fix)


def _whole(value: Any) -> Any:
    # Other languages' Pulumi SDKs send whole numbers as floats.
    return int(value) if isinstance(value, float) and value.is_integer() else value


Whole = Annotated[int, BeforeValidator(_whole)]
"""A whole number."""

Port = Annotated[Whole, Between(1, 65535)]
"""A TCP port."""

Cores = Annotated[float, Between(0.05, 256)]
"""Processor cores; a fraction is a share of one."""

SecretKey = Annotated[
    str,
    Matching(
        r"[A-Za-z][A-Za-z0-9_-]{0,62}",
        "must be the name of a top-level secret, not its value",
        "Run `pulumi config set --secret NAME` and write NAME here",
    ),
]
"""The name of a top-level Pulumi secret; the secret itself never stands in the topology."""
