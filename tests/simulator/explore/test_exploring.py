"""The front door of exploration: its arguments, its bounds, and the applications that it explores."""

from __future__ import annotations

import asyncio
import gc
import logging
import random
import re
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import urllib3
from flask import Flask

from flask_bandwidth_callbacks import (
    AnswerCallback,
    CallbackBlueprint,
    DisconnectCallback,
    GatherCallback,
    InitiateCallback,
    RedirectCallback,
)
from flask_bandwidth_callbacks.bxml import (
    Gather,
    Hangup,
    PhoneNumber,
    Redirect,
    SpeakSentence,
    Transfer,
    Verb,
)
from flask_bandwidth_callbacks.simulator import SimulatedBandwidth, SimulationError, bandwidth
from flask_bandwidth_callbacks.simulator.engine import endless
from flask_bandwidth_callbacks.simulator.explore import Report, explore
from flask_bandwidth_callbacks.simulator.wire import listeners
from tests.simulator.explore.lines.serving import AGENT, line, serve

GOODBYE = [SpeakSentence("Goodbye."), Hangup()]
REST = "https://voice.bandwidth.com/api/v2/accounts/9900000/calls"


def ask(url: Any, words: str = "Hello.") -> Gather:
    return Gather(SpeakSentence(words), gather_url=url, max_digits=1)


def small_line(reply: Callable[[GatherCallback], Any] = lambda call: GOODBYE, **config: Any) -> Flask:
    """Return a line with one menu, whose keys give a reply."""
    phone = line(__name__)

    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> Gather:
        return ask(menu)

    @phone.respond(GatherCallback, "/menu")
    def menu(call: GatherCallback) -> Any:
        return reply(call)

    return serve(phone, **config)


def kinds(report: Report) -> list[str]:
    return [finding.kind for finding in report.findings]


# -- Arguments that cannot be used ---------------------------------------------------------------------------

WRONG: list[tuple[dict[str, Any], str]] = [
    ({"keys": ""}, "keys must be a string of 0-9"),
    ({"keys": "12x"}, "keys must be a string of 0-9"),
    ({"keys": 12}, "keys must be a string of 0-9"),
    ({"callees": {"sales": "busy"}}, "The callee's number must be + and digits"),
    (
        {"callees": [{AGENT: "asleep"}]},
        f"The behavior of {AGENT} must be one of answers, busy, rejects, none",
    ),
    ({"callees": [3]}, "callees must be mappings such as {'+13035550141': 'busy'}, got 3"),
    ({"callees": None}, "callees must be one value or several, got None"),
    ({"words": 5}, "words must be one value or several, got 5"),
    ({"allow": 5}, "allow must be one value or several, got 5"),
    ({"announcements": 5}, "announcements must be"),
    ({"url": 5}, "url must be"),
    ({"fallback_url": 5}, "URL"),
    ({"at": "tomorrow"}, "at must be times such as '2026-01-05T03:00', got 'tomorrow'"),
    ({"at": [3]}, "at must be times such as"),
    ({"words": [""]}, "words must be texts that can be said, got ''"),
    ({"words": [7]}, "words must be texts that can be said, got 7"),
    ({"numbers": ["12a"]}, "keys must be a string of 0-9"),
    ({"longest_way": 0}, "longest_way must be a whole number of at least 1, got 0"),
    ({"depth": 0}, "depth must be a whole number of at least 1, got 0"),
    ({"depth": 2.5}, "depth must be a whole number of at least 1, got 2.5"),
    ({"calls": True}, "calls must be a whole number of at least 1, got True"),
    ({"seconds": 0}, "seconds must be more than 0, got 0"),
    ({"seconds": float("nan")}, "seconds must be more than 0, got nan"),
    ({"seconds": "10"}, "seconds must be more than 0, got '10'"),
    ({"allow": ["hidden"]}, "allow must be kinds of findings: exception, lost-call"),
    ({"allow": "hidden"}, "allow must be kinds of findings"),
    ({"announcements": "("}, "announcements must be"),
    ({"announcements": "drücken"}, "announcements must"),
    ({"url": "ftp://localhost/"}, "URL"),
    ({"fallback_url": "ftp://localhost/"}, "URL"),
]


