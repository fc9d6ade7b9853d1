"""Ways through a call: what a scene and a step are called, and people who are not on the line."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from flask_bandwidth_callbacks.bxml import PhoneNumber, Transfer
from flask_bandwidth_callbacks.simulator.exceptions import NotFound
from flask_bandwidth_callbacks.simulator.ways import Scene, Step
from tests.simulator.conftest import Line

AGENT = "+13035550141"
NIGHT = datetime(2026, 1, 5, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    ("scene", "words"),
    [
        (Scene(), "call"),
        (Scene(to="+13035550155", var_from="+13035550166"), "call to +13035550155 from +13035550166"),
        (
            Scene(url="https://localhost/sales/", start=NIGHT),
            "call with https://localhost/sales/ at 2026-01-05T03:00",
        ),
        (
            Scene({AGENT: "busy", "+13035550142": "none"}),
            f"call, {AGENT} is busy, +13035550142 does not answer",
        ),
        (Scene(first_fails=True), "call, the first callback fails"),
        (
            Scene(answer_url="/phone/answered", url="https://localhost/phone/", detected_as="human"),
            "outbound call with /phone/answered, detected as human",
        ),
    ],
)
def test_scenes_in_words(scene: Scene, words: str) -> None:
    """A scene says in words what is unusual about it."""
    assert str(scene) == words


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (Step("press", "12#"), "press 12#"),
        (Step("speak", "Sales, please."), 'say "Sales, please."'),
        (Step("wait", seconds=2.5), "wait 2.5 s"),
        (Step("hang up"), "hang up"),
        (Step("fail"), "the next callback fails"),
        (Step("press", "1", who=AGENT), f"{AGENT}: press 1"),
    ],
)
def test_steps_in_words(step: Step, words: str) -> None:
    """A step says in words what a person does, and who it is unless it is the caller."""
    assert str(step) == words


def test_a_person_who_is_not_on_the_line(line: Line) -> None:
    """A step of a person whom the call has not called is an error that names both."""
    call = line(Transfer(PhoneNumber("+13035550142"))).call()
    with pytest.raises(NotFound, match=rf"Call {call.call_id} has no leg to \{AGENT}\."):
        Step("press", "1", who=AGENT).take(call)
