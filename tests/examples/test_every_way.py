"""The switchboard is explored: no way through it has a fault."""

from __future__ import annotations

from collections.abc import Callable
from xml.etree import ElementTree

import pytest
from flask import Flask

from examples.switchboard import create_app
from flask_bandwidth_callbacks.simulator.explore import Report
from generators import switchboard_map


def make_app(**settings: object) -> Flask:
    return create_app(
        {"TESTING": True, "BANDWIDTH_CALLBACKS_CREDENTIALS": [("bandwidth", "s3cret")], **settings}
    )


@pytest.fixture(autouse=True)
def in_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock of the company is in UTC."""
    monkeypatch.setenv("TZ", "UTC")


class TestDay:
    """A line whose departments take every call."""

    @pytest.fixture
    def app(self) -> Flask:
        return make_app()

    def test_every_way(self, explore: Callable[..., Report]) -> None:
        """Open or closed, and whether sales is busy or not, every key leads to what was promised."""
        report = explore(at=["2026-01-05T10:00", "2026-01-05T03:00"], callees=[{}, {"+13035550141": "busy"}])
        assert (report.findings, report.left) == ([], ())
        unreached = [handler.partition(" ")[0] for handler in report.unreached]
        assert unreached == ["offer", "take", "decline"]


class TestScreening:
    """A line whose departments hear who is calling, and take the call by a key."""

    @pytest.fixture
    def app(self) -> Flask:
        return make_app(SWITCHBOARD_SCREENS=True)

    @pytest.mark.no_cover
    def test_every_way(self, explore: Callable[..., Report]) -> None:
        """Every key of the caller and of the department leads to what was promised."""
        report = explore(at=["2026-01-05T10:00"])
        assert (report.findings, report.left, report.unreached) == ([], (), ())


def texts_of(svg: str) -> list[str]:
    """Return what can be read in a picture; where it stands may differ between versions of the layout."""
    return sorted(
        "".join(element.itertext()) for element in ElementTree.fromstring(svg).iter() if element.text
    )


@pytest.mark.no_cover
def test_the_picture_is_up_to_date() -> None:
    """The picture in the README shows the line as it is; ``make docs`` draws it anew."""
    assert texts_of(switchboard_map.PATH.read_text("utf-8")) == texts_of(switchboard_map.text())
