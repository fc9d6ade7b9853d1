"""A picture of a phone line as SVG, for screens and paper, with text that can be selected."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from .geometry import Point, Size
from .layout import Connection, lay_out
from .parts import Arrow, Box, BoxKind, Picture
from .style import style_sheet
from .text import clean, has_sure_width, lines_of, width_of

_MARGIN = 24.0
_PADDING = 12.0
_CORNER = 6.0
_READABLE = 0.6
"""The scale below which a page scrolls instead of making the picture smaller."""

_CAPTIONS: dict[BoxKind, str] = {
    "start": "",
    "state": "",
    "person": "connected",
    "end": "end of the call",
    "unreached": "not reached",
}


@dataclass(frozen=True)
class Line:
    """A line of text in a box or at an arrow."""

    text: str
    role: str
    """What it is: its class in the style sheet."""
    size: float = 13.0
    """Size of the font, in pixels."""
    is_bold: bool = False

    @property
    def width(self) -> float:
        """The most room that it takes, in pixels."""
        return width_of(self.text, self.size, is_bold=self.is_bold)

    @property
    def height(self) -> float:
        """The distance to the next line, in pixels."""
        return round(self.size * 1.35, 1)


def to_svg(picture: Picture) -> str:
    """Return a picture as SVG. The same picture gives the same text.

    Raises :class:`.SimulationError` if graphlay, of the extra ``explore``, is not installed.
    """
    loops = {
        box.id: [arrow for arrow in picture.arrows if arrow.source == arrow.target == box.id]
        for box in picture.boxes
    }
    texts = {box.id: list(_lines_in(box, loops[box.id])) for box in picture.boxes}
    arrows = [arrow for arrow in picture.arrows if arrow.source != arrow.target]
    labels = [_lines_at(arrow) for arrow in arrows]
    sizes = {box.id: _size_of(texts[box.id], padding=_PADDING) for box in picture.boxes}
    layout = lay_out(
        sizes,
        [
            Connection(arrow.source, arrow.target, _size_of(label, padding=3) if label else None)
            for arrow, label in zip(arrows, labels, strict=True)
        ],
    )
    heading = _heading(picture)
    legend = list(_legend(picture))
    top = _MARGIN + heading.height + 14
    width = max([layout.width, heading.width, *(line.width + 50 for _, line in legend)]) + 2 * _MARGIN
    height = top + layout.height + sum(line.height + 4 for _, line in legend) + 2 * _MARGIN
    svg = _root(picture, round(width), round(height))
    _write(svg, [heading], _MARGIN, _MARGIN, anchor="start")
    drawing = SubElement(svg, "g", {"transform": f"translate({_MARGIN:g} {top:g})"})
    for arrow, route in zip(arrows, layout.routes, strict=True):
        _draw_way(drawing, arrow, route)
    for label, center in zip(labels, layout.labels, strict=True):
        if center is not None:
            _draw_label(drawing, label, center)
    for box in picture.boxes:
        _draw_box(drawing, box, texts[box.id], sizes[box.id], layout.boxes[box.id])
    _draw_legend(svg, legend, top + layout.height + _MARGIN)
    ElementTree.indent(svg)
    return ElementTree.tostring(svg, encoding="unicode") + "\n"


def _root(picture: Picture, width: int, height: int) -> Element:
    svg = Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "class": "phone-line",
            "width": str(width),
            "height": str(height),
            "viewBox": f"0 0 {width} {height}",
            "style": f"max-width: 100%; min-width: {width * _READABLE:.0f}px; height: auto",
            "role": "img",
            "aria-label": clean(picture.title),
        },
    )
    SubElement(svg, "title").text = clean(picture.title)
    SubElement(svg, "desc").text = _description(picture)
    SubElement(svg, "style").text = style_sheet()
    SubElement(svg, "rect", {"class": "paper", "width": "100%", "height": "100%"})
    return svg


def _description(picture: Picture) -> str:
    missed = sum(box.kind == "unreached" for box in picture.boxes)
    marked = sum(bool(box.marks) for box in picture.boxes)
    return (
        f"What leads where on a phone line: {len(picture.boxes)} boxes and {len(picture.arrows)} arrows."
        f" No way reached {missed} of the boxes. Something was found at {marked} of them."
    )


# -- Text ----------------------------------------------------------------------------------------------------


def _lines_in(box: Box, loops: Sequence[Arrow]) -> Iterator[Line]:
    """Return what stands in a box, from its top to its bottom."""
    caption = [_CAPTIONS[box.kind], *_walked_or_not(box.is_walked)]
    if any(caption):
        yield Line(", ".join(filter(None, caption)), "caption", 11)
    yield from (Line(text, "words") for text in lines_of(box.text, 13, 180, 3))
    yield from (Line(text, "muted handler", 11) for text in lines_of(box.handler, 11, 220, 1))
    for loop in loops:
        words = f"stays: {loop.label}" if loop.label else "may stay"
        words = ", ".join([words, *_walked_or_not(loop.is_walked)])
        yield from (Line(text, "loop", 12) for text in lines_of(words, 12, 190, 2))
    marks = ", ".join(map(clean, box.marks))
    yield from (Line(text, "mark", 12, is_bold=True) for text in lines_of(marks, 12 * 1.13, 220, 3))


def _walked_or_not(is_walked: bool | None) -> list[str]:
    return {True: ["walked"], False: ["not walked"], None: []}[is_walked]


def _lines_at(arrow: Arrow) -> list[Line]:
    return [Line(text, "label", 12) for text in lines_of(arrow.label, 12, 120, 3)]


def _heading(picture: Picture) -> Line:
    text = lines_of(picture.title, 17 * 1.13, 700, 1)
    return Line("".join(text), "heading", 17, is_bold=True)


def _size_of(lines: Sequence[Line], *, padding: float) -> Size:
    width = max((line.width for line in lines), default=0.0)
    height = sum(line.height for line in lines)
    return round(width + 2 * padding), round(height + 2 * min(padding, 8))


def _write(parent: Element, lines: Sequence[Line], x: float, y: float, *, anchor: str = "middle") -> None:
    """Write lines below each other, the top of the first one at ``y``."""
    for line in lines:
        attributes = {
            "class": line.role,
            "x": f"{x:g}",
            "y": f"{y + line.size * 1.02:.1f}",
            "font-size": f"{line.size:g}",
            "text-anchor": anchor,
        }
        if line.is_bold:
            attributes["font-weight"] = "bold"
        if not has_sure_width(line.text):
            # A glyph of a strange script may be wider than a whole box.
            attributes |= {"textLength": f"{line.width:.1f}", "lengthAdjust": "spacingAndGlyphs"}
        SubElement(parent, "text", attributes).text = line.text
        y += line.height


# -- Shapes --------------------------------------------------------------------------------------------------


def _draw_box(parent: Element, box: Box, lines: Sequence[Line], size: Size, center: Point) -> None:
    (width, height), (x, y) = size, center
    left, top = x - width / 2, y - height / 2
    classes = ["box", box.kind, *_class_of_walked(box.is_walked), *(["marked"] if box.marks else [])]
    group = SubElement(parent, "g", {"class": " ".join(classes), "id": f"box-{box.id}"})
    SubElement(group, "title").text = _all_words_of(box)
    radius = {"start": height / 2, "person": 14.0, "end": 0.0}.get(box.kind, _CORNER)
    SubElement(
        group,
        "rect",
        {
            "class": "frame",
            "x": f"{left:g}",
            "y": f"{top:g}",
            "width": f"{width:g}",
            "height": f"{height:g}",
            "rx": f"{radius:g}",
        },
    )
    _write(group, lines, x, top + min(_PADDING, 8))


def _all_words_of(box: Box) -> str:
    """Return what a browser shows where the pointer rests, for what the box has no room."""
    return clean("; ".join(filter(None, [box.text, box.handler, *box.marks])))


def _draw_way(parent: Element, arrow: Arrow, route: Sequence[Point]) -> None:
    classes = [*_class_of_walked(arrow.is_walked), *(["dashed"] if arrow.is_dashed else [])]
    path = SubElement(parent, "path", {"class": " ".join(["way", *classes]), "d": _rounded(route)})
    SubElement(path, "title").text = clean(arrow.label) or "leads on"
    (before_x, before_y), (x, y) = route[-2:]
    # The arrowhead is a shape of its own, because the markers of SVG do not take the color of their path.
    dx, dy = _direction(before_x, before_y, x, y)
    corners = [(x, y), *((x - 9 * dx + side * 4.5 * dy, y - 9 * dy + side * 4.5 * dx) for side in (1, -1))]
    points = " ".join(f"{corner_x:.1f},{corner_y:.1f}" for corner_x, corner_y in corners)
    SubElement(parent, "polygon", {"class": " ".join(["point", *classes]), "points": points})


def _direction(from_x: float, from_y: float, to_x: float, to_y: float) -> Point:
    """Return the direction of a line that runs along an axis."""
    return float((to_x > from_x) - (to_x < from_x)), float((to_y > from_y) - (to_y < from_y))


def _rounded(route: Sequence[Point]) -> str:
    """Return the path through the corners of a route, each of them rounded."""
    parts = [f"M{route[0][0]:g} {route[0][1]:g}"]
    for (before, corner), (_, after) in pairwise(pairwise(route)):
        parts += [
            f"L{_toward(corner, before)}",
            f"Q{corner[0]:g} {corner[1]:g} {_toward(corner, after)}",
        ]
    return " ".join([*parts, f"L{route[-1][0]:g} {route[-1][1]:g}"])


def _toward(corner: Point, other: Point) -> str:
    """Return a point near a corner, on the way to another one but not beyond its middle."""
    (x, y), (other_x, other_y) = corner, other
    distance = abs(other_x - x) + abs(other_y - y)
    share = min(_CORNER / distance, 0.5) if distance else 0.0
    return f"{x + (other_x - x) * share:.1f} {y + (other_y - y) * share:.1f}"


def _draw_label(parent: Element, lines: Sequence[Line], center: Point) -> None:
    (width, height), (x, y) = _size_of(lines, padding=3), center
    group = SubElement(parent, "g", {"class": "label-of-arrow"})
    SubElement(
        group,
        "rect",
        {
            "class": "paper",
            "x": f"{x - width / 2:g}",
            "y": f"{y - height / 2:g}",
            "width": f"{width:g}",
            "height": f"{height:g}",
        },
    )
    _write(group, lines, x, y - height / 2 + 3)


# -- The legend ----------------------------------------------------------------------------------------------


def _class_of_walked(is_walked: bool | None) -> list[str]:
    return {True: ["walked"], False: ["not-walked"], None: []}[is_walked]


def _legend(picture: Picture) -> Iterator[tuple[str, Line]]:
    """Return what the kinds of lines in this picture mean, each with its class."""
    walked = {box.is_walked for box in picture.boxes} | {arrow.is_walked for arrow in picture.arrows}
    if True in walked:
        yield "way walked", Line("Walked by tests", "muted", 12)
    if False in walked:
        yield "way not-walked", Line("Not walked by tests", "muted", 12)
    if any(arrow.is_dashed for arrow in picture.arrows) or any(
        box.kind == "unreached" for box in picture.boxes
    ):
        yield "way dashed", Line("Stands in the code, but no call took it", "muted", 12)


def _draw_legend(svg: Element, legend: Sequence[tuple[str, Line]], y: float) -> None:
    for classes, line in legend:
        SubElement(svg, "path", {"class": classes, "d": f"M{_MARGIN:g} {y + 8:g} h36"})
        _write(svg, [line], _MARGIN + 46, y, anchor="start")
        y += line.height + 4