@pytest.mark.parametrize(("arguments", "message"), WRONG, ids=[str(arguments) for arguments, _ in WRONG])
def test_arguments_that_cannot_be_used(arguments: dict[str, Any], message: str) -> None:
    """Each wrong argument is an error that says what it must be, in one line."""
    with pytest.raises(SimulationError) as raised:
        explore(small_line(), **arguments)
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("application", [None, "app", 7, lambda: None, lambda: "app"])
def test_what_is_not_an_application(application: Any) -> None:
    """Anything but an application or a function that returns one is an error."""
    with pytest.raises(SimulationError, match="The application must be a Flask application"):
        explore(application)


def test_an_application_without_a_blueprint() -> None:
    """An application that receives no calls is an error with the remedy."""
    with pytest.raises(SimulationError, match=r"'empty' has no CallbackBlueprint\. Register one"):
        explore(Flask("empty"))


def test_a_time_of_day_without_time_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the package that sets the clock, a time of day is an error that names the extra."""
    monkeypatch.setitem(sys.modules, "time_machine", None)
    with pytest.raises(SimulationError, match=r"flask-bandwidth-callbacks\[explore\]"):
        explore(small_line(), at="2026-01-05T10:00")
    assert explore(small_line(), keys="1").is_exhausted


# -- Applications that are made, and that are used again -----------------------------------------------------


def counting_line() -> Flask:
    """Make a line that remembers how many calls it had, outside of the state of a call."""
    calls: list[str] = []

    def reply(call: GatherCallback) -> list[Verb]:
        calls.append(call.call_id)
        return [SpeakSentence(f"You are caller {len(calls)}."), *GOODBYE]

    return small_line(reply)


def test_a_function_gives_each_call_a_fresh_application() -> None:
    """What a made application remembers does not lead from one call to the next."""
    report = explore(counting_line, keys="12")
    assert (report.is_exhausted, report.left) == (True, ())
    assert {words for state in report.states for words in state.heard if "caller" in words} == {
        "You are caller 1."
    }


def test_an_application_is_used_again() -> None:
    """An application that remembers other calls is explored as far as possible, and the report says so."""
    calls = iter(range(1000))
    phone = line(__name__)

    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> Gather:
        return ask(phone.url_for(menu), f"You are caller {next(calls)}.")

    @phone.respond(GatherCallback, "/menu")
    def menu(call: GatherCallback) -> list[Verb]:
        return GOODBYE

    report = explore(serve(phone), keys="1")
    assert not report.is_exhausted
    (sentence,) = report.left
    assert re.fullmatch(r"\d+ ways led elsewhere when walked again: .* Give a function that .*", sentence)


def test_an_application_that_never_ends_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """An application whose later calls never end is explored all the same, wherever that begins."""
    monkeypatch.setattr(endless, "MOST_DOCUMENTS_AT_ONCE", 20)

    def create_line(most: float) -> Flask:
        begun: list[str] = []
        phone = line(__name__)

        @phone.respond(InitiateCallback)
        def greet(call: InitiateCallback) -> Gather:
            begun.append(call.call_id)
            return ask(menu)

        @phone.respond(GatherCallback, "/menu")
        def menu(call: GatherCallback) -> Any:
            if len(begun) > most:
                return Redirect(redirect_url=loop)
            return ask(second, "Second.") if call.digits else ask(menu)

        @phone.respond(GatherCallback, "/second")
        def second(call: GatherCallback) -> Any:
            return ask(third, "Third.") if call.digits == "1" else GOODBYE

        @phone.respond(GatherCallback, "/third")
        def third(call: GatherCallback) -> list[Verb]:
            return GOODBYE

        @phone.respond(RedirectCallback, "/loop")
        def loop(call: RedirectCallback) -> Redirect:
            return Redirect(redirect_url=loop)

        return serve(phone)

    whole = explore(create_line(float("inf")), keys="1")
    assert whole.is_exhausted
    for most in (1, 2, 5, 7, 12, whole.calls - 1):
        report = explore(create_line(most), keys="1")
        assert "silent-loop" in kinds(report) or not report.is_exhausted


# -- Bounds --------------------------------------------------------------------------------------------------


def endless_line() -> Flask:
    """Make a line whose every key leads to a state that was not there before."""
    phone = line(__name__)

    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> Gather:
        return ask(phone.url_for(menu, number=1))

    @phone.respond(GatherCallback, "/<int:number>")
    def menu(call: GatherCallback, number: int) -> Any:
        if not call.digits:
            return GOODBYE
        return ask(phone.url_for(menu, number=10 * number + int(call.digits)), f"Menu {number}.")

    return serve(phone)


SCENES: list[Mapping[str, str]] = [{}, {AGENT: "busy"}]


def test_the_number_of_calls_is_bounded() -> None:
    """The search ends with as many calls as are allowed, over all scenes, and says what it left."""
    watched: list[tuple[int, int]] = []
    report = explore(
        endless_line,
        keys="12",
        calls=20,
        callees=SCENES,
        allow=["silent-loop"],
        watch=lambda calls, states: watched.append((calls, states)),
    )
    searched = [calls for calls, _ in watched if calls <= 20]
    assert len(searched) == 20
    assert not report.is_exhausted
    (sentence,) = report.left
    assert sentence.startswith("The search ended when 20 calls were made, before ")
    assert sentence.endswith(" states and 1 scene were explored to the end.")


def test_the_time_is_bounded() -> None:
    """The search ends when its time has passed, and what was found by then is returned."""
    report = explore(endless_line, keys="12", seconds=0.2)
    assert report.states
    (sentence,) = report.left
    assert sentence.startswith("The search ended when 0.2 seconds had passed, before ")


def test_the_depth_is_bounded() -> None:
    """No way takes more moves than are allowed, and the report says that more were left."""
    report = explore(endless_line, keys="12", depth=2)
    assert max(len(state.steps) for state in report.states) == 2
    assert (
        report.left == ("The search went 2 moves deep, and not on from 4 states.",)
        or "The search went 2 moves deep" in report.left[0]
    )


# -- Scenes --------------------------------------------------------------------------------------------------

TIMES = [
    "2026-01-05T10:00",
    "2026-01-05T03:00+00:00",
    datetime(2026, 1, 5, 20, tzinfo=timezone(timedelta(hours=1))),
]


@pytest.mark.parametrize(
    ("at", "hours"), [(TIMES, {10, 3, 19}), ("2026-01-05T10:00", {10}), (TIMES[2], {19})]
)
def test_the_time_of_day(at: Any, hours: set[int]) -> None:
    """The application's clock shows the time at which a call began, and goes on with the call."""
    pytest.importorskip("time_machine")
    seen: set[datetime] = set()

    def reply(call: GatherCallback) -> list[Verb]:
        seen.add(datetime.now(UTC))
        return GOODBYE

    before = datetime.now(UTC)
    assert explore(small_line(reply), keys="1", at=at).is_exhausted
    assert {time.hour for time in seen} == hours
    assert len({time.second for time in seen}) > 1
    assert abs(datetime.now(UTC) - before) < timedelta(minutes=10)


