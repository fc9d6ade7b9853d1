"""Where the labels of arrows stand: on their arrows, or as near as there is room."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from math import inf

from .geometry import Area, Areas, Point, Size

_STEP = 6.0
"""Distance of the points of an arrow at which a label is tried."""
_STEP_AWAY = 8.0
"""Distance between the places that are tried beside each other."""
_HEAD = 14.0
"""How much of an arrow's end stays free, for its head."""
_BESIDE = 3.0
"""Distance between an arrow and a label beside it."""

# What a place costs; the cheapest one is taken.
_COST_OF_DISTANCE = 3.0  # a pixel between the label and its arrow
_COST_OF_HIDING = 60.0  # a piece of another arrow below the label
_COST_OF_FAR = 0.1  # a pixel from the beginning of the arrow, where readers look for the keys of a box


def place_labels(
    sizes: Sequence[Size | None], routes: Sequence[Sequence[Point]], boxes: Iterable[Area]
) -> list[Point | None]:
    """Return the centers of labels, which overlap neither boxes nor each other. An arrow may have no label.

    :param sizes: the sizes of the labels; None for an arrow without a label.
    :param routes: the corners of the arrows, between which they run along an axis.
    """
    taken = Areas(boxes)
    ways = Areas(piece for route in routes for piece in _pieces(route))
    for route in routes:
        taken.add(_head(route))
    centers: list[Point | None] = [None] * len(sizes)
    # Those with little choice come first.
    for number in sorted(range(len(sizes)), key=lambda number: _length(routes[number])):
        size = sizes[number]
        if size is not None:
            center = _best_place(size, routes[number], taken, ways)
            taken.add(Area.around(center, size))
            centers[number] = center
    return centers


def _best_place(size: Size, route: Sequence[Point], taken: Areas, ways: Areas) -> Point:
    own = set(_pieces(route))
    lowest, best = inf, route[0]
    away = 0.0
    while away * _COST_OF_DISTANCE < lowest:
        for far, center in _places_at(away, size, route):
            cost = away * _COST_OF_DISTANCE + far * _COST_OF_FAR
            if cost >= lowest:
                break  # those that follow are farther
            area = Area.around(center, size)
            if not taken.overlapping(area):
                cost += _COST_OF_HIDING * len(ways.overlapping(area) - own)
                if cost < lowest:
                    lowest, best = cost, center
        away = away + _STEP_AWAY if away else _BESIDE
    return best


def _places_at(away: float, size: Size, route: Sequence[Point]) -> Iterator[tuple[float, Point]]:
    """Yield the centers that a label may have at a distance from its arrow, 0 for on it.

    Each comes with how far it is from the beginning of the arrow; the nearest come first.
    """
    width, height = size
    walked = 0.0
    for (x, y), (next_x, next_y) in pairwise(route):
        length = abs(next_x - x) + abs(next_y - y)
        is_upright = x == next_x
        aside = away + (width if is_upright else height) / 2
        for step in range(1, int(length // _STEP)):
            share = step * _STEP / length
            middle_x, middle_y = x + (next_x - x) * share, y + (next_y - y) * share
            far = walked + step * _STEP
            for side in (1, -1) if away else (0,):
                if is_upright:
                    yield far, (middle_x + side * aside, middle_y)
                else:
                    yield far, (middle_x, middle_y + side * aside)
        walked += length


def _pieces(route: Sequence[Point]) -> Iterator[Area]:
    for (x, y), (next_x, next_y) in pairwise(route):
        yield Area(min(x, next_x) - 1, min(y, next_y) - 1, max(x, next_x) + 1, max(y, next_y) + 1)


def _head(route: Sequence[Point]) -> Area:
    """Return where the head of an arrow is drawn."""
    (x, y), (end_x, end_y) = route[-2:]
    back = min(1.0, _HEAD / (abs(end_x - x) + abs(end_y - y)))
    base_x, base_y = end_x + (x - end_x) * back, end_y + (y - end_y) * back
    return Area(
        min(base_x, end_x) - 5, min(base_y, end_y) - 5, max(base_x, end_x) + 5, max(base_y, end_y) + 5
    )


def _length(route: Sequence[Point]) -> float:
    return sum(abs(next_x - x) + abs(next_y - y) for (x, y), (next_x, next_y) in pairwise(route))
