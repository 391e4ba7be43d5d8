"""A picture as SVG: one file without scripts or fonts, for light and dark, with its words as text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from xml.sax.saxutils import escape

from agno_ha.diagram import picture
from agno_ha.diagram.picture import Arrow, Part, Picture
from agno_ha.offline import Plan

_COLUMNS = (("clients",), ("balancer",), ("scaler", "web", "scheduler"), ("pooler",), ("postgres", "redis"))
"""From left to right; each from top to bottom."""

_GAP, _ROW, _MARGIN, _PAD = 96, 44, 28, 14
_TITLE, _LINE = 20, 17
"""Heights of a box's first line and of the others, in pixels."""
_CARD = 6
"""How far one of several copies stands behind the one before."""

_STYLE = """\
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.name { font-weight: 600 } .small { font-size: 12px; fill: #59636e }
.box { fill: #fff; stroke: #57606a } .store { fill: #eef6ff; stroke: #0969da } .app { fill: #eafbee; stroke: #1a7f37 }
.outside { stroke-dasharray: 5 4 } .frame { fill: none; stroke: #8c959f; stroke-dasharray: 3 4 }
.arrow { fill: none; stroke: #57606a; stroke-width: 1.4 } .dashed { stroke-dasharray: 4 4 } .head { fill: #57606a }
.label { font-size: 11px; fill: #59636e; paint-order: stroke; stroke: #fff; stroke-width: 4px }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 } .small { fill: #9da7b1 } .box { fill: #161b22; stroke: #8b949e }
.store { fill: #0d2440; stroke: #4493f8 } .app { fill: #0f2a18; stroke: #3fb950 }
.frame { stroke: #6e7681 } .arrow { stroke: #8b949e } .head { fill: #8b949e }
.label { fill: #9da7b1; stroke: #0d1117 } .ground { fill: #0d1117 } }"""


@dataclass(frozen=True)
class _Box:
    """Where a part stands; pixels."""

    x: float
    y: float
    width: float
    height: float
    behind: float = 0
    """How far its copies stand out above it."""

    @property
    def middle(self) -> float:
        return self.y + self.height / 2


def svg(plan: Plan) -> str:
    """Return the topology of a plan as an SVG document."""
    made = picture.of(plan)
    boxes, width, height = _places(made)
    shapes = [
        f'<rect class="ground" width="{width:g}" height="{height:g}" fill="#fff"/>',
        f'<text class="name" x="{_MARGIN}" y="{_MARGIN}">{escape(made.title)}</text>',
        *_frames(made, boxes),
        *(line for arrow in made.arrows for line in _arrow(arrow, boxes)),
        *(line for key, part in made.parts.items() for line in _part(part, boxes[key])),
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" '
        f'height="{height:g}" role="img" aria-label="{escape(made.title, {chr(34): "&quot;"})}">\n'
        f"<title>{escape(made.title)}</title>\n<style>\n{_STYLE}\n</style>\n"
        '<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
        '<path class="head" d="M0 0 8 4 0 8z"/></marker></defs>\n' + "\n".join(shapes) + "\n</svg>\n"
    )


def _places(made: Picture) -> tuple[dict[str, _Box], float, float]:
    """Return where each part stands, and the size of the whole."""
    columns = [[made.parts[key] for key in column if key in made.parts] for column in _COLUMNS]
    columns = [column for column in columns if column]
    tallest = max(_height(column) for column in columns)
    top = _MARGIN + 44
    boxes: dict[str, _Box] = {}
    x = float(_MARGIN)
    for column in columns:
        width = max(map(_width, column))
        y = top + (tallest - _height(column)) / 2
        for part in column:
            size = _size(part)
            boxes[part.key] = _Box(x, y, width, size, _CARD * (part.copies - 1))
            y += size + _ROW
        x += width + _GAP
    return boxes, x - _GAP + _MARGIN + _CARD * 2, top + tallest + _MARGIN + 16


def _width(part: Part) -> float:
    return max(110, max(8.2 * len(part.title), *(6.6 * len(line) for line in part.lines), 0) + 2 * _PAD)


def _size(part: Part) -> float:
    return 2 * _PAD + _TITLE + _LINE * len(part.lines)


def _height(column: list[Part]) -> float:
    return sum(map(_size, column)) + _ROW * (len(column) - 1)


def _frames(made: Picture, boxes: dict[str, _Box]) -> Iterator[str]:
    top = min(box.y for box in boxes.values()) - 26
    bottom = max(box.y + box.height for box in boxes.values()) + 18
    for frame in made.frames:
        inside = [boxes[key] for key in frame.parts]
        left = min(box.x for box in inside) - 18
        right = max(box.x + box.width for box in inside) + 18 + _CARD
        yield (
            f'<rect class="frame" fill="none" stroke="#8c959f" rx="10" x="{left:g}" y="{top:g}" '
            f'width="{right - left:g}" height="{bottom - top:g}"/>'
        )
        yield f'<text class="small" x="{left + 10:g}" y="{top + 16:g}">{escape(frame.title)}</text>'


def _arrow(arrow: Arrow, boxes: dict[str, _Box]) -> Iterator[str]:
    start, end = boxes[arrow.source], boxes[arrow.target]
    if start.x == end.x:  # one below the other
        x = start.x + start.width / 2
        path = f"M{x:g} {start.y + start.height:g} L{x:g} {end.y - end.behind - 2:g}"
        at = (x + 6, (start.y + start.height + end.y) / 2)
    else:
        left, right = start.x + start.width, end.x - 2
        bend = (right - left) / 2
        curve = f"C{left + bend:g} {start.middle:g} {right - bend:g} {end.middle:g}"
        path = f"M{left:g} {start.middle:g} {curve} {right:g} {end.middle:g}"
        at = ((left + start.behind + right) / 2 - 3, (start.middle + end.middle) / 2)
    style = f'class="arrow{" dashed" * arrow.dashed}" fill="none" stroke="#57606a"'
    yield f'<path {style} marker-end="url(#head)" d="{path}"/>'
    if arrow.label:
        yield f'<text class="label" text-anchor="middle" x="{at[0]:g}" y="{at[1]:g}">{escape(arrow.label)}</text>'


def _part(part: Part, box: _Box) -> Iterator[str]:
    kind = {"web": "app", "scheduler": "app", "postgres": "store", "redis": "store"}.get(part.key, "")
    for copy in range(part.copies - 1, -1, -1):
        shift = copy * _CARD
        yield (
            f'<rect class="box {kind}{" outside" * part.outside}" fill="#fff" stroke="#57606a" rx="8" '
            f'x="{box.x + shift:g}" y="{box.y - shift:g}" width="{box.width:g}" height="{box.height:g}"/>'
        )
    x, y = box.x + _PAD, box.y + _PAD + 13
    yield f'<text class="name" x="{x:g}" y="{y:g}">{escape(part.title)}</text>'
    for number, line in enumerate(part.lines, 1):
        yield f'<text class="small" x="{x:g}" y="{y + 2 + _LINE * number:g}">{escape(line)}</text>'