def test_without_a_time_of_day_the_clock_is_left_alone() -> None:
    """Handlers see the real time unless calls have a time of day."""
    seen: list[datetime] = []

    def reply(call: GatherCallback) -> list[Verb]:
        seen.append(datetime.now(UTC))
        return GOODBYE

    explore(small_line(reply), keys="1")
    assert all(abs(datetime.now(UTC) - time) < timedelta(minutes=10) for time in seen)


def fallback_line() -> Flask:
    """Make a line with fallback URLs, for its first callback and for its menu."""
    phone = line(__name__)

    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> Gather:
        prompt = SpeakSentence("Hello.")
        return Gather(prompt, gather_url=menu, gather_fallback_url=apologize, max_digits=1)

    @phone.respond(GatherCallback, "/menu")
    def menu(call: GatherCallback) -> list[Verb]:
        return GOODBYE

    @phone.respond(GatherCallback, "/fallback")
    def apologize(call: GatherCallback) -> list[Verb]:
        return [SpeakSentence("Sorry about that."), *GOODBYE]

    @phone.respond(InitiateCallback, "/begin-fallback")
    def apologize_first(call: InitiateCallback) -> list[Verb]:
        return [SpeakSentence("We are sorry."), Redirect(redirect_url=again)]

    @phone.respond(RedirectCallback, "/again")
    def again(call: RedirectCallback) -> Gather:
        return Gather(SpeakSentence("Hello again."), gather_url=menu, gather_fallback_url=apologize)

    return serve(phone)


