"""What the tests of a project walked, drawn over the picture of its line: ``pytest --bandwidth-map``."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from flask import Flask

from flask_bandwidth_callbacks import CallbackBlueprint, GatherCallback, InitiateCallback
from flask_bandwidth_callbacks.bxml import Gather, Hangup, PhoneNumber, SpeakSentence, Transfer, Verb
from flask_bandwidth_callbacks.simulator import SimulatedBandwidth
from flask_bandwidth_callbacks.simulator.explore import explore
from flask_bandwidth_callbacks.simulator.explore.map_of_tests import MapOfTests
from flask_bandwidth_callbacks.simulator.explore.picture import Picture

pytest_plugins = ["pytester"]

APPLICATION = """
import pytest
from tests.simulator.explore.test_map_of_tests import make_line

@pytest.fixture
def app():
    return make_line()
"""

TESTS = """
def test_sales(bandwidth):
    call = bandwidth.call()
    call.press("1")
    call.legs[0].hang_up()

def test_giving_up(bandwidth):
    bandwidth.call().hang_up()
"""

EXPLORED = """
def test_every_way(explore):
    assert explore(keys="12").is_exhausted
"""


def make_line() -> Flask:
    """Return a line with a menu of two keys."""
    phone = CallbackBlueprint("phone", __name__, credentials=[("bandwidth", "s3cret")])

    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> Gather:
        return Gather(
            SpeakSentence("For sales, press 1. For the hours, press 2."), gather_url=menu, max_digits=1
        )

    @phone.respond(GatherCallback, "/menu", digits="1")
    def sales(call: GatherCallback) -> Transfer:
        return Transfer(PhoneNumber("+13035550141"))

    @phone.respond(GatherCallback, "/menu", digits="2")
    def hours(call: GatherCallback) -> list[Verb]:
        return [SpeakSentence("We are open. Goodbye."), Hangup()]

    @phone.respond(GatherCallback, "/menu")
    def menu(call: GatherCallback) -> list[Verb]:
        return [SpeakSentence("Goodbye."), Hangup()]

    app = Flask("line")
    app.register_blueprint(phone, url_prefix="/phone")
    return app


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A project whose tests walk some of the ways."""
    for name in ("COVERAGE_FILE", "COVERAGE_PROCESS_START", "PYTEST_ADDOPTS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.syspath_prepend(Path(__file__).parents[3])
    pytester.makeconftest(APPLICATION)
    pytester.makepyfile(TESTS)
    return pytester


def walked_in(map_of_tests: MapOfTests, path: Path, monkeypatch: pytest.MonkeyPatch) -> Picture:
    """Return the picture that is drawn."""
    drawn: list[Picture] = []

    def to_svg(picture: Picture) -> str:
        drawn.append(picture)
        return ""

    monkeypatch.setattr("flask_bandwidth_callbacks.simulator.explore.map_of_tests.to_svg", to_svg)
    map_of_tests.write(str(path))
    return drawn[0]


def by_tests(app: Flask) -> MapOfTests:
    """Return what a test walked that talks with sales, and one that hangs up at once."""
    walked = MapOfTests()
    bandwidth = SimulatedBandwidth(app)
    call = bandwidth.call()
    call.press("1")
    call.legs[0].hang_up()
    bandwidth.call().hang_up()
    walked.add(app, bandwidth.calls)
    return walked


def test_what_was_walked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The boxes and arrows of the calls are walked, the others are not."""
    picture = walked_in(by_tests(make_line()), tmp_path / "line.svg", monkeypatch)
    boxes = {box.id: box for box in picture.boxes}
    walked = {
        (box.handler.partition(" ")[0].rpartition(".")[2], box.kind): box.is_walked for box in picture.boxes
    }
    assert walked == {
        ("", "start"): True,
        ("greet", "state"): True,
        ("sales", "person"): True,
        ("sales", "end"): True,
        ("hours", "end"): False,
        ("menu", "end"): False,
    }
    arrows = {
        (boxes[arrow.source].kind, boxes[arrow.target].kind, arrow.label): arrow.is_walked
        for arrow in picture.arrows
    }
    assert arrows == {
        ("start", "state", ""): True,
        ("state", "person", "1"): True,
        ("person", "end", "+13035550141: hangs up"): True,
        ("state", "end", "2"): False,
        ("state", "end", "3-9, 0, *, #, silence"): False,
    }


def test_a_call_that_failed_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A call without a document has walked nothing."""
    app = make_line()
    walked = MapOfTests()
    bandwidth = SimulatedBandwidth(app, "/phone/nowhere")
    walked.add(app, [bandwidth.call()])
    picture = walked_in(walked, tmp_path / "line.svg", monkeypatch)
    assert [box.kind for box in picture.boxes if box.is_walked] == []


def test_several_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What processes walked is put together; a picture that a test has chosen goes before another one."""
    app = make_line()
    chosen = MapOfTests()
    chosen.draw_over(explore(app, keys="1"))
    together = MapOfTests()
    for part in (MapOfTests(), by_tests(app), chosen):
        together.merge(part.to_json())
    together.merge(None)  # a process that crashed
    picture = walked_in(together, tmp_path / "line.svg", monkeypatch)
    assert sum(bool(box.is_walked) for box in picture.boxes) == 4
    assert "1" in [arrow.label for arrow in picture.arrows]
    assert "3-9, 0, *, #, silence" not in [arrow.label for arrow in picture.arrows]


def test_the_option(project: pytest.Pytester) -> None:
    """The option draws a picture, and the summary says how much of it was walked."""
    result = project.runpytest("--bandwidth-map=line.svg", "-p", "no:cacheprovider")
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["The tests walked 3 of 5 boxes: line.svg"])
    assert ElementTree.parse(project.path / "line.svg").getroot().tag.endswith("svg")


def test_the_picture_of_the_fixture(project: pytest.Pytester) -> None:
    """If a test explores, its picture is the one that is drawn over."""
    project.makepyfile(test_ways=EXPLORED)
    result = project.runpytest("--bandwidth-map=line.svg", "-p", "no:cacheprovider")
    result.assert_outcomes(passed=3)
    drawn = (project.path / "line.svg").read_text("utf-8")
    assert re.search("0, [*]", drawn) is None  # those keys were not tried


def test_several_processes_of_pytest(project: pytest.Pytester) -> None:
    """With pytest-xdist, the processes walk together."""
    result = project.runpytest_subprocess("--bandwidth-map=line.svg", "-n", "2", "-p", "no:cacheprovider")
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["The tests walked 3 of 5 boxes: line.svg"])


def test_tests_that_make_no_call(pytester: pytest.Pytester) -> None:
    """Without a call there is no picture, and the summary says why."""
    pytester.makepyfile("def test_nothing(): pass")
    result = pytester.runpytest("--bandwidth-map=line.svg", "-p", "no:cacheprovider")
    result.stdout.fnmatch_lines(["Nothing was drawn, because no test used the fixture bandwidth."])
    assert not (pytester.path / "line.svg").exists()


def test_a_file_that_cannot_be_written(project: pytest.Pytester) -> None:
    """The tests pass, and the summary says why there is no picture."""
    result = project.runpytest("--bandwidth-map=nowhere/line.svg", "-p", "no:cacheprovider")
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["The picture nowhere/line.svg was not written: *No such file*"])
