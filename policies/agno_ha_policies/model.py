"""What rules are made of and what they look at; plain data only."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Generic, Literal, TypeVar

from agno_ha.topology.base import Section

if TYPE_CHECKING:
    from agno_ha_policies.view import View

SERVICE: Final = "agno-ha:index:AgnoService"
"""Type of the component; its properties are the capacity facts."""

Environment = Literal["dev", "staging", "prod"]
Level = Literal["mandatory", "advisory", "disabled"]
Severity = Literal["critical", "high", "medium", "low"]

ENVIRONMENTS: Final[tuple[Environment, ...]] = ("dev", "staging", "prod")


class Unknown:
    """A value that is known only after the deployment."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown()
"""The only instance; it may stand anywhere in `Resource.props`."""


@dataclass(frozen=True)
class Resource:
    """One resource of a stack."""

    urn: str
    type: str
    name: str
    """Logical name: the last part of the URN."""
    parent: str
    """URN, or empty."""
    props: Mapping[str, Any] = field(repr=False)
    """Plain dict, list and scalars, camelCase; secrets in plain text, `UNKNOWN` for what is not known yet."""
    protect: bool | None = None
    """Whether Pulumi refuses to delete it; None where that is not told."""
    ignored: tuple[str, ...] = ()
    """Properties whose changes Pulumi leaves to somebody else (`ignoreChanges`)."""
    made_of: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)
    """Property → URNs of the resources whose outputs it is made of; empty where that is not told."""
    named: Mapping[str, str] = field(default_factory=dict, repr=False)
    """What the program calls a property that rules read under another path; by the longest prefix."""


class Bounds(Section):
    """Base of a rule's configuration: strict, camelCase; its defaults are those of prod."""


class NoBounds(Bounds):
    """Nothing to configure but levels."""


B = TypeVar("B", bound=Bounds)


@dataclass(frozen=True)
class Violation:
    """What a rule yields."""

    urn: str
    path: str
    """Dotted path of the property, such as `mode.replicated.replicas`."""
    message: str
    """Value, bound and fix; never the value of an environment variable or a secret."""


@dataclass(frozen=True)
class Unread:
    """Why a property could not be read."""

    reason: str
    soon: bool = False
    """Only because nothing exists yet: the next preview knows it."""


@dataclass(frozen=True, kw_only=True)
class Rule(Generic[B]):
    """What every rule states about itself."""

    id: str
    """Stable: FAMILY-NNN; 0xx looks at the facts, 1xx at Docker, 2xx at Kubernetes, 3xx at ECS."""
    title: str
    severity: Severity
    level: Level = "mandatory"
    """What happens unless configured otherwise: a mandatory finding stops the deployment."""
    levels: Mapping[Environment, Level] = field(default_factory=dict)
    """Other levels of an environment."""
    rationale: str
    """What goes wrong without it."""
    remediation: str
    """What to do about a finding."""
    bounds: type[B]
    """Schema of its configuration; the defaults hold for prod and staging."""
    presets: Mapping[Environment, B] = field(default_factory=dict)
    """Other defaults of an environment; only the fields set there differ."""
    types: frozenset[str]
    """Types of the resources that it looks at."""

    @property
    def family(self) -> str:
        """The part of the id before the number."""
        return self.id.partition("-")[0]


@dataclass(frozen=True, kw_only=True)
class ResourceRule(Rule[B]):
    """Judges one resource, knowing the AgnoService above it; stops a deployment before that resource."""

    check: Callable[[View[B]], Iterable[Violation]]


@dataclass(frozen=True, kw_only=True)
class StackRule(Rule[B]):
    """Judges resources together, once all are registered: it stops a preview, not an unpreviewed `up`."""

    check: Callable[[Sequence[View[B]]], Iterable[Violation]]


@dataclass(frozen=True, order=True)
class Finding:
    """A violation, or a check that could not be made."""

    rule: str
    urn: str
    path: str
    message: str
    unknown: bool
    """True: could not be checked."""
    level: Level
    severity: Severity
    remediation: str
    excepted: str = ""
    """Until when and why it is tolerated (exceptions.yaml); empty where it is not."""

    @property
    def resource(self) -> str:
        """Logical name of the resource."""
        return self.urn.rpartition("::")[2]

    @property
    def text(self) -> str:
        """Path and message, what could not be checked and what is tolerated said so."""
        return f"{self.path}: {self.message}" + (f" (excepted {self.excepted})" if self.excepted else "")