def test_fallback_urls() -> None:
    """One callback fails wherever a verb has a fallback URL; the first one does if its own is given."""
    report = explore(fallback_line, keys="1", allow="unreached")
    assert report.findings == []
    (state,) = [state for state in report.states if "Sorry about that." in state.heard]
    assert [str(step) for step in state.steps] == ["the next callback fails", "press 1"]
    assert len(report.unreached) == 2

    report = explore(fallback_line, keys="1", fallback_url="/phone/begin-fallback")
    assert (report.findings, report.unreached, report.is_exhausted) == ([], (), True)
    (state,) = [state for state in report.states if "We are sorry." in state.heard]
    assert (state.scene.first_fails, state.steps) == (True, ())
    assert "initiate fails" in report.to_mermaid()
    assert "We are sorry." not in report.to_tests()  # the fixture has no fallback URL


def test_a_fallback_url_where_nothing_listens() -> None:
    """The callback after a silence fails, where no key can be pressed."""
    phone = line(__name__)

    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> Transfer:
        return Transfer(PhoneNumber(AGENT), transfer_complete_url=over, transfer_complete_fallback_url=sorry)

    @phone.respond("transferComplete", "/over")
    def over(call: Any) -> list[Verb]:
        return GOODBYE

    @phone.respond("transferComplete", "/sorry")
    def sorry(call: Any) -> list[Verb]:
        return [SpeakSentence("Sorry."), *GOODBYE]

    report = explore(serve(phone), callees={AGENT: "none"})
    assert [state.heard for state in report.states if state.heard] == [("Goodbye.",), ("Sorry.", "Goodbye.")]


def test_outbound_calls() -> None:
    """An application that only calls is explored from its responders to answer: by a person, by a machine."""
    phone = line(__name__)

    @phone.respond(AnswerCallback, "/answered")
    def greet(call: AnswerCallback) -> list[Verb]:
        detected = call.machine_detection_result
        if detected is not None and detected.value == "answering-machine":
            return [SpeakSentence("Please call us back."), Hangup()]
        return [ask(menu)]

    @phone.respond(AnswerCallback, "/<name>/answered")
    def never(call: AnswerCallback, name: str) -> list[Verb]:
        raise AssertionError(name)

    @phone.respond(GatherCallback, "/menu")
    def menu(call: GatherCallback) -> list[Verb]:
        return GOODBYE

    report = explore(serve(phone), keys="1")
    assert kinds(report) == ["unreached"]
    roots = {state.scene.detected_as: state.heard for state in report.states if state.parent is None}
    assert roots == {"human": ("Hello.",), "answering-machine": ("Please call us back.",)}
    assert report.states[0].scene.answer_url == "/phone/answered"
    assert "outbound call" in report.to_mermaid()


def test_responders_that_match_numbers() -> None:
    """A responder to the calls to or from a number is reached by such a call."""
    phone = line(__name__)

    def say(words: str, **match: Any) -> None:
        @phone.respond(InitiateCallback, **match)
        def greet(call: InitiateCallback) -> list[Verb]:
            return [SpeakSentence(words), *GOODBYE]

        greet.__qualname__ = words

    say("Usual.")
    say("Sales.", to="+13035550155")
    say("Ann.", var_from={"+13035550166", "+13035550177"})
    say("Both.", to="+13035550155", var_from="+13035550188")
    say("Withheld.", var_from=re.compile("Anonymous"))
    say("Extension.", to="42")
    report = explore(serve(phone), keys="1")
    assert [state.heard[0] for state in report.states if state.heard] == ["Usual.", "Sales.", "Ann.", "Both."]
    assert [finding.message.split(". (")[0] for finding in report.findings] == [
        "No call reached Withheld",
        "No call reached Extension",
    ]


