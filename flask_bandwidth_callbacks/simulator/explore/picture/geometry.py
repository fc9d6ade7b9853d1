"""Points, sizes and rectangles of a drawing, in pixels; y grows downward."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple, TypeAlias

Point: TypeAlias = tuple[float, float]
Size: TypeAlias = tuple[float, float]
"""Width and height."""


class Area(NamedTuple):
    """A rectangle."""

    left: float
    top: float
    right: float
    bottom: float

    @classmethod
    def around(cls, center: Point, size: Size) -> Area:
        """Return the rectangle of a size around a point."""
        (x, y), (width, height) = center, size
        return cls(x - width / 2, y - height / 2, x + width / 2, y + height / 2)

    def overlaps(self, other: Area) -> bool:
        """Return whether two rectangles have more in common than a border."""
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )


class Areas:
    """Rectangles by where they are, so that only those nearby are compared."""

    _CELL = 128.0

    def __init__(self, areas: Iterable[Area]) -> None:
        self._cells: dict[tuple[int, int], list[Area]] = {}
        for area in areas:
            self.add(area)

    def add(self, area: Area) -> None:
        """Add a rectangle."""
        for cell in self._cells_of(area):
            self._cells.setdefault(cell, []).append(area)

    def overlapping(self, area: Area) -> set[Area]:
        """Return the rectangles that overlap one."""
        nearby = (other for cell in self._cells_of(area) for other in self._cells.get(cell, ()))
        return {other for other in nearby if area.overlaps(other)}

    def _cells_of(self, area: Area) -> Iterator[tuple[int, int]]:
        for column in range(int(area.left // self._CELL), int(area.right // self._CELL) + 1):
            for row in range(int(area.top // self._CELL), int(area.bottom // self._CELL) + 1):
                yield column, row
