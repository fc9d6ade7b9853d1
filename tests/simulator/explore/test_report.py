"""What comes back from exploration: a picture, JSON, tests, and an overview."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from flask_bandwidth_callbacks import (
    CallbackBlueprint,
    GatherCallback,
    InitiateCallback,
    RecordingCompleteCallback,
    RedirectCallback,
    TransferCompleteCallback,
)
from flask_bandwidth_callbacks.bxml import (
    Gather,
    Hangup,
    Pause,
    PhoneNumber,
    PlayAudio,
    Record,
    Redirect,
    Ring,
    SpeakSentence,
    Transfer,
    Verb,
)
from flask_bandwidth_callbacks.simulator.explore import explore
from tests.simulator.explore.lines.serving import AGENT, line, serve

ROOT = Path(__file__).parents[3]
GOODBYE = [SpeakSentence("Goodbye."), Hangup()]


def create_line() -> Flask:
    """Make a line with a person, a message, and a way back to the menu."""
    phone = line(__name__)

    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> list[Verb]:
        return [SpeakSentence("Welcome."), ask()]

    def ask() -> Gather:
        return Gather(
            SpeakSentence("For Ann, press 1. To leave a message, press 2."), gather_url=menu, max_digits=1
        )

    @phone.respond(GatherCallback, "/menu", digits="1")
    def ann(call: GatherCallback) -> list[Verb]:
        return [Transfer(PhoneNumber(AGENT), transfer_complete_url=over)]

    @phone.respond(TransferCompleteCallback, "/over")
    def over(call: TransferCompleteCallback) -> list[Verb]:
        return GOODBYE

    @phone.respond(GatherCallback, "/menu", digits="2")
    def message(call: GatherCallback) -> list[Verb]:
        return [SpeakSentence("Please speak."), Record(record_complete_url=thank)]

    @phone.respond(RecordingCompleteCallback, "/thank")
    def thank(call: RecordingCompleteCallback) -> list[Verb]:
        return [SpeakSentence("Thank you. Goodbye."), Hangup()]

    @phone.respond(GatherCallback, "/menu")
    def menu(call: GatherCallback) -> list[Verb]:
        return [SpeakSentence("Sorry."), ask()]

    return serve(phone)


def arrows(picture: Any) -> dict[tuple[str, str], str]:
    """Return the labels of a picture's arrows, by the texts of their boxes."""
    texts = {box.id: box.text for box in picture.boxes}
    return {(texts[arrow.source], texts[arrow.target]): arrow.label for arrow in picture.arrows}


# -- The picture ---------------------------------------------------------------------------------------------


def test_the_picture_of_a_line() -> None:
    """Boxes have the first words that are heard or who is talked with, arrows the keys in few words."""
    report = explore(create_line, allow="silent-loop")
    assert report.findings == []
    menu = "Welcome. For Ann, press 1. To leave a message, press 2."
    again = "Sorry. For Ann, press 1. To leave a message, press 2."
    assert [(box.kind, box.text) for box in report.picture.boxes] == [
        ("start", "A call begins"),
        ("state", menu),
        ("person", f"Talks with {AGENT}"),
        ("state", "Please speak."),
        ("state", again),
        ("end", "Goodbye."),
        ("end", "Thank you. Goodbye."),
    ]
    assert arrows(report.picture) == {
        ("A call begins", menu): "",
        (menu, f"Talks with {AGENT}"): "1",
        (menu, "Please speak."): "2",
        (menu, again): "3-9, 0, *, #, silence",
        (again, f"Talks with {AGENT}"): "1",
        (again, "Please speak."): "2",
        (again, again): "3-9, 0, *, #, silence",
        (f"Talks with {AGENT}", "Goodbye."): f"{AGENT}: hangs up",
        ("Please speak.", "Thank you. Goodbye."): "#, a message, silence",
    }


def test_the_picture_of_several_scenes() -> None:
    """An arrow says in which scenes a key leads there, where another scene makes a difference."""
    pytest.importorskip("time_machine")
    scenes: list[Mapping[str, str]] = [{}, {AGENT: "busy"}]
    report = explore(create_line, keys="1", callees=scenes, at=["2026-01-05T10:00", "2026-01-05T20:00"])
    labels = arrows(report.picture)
    menu = "Welcome. For Ann, press 1. To leave a message, press 2."
    assert labels["A call begins", menu] == ""
    assert labels[menu, f"Talks with {AGENT}"] == "1 (usually)"
    assert labels[menu, "Goodbye."] == f"1 ({AGENT} busy)"


