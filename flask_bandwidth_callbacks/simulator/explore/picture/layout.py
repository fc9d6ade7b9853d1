"""Where the boxes of a picture stand, and which ways its arrows take between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ...exceptions import SimulationError
from .geometry import Area, Point, Size
from .labels import place_labels

_WIDE = 1280.0
"""Pixels of a screen; a drawing that is wider, and wider than high, may run from left to right instead."""
_LARGE = 150
"""From this many boxes and arrows on, the order of the boxes is improved for a shorter time."""
_GAP = 46.0
"""Pixels between two boxes of a row, or of a column."""
_GAPS = {"topbottom": 64.0, "leftright": 120.0}
"""Pixels between two rows, or between two columns, which labels are wider than high to stand in."""


@dataclass(frozen=True)
class Connection:
    """An arrow between two boxes, with the size of its label."""

    source: str
    target: str
    label: Size | None


@dataclass(frozen=True)
class Layout:
    """The places of everything; the top left corner is at (0, 0)."""

    width: float
    height: float
    boxes: Mapping[str, Point]
    """The centers of the boxes."""
    routes: Sequence[Sequence[Point]]
    """The corners of each arrow, from its source to its target."""
    labels: Sequence[Point | None]
    """The center of each arrow's label; None if it has no label."""


def lay_out(boxes: Mapping[str, Size], connections: Sequence[Connection]) -> Layout:
    """Return places at which boxes do not overlap, and labels overlap neither boxes nor each other.

    The same boxes and connections give the same places. They run from top to bottom, or from left to right if
    that makes a wide drawing narrower.
    Raises :class:`.SimulationError` if graphlay is not installed.
    """
    downward = _lay_out(boxes, connections, "topbottom")
    if downward.width <= max(_WIDE, downward.height):
        return downward
    return min(downward, _lay_out(boxes, connections, "leftright"), key=lambda layout: layout.width)


def _lay_out(boxes: Mapping[str, Size], connections: Sequence[Connection], direction: str) -> Layout:
    try:
        import graphlay
    except ImportError:
        raise SimulationError(
            "Drawing must have graphlay, which is not installed. Install it:"
            " pip install 'flask-bandwidth-callbacks[explore]'."
        ) from None
    graph = graphlay.Graph()
    for name, (width, height) in boxes.items():
        graph.node(name, width=width, height=height)
    for connection in connections:
        graph.edge(connection.source, connection.target, label_size=connection.label)
    is_large = len(boxes) + len(connections) > _LARGE
    found = graphlay.layout(
        graph,
        options={
            "direction": direction,
            "effort": "fast" if is_large else "balanced",
            "routing": {"style": "orthogonal"},
            "spacing": {"layer_gap": _GAPS[direction], "node_gap": _GAP},
        },
    )
    centers: dict[str, Point] = found.positions()
    routes = [[(corner["x"], corner["y"]) for corner in edge["points"]] for edge in found.edges]
    sizes = [connection.label for connection in connections]
    # graphlay makes room for labels, but moves some of them so far away that they seem to belong nowhere.
    labels = place_labels(sizes, routes, [Area.around(centers[name], size) for name, size in boxes.items()])
    return _from_origin(boxes, sizes, Layout(0, 0, centers, routes, labels))


def _from_origin(boxes: Mapping[str, Size], sizes: Sequence[Size | None], layout: Layout) -> Layout:
    """Move everything so that the top left corner is at (0, 0), and measure how far it reaches.

    :param sizes: the sizes of the labels.
    """
    areas = [Area.around(layout.boxes[name], size) for name, size in boxes.items()]
    areas += [
        Area.around(center, size)
        for center, size in zip(layout.labels, sizes, strict=True)
        if center is not None and size is not None
    ]
    areas += [Area(*corner, *corner) for route in layout.routes for corner in route]
    left = min((area.left for area in areas), default=0.0)
    top = min((area.top for area in areas), default=0.0)

    def move(point: Point) -> Point:
        return round(point[0] - left, 1), round(point[1] - top, 1)

    return Layout(
        max((area.right for area in areas), default=0.0) - left,
        max((area.bottom for area in areas), default=0.0) - top,
        {name: move(center) for name, center in layout.boxes.items()},
        [[move(corner) for corner in route] for route in layout.routes],
        [center and move(center) for center in layout.labels],
    )
