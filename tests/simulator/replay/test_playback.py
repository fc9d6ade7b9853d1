"""A recorded call becomes a way: what the people on it did, and what was heard."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from flask_bandwidth_callbacks.call_log import Line
from flask_bandwidth_callbacks.simulator import MachineDetection, SimulatedBandwidth, SimulationError
from flask_bandwidth_callbacks.simulator.replay import replay
from flask_bandwidth_callbacks.simulator.replay.playback import Played, way_of
from flask_bandwidth_callbacks.simulator.ways import Scene, Step, Way
from tests.simulator.replay.lines import SALES, SUPPORT, Recorder, line_with

HANG_UP = Step("hang up")
MESSAGE = "This is a message."


def acting(scene: Scene, *steps: Step) -> Callable[[SimulatedBandwidth], None]:
    """Return what makes a call in a scene and takes steps."""

    def act(bandwidth: SimulatedBandwidth) -> None:
        call = scene.begin(bandwidth)
        for step in steps:
            step.take(call)

    return act


def way_from(lines: Sequence[Line], texts: dict[str, str] | None = None) -> Way:
    """Return the way of a recorded call, replayed on the phone line with other texts."""
    return way_of([each.played for each in replay(line_with(texts), lines)])


def walked(way: Way) -> tuple[tuple[str, ...], ...]:
    """Return what is heard on a way on the phone line of today."""
    call = way.scene.begin(SimulatedBandwidth(line_with()))
    heard = [tuple(call.heard)]
    for step in way.steps:
        before = len(call.heard)
        step.take(call)
        heard.append(tuple(call.heard[before:]))
    assert call.cause == way.cause
    return tuple(heard)


WAYS: list[tuple[str, Scene, tuple[Step, ...], tuple[Step, ...] | None]] = [
    ("hang up at once", Scene(), (HANG_UP,), None),
    ("no key", Scene(), (Step("wait", seconds=5), Step("wait", seconds=5)), None),
    ("a key", Scene(), (Step("press", "6"),), None),
    ("a wrong key", Scene(), (Step("press", "0"),), None),
    ("several keys", Scene(), (Step("press", "2"), Step("press", "12#")), None),
    (
        "too few keys",
        Scene(),
        (Step("press", "2"), Step("press", "12"), Step("wait", seconds=9)),
        (Step("press", "2"), Step("press", "00"), Step("wait", seconds=5)),
    ),
    (
        "a message",
        Scene(),
        (Step("press", "3"), Step("speak", "Hello.", 7.5), Step("press", "#")),
        (Step("press", "3"), Step("speak", MESSAGE, 7.5), Step("press", "#")),
    ),
    (
        "a message and no key",
        Scene(),
        (Step("press", "3"), Step("speak", "Hello.", 7.5), HANG_UP, Step("wait", seconds=10)),
        (Step("press", "3"), Step("speak", MESSAGE, 7.5), HANG_UP),
    ),
    (
        "a message of all the time that there is",
        Scene(),
        (Step("press", "9"), Step("speak", "Hello.", 30)),
        (Step("press", "9"), Step("speak", MESSAGE, 20)),
    ),
    ("speech", Scene(), (Step("press", "4"), Step("speak", "Sales, please"), Step("wait", seconds=15)), None),
    (
        "reported keys",
        Scene(),
        (Step("press", "5"), Step("press", "7"), HANG_UP),
        (Step("press", "5"), Step("press", "0"), HANG_UP),
    ),
    ("a conference", Scene(), (Step("press", "7"), HANG_UP), None),
    ("a callee who is busy", Scene({SALES: "busy"}), (Step("press", "1"),), None),
    ("a callee who rejects", Scene({SALES: "rejects"}), (Step("press", "1"),), None),
    ("a callee who is away", Scene({SALES: "none"}), (Step("press", "1"), Step("wait", seconds=10)), None),
    (
        "a callee who takes the call",
        Scene(),
        (Step("press", "1"), Step("press", "1", who=SALES), Step("hang up", who=SALES)),
        None,
    ),
    ("a callee who does not take it", Scene(), (Step("press", "1"), Step("hang up", who=SALES)), None),
    ("a caller who leaves", Scene(), (Step("press", "1"), Step("press", "1", who=SALES), HANG_UP), None),
    ("two callees", Scene({SALES: "busy", SUPPORT: "busy"}), (Step("press", "8"),), None),
    ("an outbound call", Scene(to="+13035550141", answer_url="/phone/answered"), (Step("press", "6"),), None),
    (
        "a machine",
        Scene(to="+13035550141", answer_url="/phone/answered", detected_as="answering-machine"),
        (Step("wait", seconds=2), HANG_UP),
        (HANG_UP,),
    ),
]


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize(
    ("scene", "steps", "expected"), [each[1:] for each in WAYS], ids=[each[0] for each in WAYS]
)
def test_a_call_is_followed(
    record: Recorder, scene: Scene, steps: tuple[Step, ...], expected: tuple[Step, ...] | None, masked: bool
) -> None:
    """The way has the steps of the recorded call, and today's code says on it what was heard then."""
    lines = record(acting(scene, *steps), BANDWIDTH_CALLBACKS_RECORD_MASKED=masked)
    way = way_from(lines)
    if masked:
        assert [step.kind for step in way.steps] == [step.kind for step in expected or steps]
    else:
        assert way.scene == scene
    assert way.scene.answer_url == scene.answer_url
    assert way.left == ""
    assert walked(way) == way.heard