def test_the_picture_of_day_and_night() -> None:
    """Where calls begin differently by the time of day, the arrows say at what time."""
    pytest.importorskip("time_machine")
    phone = line(__name__)

    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> list[Verb]:
        words = "Good day." if datetime.now(UTC).hour < 18 else "Good night."
        return [SpeakSentence(words), *GOODBYE]

    report = explore(serve(phone), at=["2026-01-05T10:00", "2026-01-05T20:00"])
    assert arrows(report.picture) == {
        ("A call begins", "Good day. Goodbye."): "10:00",
        ("A call begins", "Good night. Goodbye."): "20:00",
    }


def test_the_picture_of_several_blueprints() -> None:
    """Where calls begin at several blueprints, the arrows have their URLs."""
    phones = [line(__name__), CallbackBlueprint("sales", __name__, credentials=[("bandwidth", "s3cret")])]
    for phone in phones:

        @phone.respond(InitiateCallback)
        def greet(call: InitiateCallback, name: str = phone.name) -> list[Verb]:
            return [SpeakSentence(f"This is {name}."), *GOODBYE]

    assert set(arrows(explore(serve(*phones)).picture).values()) == {
        "https://localhost/phone/",
        "https://localhost/sales/",
    }


def test_states_that_look_the_same_are_one_box() -> None:
    """The arrows of states in one box are one; a key that always leads there from one of them is enough."""
    phone = line(__name__)

    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> Gather:
        return Gather(gather_url=again, max_digits=1)

    @phone.respond(GatherCallback, "/again")
    def again(call: GatherCallback) -> list[Verb]:
        with phone.state(call) as state:
            state["times"] = times = state.get("times", 0) + 1
        if times > 1 and call.digits == "1":
            return [Redirect(redirect_url=sorry) if times == 2 else transfer()]
        if times > 2:
            return GOODBYE
        return [Gather(SpeakSentence("Once more."), gather_url=again, max_digits=1)]

    def transfer() -> Transfer:
        return Transfer(PhoneNumber(AGENT), transfer_complete_url=sorry)

    @phone.respond((RedirectCallback, TransferCompleteCallback), "/sorry")
    def sorry(call: RedirectCallback | TransferCompleteCallback) -> list[Verb]:
        return [SpeakSentence("Ann is busy. Goodbye."), Hangup()]

    scenes: list[Mapping[str, str]] = [{AGENT: "busy"}, {}]
    labels = arrows(explore(serve(phone), keys="1", callees=scenes).picture)
    assert labels["Once more.", "Ann is busy. Goodbye."] == "1"
    assert labels["Once more.", f"Talks with {AGENT}"] == "1 (usually)"


def test_findings_in_the_picture() -> None:
    """A box is marked with the kinds of what was found at its handler."""
    phone = line(__name__)

    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> SpeakSentence:
        return SpeakSentence("That was it.")

    picture = explore(serve(phone)).picture
    assert [box.marks for box in picture.boxes] == [(), ("unannounced-hangup",)]


def quiet(verb: Callable[[Any], Verb]) -> Callable[[], Flask]:
    """Return what makes a line on which nothing is heard, with a verb that is given where it leads."""

    def create_app() -> Flask:
        phone = line(__name__)

        @phone.respond(InitiateCallback)
        def greet(call: InitiateCallback) -> list[Verb]:
            return [verb(end)]

        @phone.respond((GatherCallback, RecordingCompleteCallback), "/end")
        def end(call: Any) -> Hangup:
            return Hangup()

        return serve(phone)

    return create_app


@pytest.mark.parametrize(
    ("verb", "texts"),
    [
        (lambda end: Gather(gather_url=end, max_digits=1), ["Keys are awaited", "The call ends"]),
        (lambda end: Record(record_complete_url=end), ["A message is recorded", "The call ends"]),
        (lambda end: Pause(duration=3), ["Pause", "The call ends"]),
        (lambda end: Ring(duration=3), ["Ring", "The call ends"]),
        (lambda end: PlayAudio("https://localhost/hello.wav"), ["https://localhost/hello.wav"]),
    ],
)
def test_boxes_where_nothing_is_said(verb: Callable[[Any], Verb], texts: list[str]) -> None:
    """Where no words are heard, a box says what happens."""
    report = explore(quiet(verb), keys="1")
    assert [box.text for box in report.picture.boxes[1:] if box.kind != "unreached"] == texts