def test_several_blueprints() -> None:
    """Inbound calls go to each blueprint that takes them, or to the URL that is given."""
    phones = [
        CallbackBlueprint(name, __name__, credentials=[(name, "s3cret")])
        for name in ("sales", "support", "rest")
    ]

    def add(phone: CallbackBlueprint) -> None:
        @phone.respond(InitiateCallback)
        def greet(call: InitiateCallback) -> Gather:
            return ask(menu, f"This is {phone.name}.")

        @phone.respond(GatherCallback, "/menu")
        def menu(call: GatherCallback) -> list[Verb]:
            return GOODBYE

        greet.__qualname__, menu.__qualname__ = f"greet_{phone.name}", f"menu_{phone.name}"

    add(phones[0])
    add(phones[1])

    @phones[2].respond(AnswerCallback, "/answered")
    def answer(call: AnswerCallback) -> list[Verb]:
        return [SpeakSentence("We call you."), *GOODBYE]

    app = serve(*phones)
    report = explore(app, keys="1")
    assert (report.findings, report.unreached) == ([], ())
    roots = {state.heard[0]: state.scene.url for state in report.states if state.parent is None}
    assert roots == {
        "This is sales.": "https://localhost/phone/",
        "This is support.": "https://localhost/support/",
        "We call you.": "https://localhost/rest/",
    }
    report = explore(app, keys="1", url="/support/", allow="unreached")
    assert "This is sales." not in str(report.to_json())


def test_an_application_that_only_subscribes() -> None:
    """No calls are made to an application that has no responders."""
    phone = line(__name__)
    phone.on(DisconnectCallback)(lambda call: None)
    report = explore(serve(phone))
    assert (report.calls, report.states, report.findings) == (0, [], [])
    assert report.to_mermaid()


# -- What is allowed -----------------------------------------------------------------------------------------


def line_with(greet: Callable[[CallbackBlueprint], Any]) -> Flask:
    """Return a line whose prompt promises key 1 something that it does not do, and does not announce key 3.

    :param greet: adds the responder with the prompt.
    """
    phone = line(__name__)

    @phone.respond(GatherCallback, "/menu", digits="3")
    def three(call: GatherCallback) -> list[Verb]:
        return [SpeakSentence("Three."), *GOODBYE]

    @phone.respond(GatherCallback, "/menu")
    def menu(call: GatherCallback) -> list[Verb]:
        return GOODBYE

    greet(phone)
    return serve(phone)


def prompt(phone: CallbackBlueprint) -> Gather:
    return Gather(SpeakSentence("For sales, press 1."), gather_url="/phone/menu", max_digits=1, **LOGIN)


LOGIN: Any = {"username": "bandwidth", "password": "s3cret"}


def without_comment(phone: CallbackBlueprint) -> None:
    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> Gather:
        return prompt(phone)


def above_the_decorator(phone: CallbackBlueprint) -> None:
    # The menu is about to change.
    # explore: allow false-promise
    # Until then, key 1 does nothing.
    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> Gather:
        return prompt(phone)


def beside_the_name(phone: CallbackBlueprint) -> None:
    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> Gather:  # explore: allow hidden-key
        return prompt(phone)


def in_the_body(phone: CallbackBlueprint) -> None:
    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> Gather:
        # explore: allow false-promise, hidden-key
        return prompt(phone)


def of_another_kind(phone: CallbackBlueprint) -> None:
    # explore: allow long-way unreached

    # explore: allow hidden-key
    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> Gather:
        return prompt(phone)  # explore: allowed false-promise


def without_source(phone: CallbackBlueprint) -> None:
    greet: Any = eval("lambda call: prompt(phone)", {"prompt": prompt, "phone": phone})
    phone.respond(InitiateCallback)(greet)


