"""What operations on the dev stack say, to be played again."""

import json
from collections.abc import Sequence
from pathlib import Path

from agno_ha.operations.model import Body, Kind, State
from pydantic import TypeAdapter

_BODIES = TypeAdapter(list[Body])

RECORDED: dict[Kind, tuple[Sequence[Body], State]] = {
    kind: (_BODIES.validate_python(bodies), State.SUCCEEDED)
    for kind, bodies in {
        Kind(name): bodies
        for name, bodies in json.loads((Path(__file__).parent / "recorded.json").read_text()).items()
    }.items()
}