def test_a_call_that_fails() -> None:
    """The end of a call that failed has the cause."""
    phone = line(__name__)

    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> Verb:
        raise LookupError

    (_, box) = explore(serve(phone)).picture.boxes
    assert (box.kind, box.text) == ("end", "The call ends: callback-error")


def test_links_that_no_call_took() -> None:
    """Links that stand in the code of handlers and of functions that they call are dashed if not walked."""
    phone = line(__name__)

    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> list[Verb]:
        return [ask(call)] if call.var_from == "+1" else GOODBYE

    def ask(call: InitiateCallback, depth: int = 0) -> Gather:
        if depth > 100:
            return ask(call, depth + 1)
        return Gather(gather_url=menu, max_digits=1)

    @phone.respond(GatherCallback, "/menu")
    def menu(call: GatherCallback) -> list[Verb]:
        return [leave() for _ in range(1)]

    def leave() -> Redirect:
        return (lambda: Redirect(redirect_url=end))()

    @phone.respond(RedirectCallback, "/end")
    def end(call: RedirectCallback) -> list[Verb]:
        return GOODBYE

    report = explore(serve(phone))
    picture = report.picture
    assert [box.kind for box in picture.boxes] == ["start", "end", "unreached", "unreached"]
    texts = {box.id: box.text.rpartition(".")[2] for box in picture.boxes}
    dashed = {(texts[arrow.source], texts[arrow.target]) for arrow in picture.arrows if arrow.is_dashed}
    assert dashed == {("", "menu"), ("menu", "end")}


def test_handlers_that_are_no_plain_functions() -> None:
    """Objects that can be called are explored; what stands in their code is not known."""
    phone = CallbackBlueprint("phone", __name__, credentials=[("bandwidth", "s3cret")])

    class Greeting:
        def __call__(self, call: InitiateCallback) -> list[Verb]:
            return GOODBYE

    phone.respond(InitiateCallback)(Greeting())
    report = explore(serve(phone))
    assert (report.findings, len(report.picture.boxes)) == ([], 2)


# -- JSON, tests, and the rest -------------------------------------------------------------------------------


def test_json() -> None:
    """The JSON of a report has all that the report has, and names states by their numbers."""
    report = explore(create_line, keys="1", callees={AGENT: "busy"}, allow="silent-loop")
    written = json.loads(report.to_json())
    assert written["application"] == "line"
    assert written["is_exhausted"] is True
    assert (written["calls"], written["left"], written["unreached"]) == (report.calls, [], [])
    assert written["reached"] == sorted(written["reached"]) == list(report.reached)
    assert [state["number"] for state in written["states"]] == list(range(len(report.states)))
    assert written["states"][0] == {
        "number": 0,
        "handler": report.states[0].handler,
        "heard": ["Welcome.", "For Ann, press 1. To leave a message, press 2."],
        "steps": [],
        "scene": {
            "callees": {AGENT: "busy"},
            "at": None,
            "from": "+13035550123",
            "to": "+13035550100",
            "answer_url": None,
            "detected_as": None,
            "url": None,
            "first_fails": False,
        },
        "talks_with": [],
        "cause": None,
        "leads_to": written["states"][0]["leads_to"],
    }


def test_an_overview() -> None:
    """The representation of a report names the application and says how much there is."""
    report = explore(create_line, keys="1", allow="silent-loop")
    assert repr(report) == f"<Report of line: {len(report.states)} states, 0 findings>"


def test_written_tests_pass(tmp_path: Path) -> None:
    """The tests of a report pass with the application, and there is one for each way to an end."""
    written = explore(create_line, keys="1").to_tests()
    (tmp_path / "test_ways.py").write_text(written, encoding="utf-8")
    (tmp_path / "conftest.py").write_text(
        "import pytest\nfrom tests.simulator.explore.test_report import create_line\n\n\n"
        "@pytest.fixture\ndef app():\n    return create_line()\n",
        encoding="utf-8",
    )
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            f"--rootdir={tmp_path}",
            str(tmp_path),
        ],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    assert f"{written.count('def test_')} passed" in done.stdout
    assert written.count('assert call.cause == "hangup"') == 2
