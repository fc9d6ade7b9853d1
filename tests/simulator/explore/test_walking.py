"""What exploration walks: which options there are, which states are the same, and the shortest ways."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st

from flask_bandwidth_callbacks import (
    Callback,
    GatherCallback,
    InitiateCallback,
    RedirectCallback,
    TransferAnswerCallback,
    TransferCompleteCallback,
)
from flask_bandwidth_callbacks.bxml import (
    Bridge,
    Conference,
    Connect,
    Endpoint,
    Gather,
    Hangup,
    Pause,
    PhoneNumber,
    Record,
    Redirect,
    SpeakSentence,
    StartGather,
    Transfer,
    Verb,
)
from flask_bandwidth_callbacks.simulator.explore import Report, State, explore
from tests.simulator.explore.lines.serving import AGENT, line, serve

ROOT = Path(__file__).parents[3]
GOODBYE = [SpeakSentence("Goodbye."), Hangup()]

Replies = Callable[[GatherCallback], Any]


def menu_with(reply: Replies, prompt: str = "Hello.", **gather: Any) -> Callable[[], Flask]:
    """Return what makes a line with a menu, and a function that gives the reply to its keys."""

    def create_app() -> Flask:
        phone = line(__name__)

        @phone.respond(InitiateCallback)
        def greet(call: InitiateCallback) -> Gather:
            return Gather(SpeakSentence(prompt), gather_url=menu, **{"max_digits": 1, **gather})

        @phone.respond(GatherCallback, "/menu")
        def menu(call: GatherCallback) -> Any:
            return reply(call)

        return serve(phone)

    return create_app


def answering_with(verbs: Callable[[Mapping[str, Any]], list[Verb]], **replies: Any) -> Callable[[], Flask]:
    """Return what makes a line that answers calls with some verbs.

    :param verbs: is given the responders to whatever follows, by the names of the replies.
    :param replies: what follows: verbs, or a function of the event.
    """

    def create_app() -> Flask:
        phone = line(__name__)
        responders: dict[str, Any] = {}

        @phone.respond(InitiateCallback)
        def greet(call: InitiateCallback) -> list[Verb]:
            return verbs(responders)

        def add(name: str, reply: Any) -> None:
            @phone.respond(Callback, f"/{name}")
            def follow(call: Callback) -> Any:
                return reply(call) if callable(reply) else reply

            responders[name] = follow

        for name, reply in replies.items():
            add(name, reply)
        return serve(phone)

    return create_app


def heard(report: Report) -> list[tuple[str, ...]]:
    """Return what is heard in each state in which the call goes on or ends, other than by hanging up."""
    return [state.heard for state in report.states if not state.is_left]


def edges(report: Report, number: int = 0) -> dict[str, list[str]]:
    """Return what leads from a state, by the words that are heard where it leads."""
    leads: dict[str, list[str]] = {}
    for edge in json.loads(report.to_json())["states"][number]["leads_to"]:
        leads.setdefault(" ".join(report.states[edge["state"]].heard), []).append(edge["by"])
    return leads


def state_with(report: Report, words: str) -> State:
    """Return the only state in which some words are heard."""
    (state,) = [state for state in report.states if words in " ".join(state.heard)]
    return state


# -- Breadth first -------------------------------------------------------------------------------------------


@settings(max_examples=8, deadline=None)
@given(st.lists(st.tuples(*[st.integers(0, 5)] * 2), min_size=1, max_size=5))
def test_the_way_to_each_state_is_the_shortest(menus: list[tuple[int, int]]) -> None:
    """On any line of menus, exploration reaches exactly those that can be reached, by the shortest ways.

    Keys 1 and 2 lead from each menu to the menus with these numbers; a number without a menu ends the call.
    """

    def create_app() -> Flask:
        phone = line(__name__)

        def say(number: int) -> list[Verb]:
            if number >= len(menus):
                return [SpeakSentence("This is the end. Goodbye."), Hangup()]
            prompt = SpeakSentence(f"Menu {number}.")
            return [Gather(prompt, gather_url=phone.url_for(choose, number=number), max_digits=1), *GOODBYE]

        @phone.respond(InitiateCallback)
        def greet(call: InitiateCallback) -> list[Verb]:
            return say(0)

        @phone.respond(GatherCallback, "/<int:number>")
        def choose(call: GatherCallback, number: int) -> list[Verb]:
            return say(menus[number][int(call.digits) - 1]) if call.digits in ("1", "2") else GOODBYE

        return serve(phone)

    shortest = {0: 0}
    queue = deque([0])
    while queue:
        number = queue.popleft()
        for following in menus[number]:
            if following < len(menus) and following not in shortest:
                shortest[following] = shortest[number] + 1
                queue.append(following)

    report = explore(create_app, keys="12")
    assert report.is_exhausted
    reached: dict[int, int] = {}
    for state in report.states:
        for words in state.heard:
            if words.startswith("Menu"):
                reached.setdefault(int(words.strip("Menu .")), len(state.steps))
    assert reached == shortest


def test_a_shorter_way_in_another_scene() -> None:
    """Where a state takes fewer steps in a later scene, the way to it is the one of that scene."""
    pytest.importorskip("time_machine")

    def create_app() -> Flask:
        from datetime import datetime

        phone = line(__name__)

        @phone.respond(InitiateCallback)
        def greet(call: InitiateCallback) -> Any:
            return night(call) if datetime.now().hour < 6 else Gather(gather_url=day, max_digits=1)

        @phone.respond(GatherCallback, "/day")
        def day(call: GatherCallback) -> Any:
            return night(call) if call.digits == "1" else GOODBYE

        def night(call: Any) -> Any:
            return [SpeakSentence("Good night."), Redirect(redirect_url=sleep)]

        @phone.respond(RedirectCallback, "/sleep")
        def sleep(call: RedirectCallback) -> list[Verb]:
            return [Pause(duration=3), *GOODBYE]

        return serve(phone)

    report = explore(create_app, keys="1", at=["2026-01-05T10:00", "2026-01-05T03:00"])
    state = state_with(report, "Good night")
    assert (state.steps, state.scene.start and state.scene.start.hour) == ((), 3)


def test_the_same_seed_gives_the_same_report_in_every_process() -> None:
    """Two processes whose sets have other orders write the same JSON, byte for byte."""
    source = (
        "from tests.simulator.explore.test_walking import people_with_menus\n"
        "from flask_bandwidth_callbacks.simulator.explore import explore\n"
        "print(explore(people_with_menus, keys='12', seed='seven').to_json())"
    )
    written = [
        subprocess.run(
            [sys.executable, "-c", source],
            env={**os.environ, "PYTHONHASHSEED": number},
            cwd=ROOT,
            capture_output=True,
            check=True,
        ).stdout
        for number in ("1", "2")
    ]
    assert written[0] == written[1]
    assert json.loads(written[0])["findings"]


def people_with_menus() -> Flask:
    """Make a line on which two people press keys at the same time, and that matches several keys at once."""
    phone = line(__name__)

    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> list[Verb]:
        ann = PhoneNumber(AGENT, transfer_answer_url=offer)
        return [StartGather(dtmf_url=phone), Transfer(ann, transfer_complete_url=done)]

    @phone.respond(TransferAnswerCallback, "/offer")
    def offer(leg: TransferAnswerCallback) -> Gather:
        return Gather(SpeakSentence("A caller for you."), gather_url=take, max_digits=1)

    @phone.respond(GatherCallback, "/take", digits="1")
    def take(leg: GatherCallback) -> list[Verb]:
        return [SpeakSentence("Here they are.")]

    @phone.respond(GatherCallback, "/take", digits={"7", "8", "9"})
    def never(leg: GatherCallback) -> Hangup:
        raise LookupError("seven")

    @phone.respond(GatherCallback, "/take")
    def decline(leg: GatherCallback) -> Hangup:
        return Hangup()

    @phone.respond(TransferCompleteCallback, "/done")
    def done(call: TransferCompleteCallback) -> list[Verb]:
        return GOODBYE

    return serve(phone)


# -- Keys ----------------------------------------------------------------------------------------------------


def test_keys_with_the_same_outcome_are_one_edge() -> None:
    """All keys but one lead to the same state: the edges say which, in the order of the keypad."""
    report = explore(
        menu_with(lambda call: [SpeakSentence("Yes."), *GOODBYE] if call.digits == "2" else GOODBYE)
    )
    assert edges(report) == {
        "Goodbye.": ["1, 3-9, 0, *, #, silence"],
        "Yes. Goodbye.": ["2"],
        "": ["hangs up"],
    }


def test_a_reply_that_repeats_the_key() -> None:
    """Replies that differ only in the key that they repeat are one state."""
    report = explore(
        menu_with(lambda call: [SpeakSentence(f"You pressed {call.digits}."), *GOODBYE]), keys="345"
    )
    assert ["3-5"] in edges(report).values()


def test_keys_that_a_prompt_announces_are_always_tried() -> None:
    """A key that a prompt announces is pressed, whatever keys are asked for."""
    report = explore(menu_with(lambda call: GOODBYE, prompt="For sales, press 7."), keys="1")
    assert "7" in "".join(edges(report)["Goodbye."])


@pytest.mark.parametrize(
    ("options", "pressed"),
    [({}, {"1234", "4711"}), ({"numbers": ["99", "4711"]}, {"99", "4711"}), ({"numbers": "42"}, {"42"})],
)
def test_longer_numbers(options: dict[str, Any], pressed: set[str]) -> None:
    """Where several keys are taken, those that responders match are entered, or those that are given."""

    def create_app() -> Flask:
        phone = line(__name__)

        @phone.respond(InitiateCallback)
        def greet(call: InitiateCallback) -> Gather:
            return Gather(SpeakSentence("Enter your number."), gather_url=enter, max_digits=4)

        @phone.respond(GatherCallback, "/number", digits="4711")
        def found(call: GatherCallback) -> list[Verb]:
            return [SpeakSentence("Welcome back."), *GOODBYE]

        @phone.respond(GatherCallback, "/number")
        def enter(call: GatherCallback) -> list[Verb]:
            return GOODBYE

        return serve(phone)

    report = explore(create_app, keys="1", **options)
    taken = {option.text for option in report.states[0].options if option.kind == "keys"}
    assert {number for number in taken if len(number) > 1} == pressed
    assert ("Welcome back. Goodbye." in edges(report)) == ("4711" in pressed)


def test_a_key_that_a_responder_matches() -> None:
    """A single key that a responder matches is pressed, even if it is not among those that are tried."""

    def create_app() -> Flask:
        phone = line(__name__)

        @phone.respond(InitiateCallback)
        def greet(call: InitiateCallback) -> Gather:
            return Gather(SpeakSentence("Hello."), gather_url=other, max_digits=1)

        @phone.respond(GatherCallback, "/menu", digits={"9", ""})
        def nine(call: GatherCallback) -> list[Verb]:
            return [SpeakSentence("Nine."), *GOODBYE]

        @phone.respond(GatherCallback, "/menu")
        def other(call: GatherCallback) -> list[Verb]:
            return GOODBYE

        return serve(phone)

    assert edges(explore(create_app, keys="1"))["Nine. Goodbye."] == ["9, silence"]


def test_keys_that_are_reported_one_by_one() -> None:
    """After StartGather, keys are pressed while something else runs, which may change nothing."""
    phone = line(__name__)

    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> list[Verb]:
        return [StartGather(dtmf_url=phone), Pause(duration=5), *GOODBYE]

    report = explore(serve(phone), keys="1")
    (arrival,) = next(arrivals for option, arrivals in report.states[0].arrows.items() if option.text == "1")
    assert arrival.state is report.states[0]


# -- Words, messages and silence -----------------------------------------------------------------------------


def test_words() -> None:
    """Where speech is recognized, words are said: those that are given, or a greeting."""

    def reply(call: GatherCallback) -> list[Verb]:
        said = call.text or "nothing"
        return [SpeakSentence(f"You said {said}."), Hangup()]

    create_app = menu_with(reply, input="speech")
    report = explore(create_app, words=["Sales, please.", "Support."])
    assert {label for labels in edges(report).values() for label in labels} >= {
        '"Sales, please."',
        '"Support."',
    }
    assert '"Hello."' in str(edges(explore(create_app)))
    assert '"Sales."' in str(edges(explore(create_app, words="Sales.")))


def test_messages() -> None:
    """A recording is spoken to, left with a key, left with silence, and left by hanging up."""
    thanks = [SpeakSentence("Thank you."), Hangup()]
    report = explore(
        answering_with(lambda at: [Record(record_complete_url=at["thank"])], thank=thanks), keys="1"
    )
    assert report.states[0].is_recording
    assert edges(report)["Thank you."] == ["#, a message, silence"]


def test_a_recording_that_no_key_ends() -> None:
    """A message ends with silence where no key does, and where it may be long, at its longest length."""
    create_app = answering_with(
        lambda at: [Record(record_complete_url=at["thank"], terminating_digits="", max_duration=20)],
        thank=[SpeakSentence("Thank you."), Hangup()],
    )
    report = explore(create_app, keys="1")
    assert edges(report)["Thank you."] == ["a message, silence"]


def test_silence_leads_through_pauses() -> None:
    """Where nothing listens, a caller can only wait or hang up."""
    report = explore(answering_with(lambda at: [SpeakSentence("Wait."), Pause(duration=3), *GOODBYE]))
    assert edges(report) == {"Goodbye.": ["silence"], "": ["hangs up"]}


# -- What is the same state ----------------------------------------------------------------------------------


def test_the_state_of_a_call_tells_states_apart() -> None:
    """The same words are another state when phone.state differs, and the search ends where it repeats."""

    def create_app() -> Flask:
        phone = line(__name__)

        @phone.respond(InitiateCallback)
        def greet(call: InitiateCallback) -> Gather:
            return Gather(SpeakSentence("Hello."), gather_url=again, max_digits=1)

        @phone.respond(GatherCallback, "/again")
        def again(call: GatherCallback) -> list[Verb]:
            with phone.state(call) as state:
                state["keys"] = state.get("keys", 0) + 1
                if state["keys"] == 3:
                    return GOODBYE
            return [Gather(SpeakSentence("Once more."), gather_url=again, max_digits=1)]

        return serve(phone)

    report = explore(create_app, keys="1")
    assert heard(report) == [("Hello.",), ("Once more.",), ("Once more.",), ("Goodbye.",)]


def test_a_tag_tells_states_apart() -> None:
    """The same document is another state with another tag."""

    def create_app() -> Flask:
        phone = line(__name__)

        @phone.respond(InitiateCallback)
        def greet(call: InitiateCallback) -> Gather:
            return Gather(SpeakSentence("Hello."), gather_url=menu, max_digits=1)

        @phone.respond(GatherCallback, "/menu", tag=None)
        def menu(call: GatherCallback) -> Redirect:
            return Redirect(redirect_url=wait, tag="key 1" if call.digits == "1" else "another key")

        @phone.respond(RedirectCallback, "/wait")
        def wait(call: RedirectCallback) -> list[Verb]:
            return [SpeakSentence("Wait."), Pause(duration=3), *GOODBYE]

        return serve(phone)

    assert heard(explore(create_app, keys="12")).count(("Wait.",)) == 2


def test_ids_times_and_tokens_do_not_tell_states_apart() -> None:
    """What differs from call to call in a document is left out, so that the search comes to an end."""

    def reply(call: GatherCallback) -> Gather:
        words = f"Call {call.call_id} from {call.var_from}, {call.event_time:%Y-%m-%d %H:%M:%S}."
        url = f"/phone/menu?token={secrets.token_hex(16)}a1"
        return Gather(
            SpeakSentence(words), gather_url=url, max_digits=1, username="bandwidth", password="s3cret"
        )

    report = explore(menu_with(reply), keys="12", calls=60)
    assert report.is_exhausted
    assert len(heard(report)) == 2


# -- Other people --------------------------------------------------------------------------------------------


def test_the_people_who_are_called() -> None:
    """The person who is called behaves as each scene says."""
    create_app = answering_with(
        lambda at: [
            SpeakSentence("One moment."),
            Transfer(PhoneNumber(AGENT), transfer_complete_url=at["done"]),
        ],
        done=lambda call: [SpeakSentence(f"It ended: {call.cause}. Goodbye."), Hangup()],
    )
    scenes: list[Mapping[str, str]] = [{}, {AGENT: "busy"}, {AGENT: "rejects"}, {AGENT: "none"}]
    report = explore(create_app, callees=scenes)
    assert report.states[0].persons == (AGENT,)
    causes = {
        words.split(": ")[1].split(".")[0] for state in heard(report) for words in state if ": " in words
    }
    assert causes == {"hangup", "busy", "rejected", "timeout"}
    assert state_with(report, "busy").scene.callees == {AGENT: "busy"}


def test_one_scene_of_callees() -> None:
    """A single mapping is a scene, in place of a list of one."""
    create_app = answering_with(
        lambda at: [Transfer(PhoneNumber(AGENT), transfer_complete_url=at["done"])], done=GOODBYE
    )
    report = explore(create_app, callees={AGENT: "busy"})
    assert heard(report) == [("Goodbye.",)]


def test_people_who_are_called_press_keys() -> None:
    """A person whom a Transfer calls presses keys, waits and hangs up, before and while they talk."""
    report = explore(people_with_menus, keys="12")
    options = {str(option) for option in report.states[0].arrows}
    assert {f"{AGENT}: 1", f"{AGENT}: hangs up", "silence", "hangs up"} <= options
    (talking,) = [state for state in report.states if state.persons]
    assert [str(step) for step in talking.steps] == [f"{AGENT}: press 1"]


def test_conferences_endpoints_and_bridges() -> None:
    """A conference counts as a person to talk to, and so do an endpoint and another call."""
    report = explore(answering_with(lambda at: [Conference("room")]))
    assert report.states[0].persons == ("a conference",)
    assert report.findings == []

    report = explore(answering_with(lambda at: [Connect(Endpoint("ep-1")), *GOODBYE]))
    assert len(report.states[0].persons) == 1

    report = explore(
        answering_with(lambda at: [Bridge("c-nobody", bridge_complete_url=at["gone"])], gone=GOODBYE)
    )
    assert report.is_exhausted
