"""A picture as Mermaid, which GitHub and many wikis draw."""

from __future__ import annotations

from agno_ha.diagram import picture
from agno_ha.offline import Plan

_SHAPES = {"clients": ("([", "])"), "postgres": ("[(", ")]"), "redis": ("[(", ")]"), "scaler": ("{{", "}}")}
"""Opening and closing of the shape of a part; the rest are boxes."""


def mermaid(plan: Plan) -> str:
    """Return the topology of a plan as a Mermaid flowchart."""
    made = picture.of(plan)
    lines = ["flowchart LR"]
    framed = {key for frame in made.frames for key in frame.parts}
    lines += [f"  {_node(part)}" for key, part in made.parts.items() if key not in framed]
    for number, frame in enumerate(made.frames, 1):
        lines.append(f'  subgraph frame{number}["{frame.title}"]')
        lines += [f"    {_node(made.parts[key])}" for key in frame.parts]
        lines.append("  end")
    for arrow in made.arrows:
        line = "-.->" if arrow.dashed else "-->"
        label = f"|{arrow.label}|" if arrow.label else ""
        lines.append(f"  {arrow.source} {line}{label} {arrow.target}")
    return "\n".join(lines) + "\n"


def _node(part: picture.Part) -> str:
    opening, closing = _SHAPES.get(part.key, ("[", "]"))
    return f'{part.key}{opening}"{"<br/>".join([part.title, *part.lines])}"{closing}'