def test_a_masked_call_is_followed_exactly(record: Recorder) -> None:
    """The steps of a masked call have the masked keys, and the callee has today's number."""
    lines = record(acting(Scene({SALES: "busy"}), Step("press", "1")))
    way = way_from(lines)
    assert way.scene.callees == {SALES: "busy"}
    assert way.scene.var_from == "+13030000000"
    assert way.heard == (("Hello +13030000000.",), ("One moment.", "Sales: busy."))


def test_what_was_heard_then(record: Recorder) -> None:
    """Where today's code says something else, the way has what was heard then, and today's numbers."""
    steps = (Step("press", "1"), Step("press", "1", who=SALES), Step("hang up", who=SALES))
    lines = record(acting(Scene(), *steps))
    way = way_from(lines, {"One moment.": "Wait."})
    assert way.steps[1:] == (Step("press", "1", who=SALES), Step("hang up", who=SALES))
    assert way.heard[1] == ("One moment.",)


# -- Calls that cannot be followed ---------------------------------------------------------------------------


def played(lines: Sequence[Line]) -> list[Played]:
    return [Played(line, line.reply or "") for line in lines]


def test_a_call_without_its_beginning(record: Recorder) -> None:
    """A call whose first callback was not recorded cannot be played."""
    lines = record(acting(Scene(), Step("press", "6")))
    with pytest.raises(SimulationError, match=r"^The log does not have the first callback of this call\.$"):
        way_of(played(lines[1:]))


def test_a_call_of_a_number_that_cannot_be_called(record: Recorder) -> None:
    """A call whose numbers are not numbers cannot be made again."""
    (first, *_) = record(acting(Scene(), HANG_UP))
    with pytest.raises(SimulationError, match=r"^The number that is called must be"):
        way_of(played([replace(first, payload={**first.payload, "to": "Ann"})]))


def test_a_log_that_ends_early(record: Recorder) -> None:
    """A call whose end was not recorded is followed as far as it goes."""
    lines = record(acting(Scene(), Step("press", "2"), Step("press", "1234")))
    way = way_from(lines[:2])
    assert way.steps == (Step("press", "2"),)
    assert (way.cause, way.left) == (None, "The log of this call ends here.")


def test_a_call_that_the_application_redirected(record: Recorder) -> None:
    """A callback that something outside of the call has caused is where the way ends."""
    lines = record(acting(Scene(), Step("press", "6")))
    waiting = replace(lines[0], reply="<Response><Record recordCompleteUrl='/x'/></Response>")
    assert way_of(played([waiting, lines[2]])).left == "The recorded call has no recordComplete here."
    waiting = replace(lines[0], reply="<Response><Conference>room</Conference></Response>")
    way = way_of(played([waiting, lines[2]]))
    assert way.left == "What led to redirect in the recorded call is not known."


def test_a_callback_that_comes_by_itself_and_was_not_recorded(record: Recorder) -> None:
    """A played document that asks for more than was recorded is where the way ends."""
    lines = record(acting(Scene(), Step("press", "6")))
    without = [line for line in lines if line.payload["eventType"] != "redirect"]
    assert way_of(played(without)).left == "The recorded call has no redirect here."


def test_a_played_call_that_ends_too_early(record: Recorder) -> None:
    """If the played call has ended, and the recorded one went on, the way says so."""
    lines = record(acting(Scene(), Step("press", "6")))
    doubled = [*lines, replace(lines[1], payload={**lines[1].payload, "digits": "1"})]
    assert way_of(played(doubled)).left == "The recorded call went on with gather; this one has ended."


