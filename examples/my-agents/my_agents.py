"""Agents of your own on agno-ha: a list named in AGNO_AGENTS, nothing about databases, models or Docker.

What an agent leaves out the image fills in: the shared session store (`db`) and the configured model (`model`).
"""

from datetime import UTC, datetime, timedelta

import humanize
from agno.agent import Agent
from agno.team import Team
from agno.workflow import Step, StepInput, StepOutput, Workflow


def time_in(days: int) -> str:
    """The date that lies so many days ahead, and how far that is in words."""
    ahead = timedelta(days=days)
    return f"{(datetime.now(UTC) + ahead).date()} ({humanize.naturaldelta(ahead)} from now)"


planner = Agent(
    id="planner",
    name="Planner",
    instructions="Help to plan. Use time_in for dates.",
    tools=[time_in],
    add_history_to_context=True,
    num_history_runs=20,
)
critic = Agent(id="critic", name="Critic", instructions="Name the weakest point of a plan, in one sentence.")

office = Team(
    id="office", name="Office", members=[planner, critic], add_history_to_context=True, num_history_runs=20
)


def shout(step_input: StepInput) -> StepOutput:
    """A step without a model."""
    return StepOutput(content=str(step_input.previous_step_content or step_input.input).upper())


announce = Workflow(
    id="announce",
    name="Announce",
    steps=[Step(name="write", agent=critic), Step(name="shout", executor=shout)],
)

agents = [planner, office, announce]