@pytest.mark.parametrize(
    ("greet", "found"),
    [
        (without_comment, ["false-promise", "hidden-key"]),
        (above_the_decorator, ["hidden-key"]),
        (beside_the_name, ["false-promise"]),
        (in_the_body, []),
        (of_another_kind, ["false-promise"]),
        (without_source, ["false-promise", "hidden-key"]),
    ],
)
def test_comments_beside_a_handler(greet: Callable[[CallbackBlueprint], Any], found: list[str]) -> None:
    """A comment in a handler, or right above it, leaves out the kinds that it names there."""
    assert kinds(explore(lambda: line_with(greet), keys="13")) == found


@pytest.mark.parametrize(
    ("allow", "found"),
    [
        ("hidden-key", ["false-promise"]),
        (["hidden-key", "false-promise"], []),
        ({"unreached"}, ["false-promise", "hidden-key"]),
    ],
)
def test_kinds_that_are_allowed(allow: Any, found: list[str]) -> None:
    """A kind, or several, are left out everywhere."""
    report = explore(lambda: line_with(without_comment), keys="13", allow=allow)
    assert kinds(report) == found
    assert [finding.kind for finding in report.faults] == [kind for kind in found if kind != "hidden-key"]


@pytest.mark.parametrize("flags", [0, re.IGNORECASE])
def test_prompts_in_another_language(flags: int) -> None:
    """A pattern reads the promises of prompts in other languages; as text, it does so in either case."""

    def create_app() -> Flask:
        phone = line(__name__)

        @phone.respond(InitiateCallback)
        def greet(call: InitiateCallback) -> Gather:
            return ask(menu, "Für den Verkauf drücken Sie die 4.")

        @phone.respond(GatherCallback, "/menu")
        def menu(call: GatherCallback) -> list[Verb]:
            return GOODBYE

        return serve(phone)

    pattern = r"drücken Sie die (?P<key>\d)"
    for given in (pattern, re.compile(pattern, flags)):
        (finding,) = explore(create_app, keys="1", announcements=given).findings
        assert (finding.kind, finding.steps) == ("false-promise", ("press 4",))
    assert explore(create_app, keys="1").findings == []


# -- Applications of all kinds -------------------------------------------------------------------------------


def test_async_handlers() -> None:
    """Handlers may be coroutines."""
    phone = line(__name__)

    @phone.respond(InitiateCallback)
    async def greet(call: InitiateCallback) -> Gather:
        await asyncio.sleep(0)
        return ask(menu)

    @phone.respond(GatherCallback, "/menu")
    async def menu(call: GatherCallback) -> list[Verb]:
        return GOODBYE

    report = explore(serve(phone), keys="1")
    assert (report.is_exhausted, report.findings, len(report.reached)) == (True, [], 2)


@pytest.mark.parametrize(
    "config", [{"DEBUG": True}, {"TESTING": True}, {"TESTING": False}, {"PROPAGATE_EXCEPTIONS": True}]
)
def test_applications_in_debug_and_testing(config: dict[str, Any]) -> None:
    """What a handler raises is a finding with its place, and never an error of exploration."""

    def reply(call: GatherCallback) -> list[Verb]:
        if call.digits == "1":
            raise LookupError("no such key")
        return GOODBYE

    (finding,) = explore(small_line(reply, **config), keys="12", allow="hidden-key").findings
    assert (finding.kind, finding.steps) == ("exception", ("press 1",))
    assert "no such key" in finding.message


def test_handlers_that_call_the_rest_interface() -> None:
    """Requests of handlers to Bandwidth are answered by the simulation of their own call."""
    phone = line(__name__)

    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> Gather:
        return ask(menu)

    @phone.respond(GatherCallback, "/menu")
    def menu(call: GatherCallback) -> Gather:
        url = f"https://localhost{phone.url_for(moved)}"
        reply = urllib3.request(
            "POST",
            f"{REST}/{call.call_id}",
            json={"redirectUrl": url, "username": "bandwidth", "password": "s3cret"},
            headers=urllib3.make_headers(basic_auth="any:one"),
        )
        assert reply.status == 200, reply.data
        return ask(menu)

    @phone.respond(RedirectCallback, "/moved")
    def moved(call: RedirectCallback) -> list[Verb]:
        return [SpeakSentence("You were moved."), *GOODBYE]

    report = explore(serve(phone), keys="1")
    assert report.findings == []
    assert any("You were moved." in state.heard for state in report.states)


