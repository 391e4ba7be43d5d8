"""AGNO_AGENTS: what is found, completed and refused."""

import sys
from pathlib import Path

import pytest
from agno.agent import Agent
from agno.db.in_memory import InMemoryDb
from agno.models.openai import OpenAILike
from agno.team import Team
from agno.workflow import Parallel, Step, Workflow
from agno_ha_image import agents

EXAMPLE = Path(__file__).parents[2] / "examples" / "my-agents"


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> str:
    name = f"user_agents_{abs(hash(request.node.name))}"
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / f"{name}.py").write_text(
        "from agno.agent import Agent\n"
        "one = Agent(id='one')\n"
        "many = [one, Agent(id='two')]\n"
        "def made():\n    return many\n"
        "wrong = [one, 'two']\nnothing = []\n"
    )
    return name


def test_a_list_one_agent_or_a_function(module: str) -> None:
    assert [agent.id for agent in agents.load(f"{module}:many")] == ["one", "two"]
    assert [agent.id for agent in agents.load(f"{module}:one")] == ["one"]
    assert [agent.id for agent in agents.load(f"{module}:made")] == ["one", "two"]


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("MODULE", 'write it as "package.module:name"'),
        ("MODULE:absent", "has no absent."),
        ("no_such_module:agents", "no module no_such_module in the directory of your agents."),
        ("MODULE:wrong", "holds a str; it must be a list of Agent, Team or Workflow."),
        ("MODULE:nothing", "holds nothing; it must be a list"),
    ],
)
def test_a_mistake_is_one_sentence(module: str, reference: str, message: str) -> None:
    with pytest.raises(agents.AgentsError, match="AGNO_AGENTS = ") as caught:
        agents.load(reference.replace("MODULE", module))
    assert message in str(caught.value)


def test_a_missing_requirement_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "needs_more.py").write_text("import not_installed_at_all\n")
    with pytest.raises(
        agents.AgentsError, match=r"needs not_installed_at_all\. Add it to requirements\.txt\."
    ):
        agents.load("needs_more:agents")


def test_every_part_gets_what_it_left_out_and_keeps_what_it_has() -> None:
    ours, theirs, model, own = InMemoryDb(), InMemoryDb(), OpenAILike(id="ours"), OpenAILike(id="own")
    inner, outer = Agent(id="inner", cache_session=True), Agent(id="outer", db=theirs, model=own)
    team = Team(id="team", members=[inner, Team(id="nested", members=[outer])])
    workflow = Workflow(
        id="flow", steps=[Parallel(Step(name="a", team=team)), Step(name="b", agent=Agent(id="b"))]
    )
    parts = list(agents.walk(workflow))
    assert [part.id for part in parts] == ["flow", "team", "inner", "nested", "outer", "b"]
    agents.complete([workflow], ours, model)  # type: ignore[arg-type]
    assert [part.db is ours for part in parts] == [True, True, True, True, False, True]
    assert [getattr(part, "model", model).id for part in parts[1:]] == ["ours", "ours", "ours", "own", "ours"]
    assert outer.db is theirs
    assert not inner.cache_session


def test_the_example_loads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(EXAMPLE)
    monkeypatch.setitem(
        sys.modules, "humanize", type(sys)("humanize")
    )  # its requirements.txt is not installed here
    assert [part.id for part in agents.load("my_agents:agents")] == ["planner", "office", "announce"]
