"""Which agents the instance serves: the user's, or the one `assistant`; completed with our stores and model."""

import importlib
import logging
from collections.abc import Iterator, Sequence
from typing import Any

from agno.agent import Agent
from agno.db.base import AsyncBaseDb
from agno.models.base import Model
from agno.team import Team
from agno.workflow import Workflow

Component = Agent | Team | Workflow
log = logging.getLogger("agno_ha.agents")


class AgentsError(Exception):
    """AGNO_AGENTS can't be used; the text says why and what to do."""


def assistant() -> Agent:
    """The default agent: remembers its session."""
    return Agent(
        id="assistant",
        name="Assistant",
        description="A helpful assistant.",
        add_history_to_context=True,
        num_history_runs=50,
        markdown=True,
    )


def load(reference: str) -> list[Component]:
    """The agents, teams and workflows that "package.module:name" refers to: a list, one of them, or a function.

    Raises:
        AgentsError: no such module or name, or it holds something else.
    """
    module_name, separator, name = reference.partition(":")
    if not separator or not module_name or not name:
        raise AgentsError(
            f'AGNO_AGENTS = {reference}: write it as "package.module:name", such as my_agents:agents.'
        )
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name not in {module_name, module_name.partition(".")[0]}:
            raise AgentsError(
                f"AGNO_AGENTS = {reference}: {module_name} needs {error.name}. Add it to requirements.txt."
            ) from error
        raise AgentsError(
            f"AGNO_AGENTS = {reference}: no module {module_name} in the directory of your agents."
        ) from error
    try:
        value = getattr(module, name)
    except AttributeError as error:
        raise AgentsError(f"AGNO_AGENTS = {reference}: {module_name} has no {name}.") from error
    if callable(value) and not isinstance(value, Component):
        value = value()
    components = list(value) if isinstance(value, list | tuple) else [value]
    wrong = next((item for item in components if not isinstance(item, Component)), None)
    if wrong is not None or not components:
        found = "nothing" if wrong is None else f"a {type(wrong).__name__}"
        raise AgentsError(
            f"AGNO_AGENTS = {reference}: holds {found}; it must be a list of Agent, Team or Workflow."
        )
    return components


def complete(components: Sequence[Component], database: AsyncBaseDb, model: Model) -> None:
    """Give each component, and what it is made of, our session store and model where it has none.

    A session kept in the process (cache_session) would differ between instances: it is switched off.
    """
    for component in components:
        for part in walk(component):
            if getattr(part, "db", "absent") is None:
                part.db = database
            if getattr(part, "model", "absent") is None:
                part.model = model
            if getattr(part, "cache_session", False):
                log.warning(
                    "cache_session is off: sessions are shared by all instances", extra={"component": part.id}
                )
                part.cache_session = False
            if hasattr(part, "telemetry"):
                part.telemetry = False


def walk(part: Any) -> Iterator[Any]:
    """A component and the agents, teams and workflows inside it, each once."""
    seen: set[int] = set()

    def visit(item: Any) -> Iterator[Any]:
        if isinstance(item, list | tuple):
            for element in item:
                yield from visit(element)
        elif item is not None and not isinstance(item, str | bytes | int) and id(item) not in seen:
            seen.add(id(item))
            if isinstance(item, Component):
                yield item
            for name in ("members", "steps", "agent", "team", "workflow", "choices", "else_steps"):
                inner = getattr(item, name, None)
                if isinstance(inner, list | tuple | Component) or hasattr(inner, "steps"):
                    yield from visit(inner)

    yield from visit(part)