@pytest.fixture
def elsewhere() -> Any:
    """The URL of another server on this machine, which says goodbye."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Type", "application/xml")
            self.end_headers()
            self.wfile.write(
                b"<Response><SpeakSentence>Elsewhere. Goodbye.</SpeakSentence><Hangup/></Response>"
            )

        def log_message(self, *arguments: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def test_applications_that_lead_to_other_hosts(elsewhere: str, outside_attempts: list[str]) -> None:
    """Another server on this machine is followed; one elsewhere is a lost call, and is sent nothing."""
    phone = line(__name__)

    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> Gather:
        return ask(menu)

    @phone.respond(GatherCallback, "/menu", digits="1")
    def far_away(call: GatherCallback) -> Redirect:
        return Redirect(redirect_url="https://example.com/calls")

    @phone.respond(GatherCallback, "/menu")
    def menu(call: GatherCallback) -> Redirect:
        return Redirect(redirect_url=elsewhere)

    report = explore(serve(phone), keys="12", allow="hidden-key")
    assert any("Elsewhere. Goodbye." in state.heard for state in report.states)
    assert kinds(report) == ["lost-call"]
    assert "example.com is not part of this simulation" in report.findings[0].message
    assert list(outside_attempts) == []


def test_work_in_the_background() -> None:
    """Subscribers that run after the reply are waited for, and what they raise is found."""
    pytest.importorskip("flask_bandwidth_callbacks.background")
    phone = line(__name__)

    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> list[Verb]:
        return GOODBYE

    @phone.on(DisconnectCallback, background=True)
    def bill(call: DisconnectCallback) -> None:
        raise LookupError("no customer")

    report = explore(serve(phone))
    assert kinds(report) == ["exception"]
    assert "no customer" in report.findings[0].message


def test_calls_that_never_end() -> None:
    """Documents that follow each other forever are found as a loop, and the search goes on."""
    phone = line(__name__)

    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> Gather:
        return ask(menu)

    @phone.respond(GatherCallback, "/menu", digits="1")
    def loop(call: GatherCallback) -> Redirect:
        return Redirect(redirect_url=again)

    @phone.respond(GatherCallback, "/menu")
    def menu(call: GatherCallback) -> list[Verb]:
        return GOODBYE

    @phone.respond(RedirectCallback, "/again")
    def again(call: RedirectCallback) -> Redirect:
        return Redirect(redirect_url=again)

    report = explore(serve(phone), keys="12", allow="hidden-key")
    (finding,) = report.findings
    assert (finding.kind, finding.steps) == ("silent-loop", ("press 1",))
    assert finding.message.startswith("Documents follow each other forever")
    assert any("Goodbye." in state.heard for state in report.states)


@pytest.mark.parametrize("is_there", [True, False])
def test_no_call_log_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_there: bool) -> None:
    """Explored calls are no real ones: they are not in the call log, whose folder may have been deleted."""
    path = tmp_path / "calls.jsonl"
    app = small_line(BANDWIDTH_CALLBACKS_RECORD=str(path))
    if not is_there:
        app = small_line()
        monkeypatch.setitem(sys.modules, "flask_bandwidth_callbacks.call_log", None)
    assert explore(app).is_exhausted
    assert not path.exists()
    if is_there:
        SimulatedBandwidth(app).call().hang_up()
        assert path.exists()


def test_without_a_store(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the folder of the stores has been deleted, there is no state to tell calls apart by."""
    monkeypatch.setitem(sys.modules, "flask_bandwidth_callbacks.store", None)
    assert explore(small_line, keys="1").findings == []


def make_call(answer_path: str, **more: str) -> None:
    """Make a call as the application does, over Bandwidth's REST interface."""
    order = {"to": "+13035550123", "from": "+13035550100", "applicationId": "app", **LOGIN, **more}
    urllib3.request(
        "POST",
        REST,
        json={**order, "answerUrl": f"https://localhost{answer_path}"},
        headers=urllib3.make_headers(basic_auth="any:one"),
    )