CONFERENCE = "<Response><Conference>room</Conference></Response>"


@pytest.mark.parametrize(
    ("reply", "changed", "left"),
    [
        (
            CONFERENCE,
            {"eventType": "recordComplete"},
            "What led to recordComplete in the recorded call is not known.",
        ),
        (
            CONFERENCE,
            {"cause": "node-capacity-exceeded"},
            "What led to disconnect in the recorded call is not known.",
        ),
        (
            "<Response><Gather repeatCount='50' firstDigitTimeout='1'/></Response>",
            {"eventType": "redirect"},
            "What led to redirect in the recorded call is not known.",
        ),
        (
            "<Response><Transfer><PhoneNumber>+13035550171</PhoneNumber></Transfer></Response>",
            {"eventType": "gather", "callId": "c-other", "digits": "1?"},
            "keys must be a string of 0-9, *, # and A-D, such as '1', got '1?'.",
        ),
    ],
)
def test_a_call_that_something_else_led_on(
    record: Recorder, reply: str, changed: dict[str, str], left: str
) -> None:
    """Where neither a person nor time leads to the next callback, the way ends and says so."""
    (first, end) = record(acting(Scene(), HANG_UP))
    way = way_of(played([replace(first, reply=reply), replace(end, payload={**end.payload, **changed})]))
    assert (way.cause, way.left) == (None, left)


def test_silence_is_one_step(record: Recorder) -> None:
    """A person who waits while other things happen does so in one step."""
    steps = (Step("press", "3"), Step("speak", "Hello.", 2), Step("press", "#"))
    lines = record(acting(Scene(), *steps), BANDWIDTH_CALLBACKS_RECORD_MASKED=False)
    events = [line.payload["eventType"] for line in lines]
    complete = events.index("recordComplete")
    gather = lines[events.index("gather")]
    silent = replace(gather, payload={**gather.payload, "digits": ""}, reply="<Response><Hangup/></Response>")
    reply = "<Response><Gather firstDigitTimeout='8' gatherUrl='/x'/></Response>"
    lines[complete] = replace(lines[complete], reply=reply)
    way = way_of(played([*lines[: complete + 1], silent, *lines[complete + 1 :]]))
    assert way.steps[-1] == Step("wait", seconds=7.9)
    assert way.left == ""


def test_an_empty_message(record: Recorder) -> None:
    """A caller who left no message just presses the key that ends it."""
    lines = record(acting(Scene(), Step("press", "3"), Step("press", "#")))
    events = [line.payload["eventType"] for line in lines]
    index = events.index("recordComplete")
    lines[index] = replace(lines[index], payload={**lines[index].payload, "duration": "PT0S"})
    assert way_of(played(lines)).steps == (Step("press", "3"), Step("press", "#"))


def test_callbacks_that_came_twice(record: Recorder) -> None:
    """A callback that Bandwidth has sent again is played once."""
    lines = record(acting(Scene(), Step("press", "6")))
    way = way_of(played([each for line in lines for each in (line, line)]))
    assert (way.steps, way.left) == ((Step("press", "6"),), "")


def test_a_callback_that_failed(record: Recorder) -> None:
    """A recorded failure is played, too: the call ends as it did."""
    lines = record(acting(Scene(), Step("press", "6")))
    failed = [replace(line, status=500, reply="") if "again" in line.path else line for line in lines]
    end = replace(lines[-1], payload={**lines[-1].payload, "cause": "callback-error"})
    way = way_of(played([*failed[:-1], end]))
    assert (way.cause, way.left) == ("callback-error", "")


def test_an_invalid_document_is_played(record: Recorder) -> None:
    """A recorded document that cannot be read ends the call, as it did."""
    lines = record(acting(Scene(), HANG_UP))
    end = replace(lines[-1], payload={**lines[-1].payload, "cause": "invalid-bxml"})
    way = way_of(played([replace(lines[0], reply="<Response>"), end]))
    assert way.cause == "invalid-bxml"


def test_results_of_machine_detection(record: Recorder) -> None:
    """A result that the simulation does not know is left out."""

    def dial(bandwidth: SimulatedBandwidth) -> None:
        detection = MachineDetection(mode="sync")
        bandwidth.dial("+13035550141", "/phone/answered", machine_detection=detection).wait(2)

    (first, *_) = record(dial)
    result: dict[str, Any] = {**first.payload["machineDetectionResult"], "value": "parrot"}
    way = way_of(played([replace(first, payload={**first.payload, "machineDetectionResult": result})]))
    assert way.scene.detected_as is None