def test_a_handler_that_makes_calls_forever() -> None:
    """An application whose every call makes another one is stopped, and the report says so."""
    phone = line(__name__)

    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> list[Verb]:
        make_call(phone.url_for(answer))
        return GOODBYE

    @phone.respond(AnswerCallback, "/answer")
    def answer(call: AnswerCallback) -> list[Verb]:
        make_call(phone.url_for(answer))
        return GOODBYE

    (finding,) = explore(serve(phone), keys="1").findings
    assert (finding.kind, finding.message) == (
        "silent-loop",
        "Calls lead to other calls forever, without a chance to press a key or hang up.",
    )


def test_a_subscriber_that_makes_calls_forever(monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls that lead to each other after their ends are stopped, whatever the caller did."""
    monkeypatch.setattr(endless, "MOST_REQUESTS_AT_ONCE", 10)
    phone = line(__name__)

    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> Gather:
        return ask(menu)

    @phone.respond(GatherCallback, "/menu")
    def menu(call: GatherCallback) -> Any:
        return GOODBYE if call.digits else ask(menu)

    @phone.respond(AnswerCallback, "/answer")
    def answer(call: AnswerCallback) -> list[Verb]:
        return GOODBYE

    @phone.on(DisconnectCallback)
    def call_again(call: DisconnectCallback) -> None:
        make_call(phone.url_for(answer), disconnectUrl="https://localhost/phone/")

    assert "silent-loop" in kinds(explore(serve(phone), keys="1"))


def lucky_line() -> Flask:
    """Return a line that announces a key at random."""
    phone = CallbackBlueprint("phone", __name__, credentials=[("bandwidth", "s3cret")])

    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> Any:
        words = [f"Press {random.choice('123456789')} to win." for _ in range(3)]
        return Gather(*map(SpeakSentence, words), gather_url=win, max_digits=1)

    @phone.respond(GatherCallback, "/win")
    def win(call: GatherCallback) -> Any:
        return GOODBYE

    return serve(phone)


def test_explorations_in_several_threads() -> None:
    """Explorations in several threads give the same reports as one after the other."""
    alone = explore(lucky_line, keys="12").to_json()
    with ThreadPoolExecutor(3) as pool:
        assert set(pool.map(lambda _: explore(lucky_line, keys="12").to_json(), range(3))) == {alone}


# -- What is left behind -------------------------------------------------------------------------------------


def listening() -> list[Any]:
    """Return the methods that listen to signals."""
    gc.collect()  # of simulations that are no longer used
    methods = [weak() for each in listeners._listeners.values() for weak, _ in each._methods]
    return [method for method in methods if method is not None]


def test_nothing_is_left_behind() -> None:
    """After an exploration, nothing more listens to signals than before, and no simulation is kept."""
    app = small_line()
    app.test_client().get("/")  # what listens for the first request has heard it
    before, kept = listening(), list(bandwidth.latest)
    report = explore(app, keys="12")
    assert report.calls > 3
    assert list(bandwidth.latest) == kept
    assert listening() == before


def fail(call: Any) -> Any:
    raise LookupError("nowhere")


@pytest.fixture
def no_log() -> Iterator[None]:
    """No log, of which pytest would keep the exceptions, and with them the applications."""
    logging.disable()
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.no_cover
@pytest.mark.parametrize("reply", [lambda call: GOODBYE, fail], ids=["calls", "calls that fail"])
@pytest.mark.usefixtures("no_log")
def test_memory_does_not_grow_with_calls(reply: Callable[[GatherCallback], Any]) -> None:
    """Five times as many calls leave behind no more objects: neither calls nor applications are kept."""

    def explore_for(calls: int) -> tuple[Report, int]:
        scenes: list[Mapping[str, str]] = [{f"+1303555{number:04}": "busy"} for number in range(calls // 5)]
        report = explore(lambda: small_line(reply), keys="1", callees=scenes)
        assert report.calls == calls
        gc.collect()
        return report, sys.getallocatedblocks()

    explore_for(30)
    (_, few), (_, many) = explore_for(20), explore_for(100)
    assert many - few < 24 * (100 - 20)  # a call that is kept has thousands
