"""Recorded callbacks are sent to today's code as they came, and what changed is all that is shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, request
from hypothesis import given, settings
from hypothesis import strategies as st

from flask_bandwidth_callbacks import (
    BandwidthCallbacksWarning,
    CallbackBlueprint,
    GatherCallback,
    InitiateCallback,
)
from flask_bandwidth_callbacks.bxml import Gather, Hangup, SpeakSentence
from flask_bandwidth_callbacks.call_log import read_lines
from flask_bandwidth_callbacks.simulator import SimulatedBandwidth, SimulationError
from flask_bandwidth_callbacks.simulator.replay import Replayed, replay
from flask_bandwidth_callbacks.simulator.replay.comparing import changes_of, with_numbers
from flask_bandwidth_callbacks.simulator.replay.logged_calls import calls_of, chosen
from flask_bandwidth_callbacks.stores import stores_of
from tests.conftest import CREDENTIALS
from tests.simulator.replay.lines import SALES, Recorder, line_with

LOCAL = ("https://localhost", "https://localhost")


def press(*keys: str, **options: Any) -> Callable[[SimulatedBandwidth], None]:
    """Return what makes a call, presses keys and hangs up."""

    def act(bandwidth: SimulatedBandwidth) -> None:
        call = bandwidth.call(**options)
        for each in keys:
            call.press(each)
        if call.state != "disconnected":
            call.hang_up()

    return act


def changes(replayed: list[Replayed]) -> list[list[str]]:
    """Return the differences of the replies that differ, line by line."""
    return [[f"{each.sign} {each.text}" for each in one.changes] for one in replayed if one.changes]


# -- Sending -------------------------------------------------------------------------------------------------


def test_the_same_code_replies_the_same(record: Recorder) -> None:
    """Calls of every kind are replayed without a difference on the code that they were recorded on."""
    lines = record(*(press(*keys) for keys in ("", "1", ["2", "1234"], "3#", "4", "5", "6", "7", "8", "9")))
    assert len({line.call_id for line in lines}) > 10
    assert changes(list(replay(line_with(), lines))) == []


def test_unmasked_calls(record: Recorder) -> None:
    """A log without masks is compared without masks, so another number is a difference."""
    lines = record(press("1"), BANDWIDTH_CALLBACKS_RECORD_MASKED=False)
    assert changes(list(replay(line_with(), lines))) == []
    assert not any(line.is_masked for line in lines)
    other = [replace(line, reply=(line.reply or "").replace(SALES, "+13035550199")) for line in lines]
    assert changes(list(replay(line_with(), other))) == [
        ["- <PhoneNumber>+13035550199</PhoneNumber>", f"+ <PhoneNumber>{SALES}</PhoneNumber>"]
    ]


def test_a_changed_sentence_is_the_one_difference(record: Recorder) -> None:
    """A sentence that has changed is shown, and nothing else."""
    lines = record(press("6"), press("2", "1234"))
    replayed = list(replay(line_with({"Once more.": "Again."}), lines))
    assert len(replayed) == len(lines)
    assert changes(replayed) == [
        ["- <SpeakSentence>Once more.</SpeakSentence>", "+ <SpeakSentence>Again.</SpeakSentence>"]
    ]


def test_handlers_see_fresh_ids_and_old_times(record: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Handlers get ids that no real call has, and the clock shows when the callback came."""
    lines = record(press("2", "1234"))
    old = [replace(line, time=line.time.replace(year=2001)) for line in lines]
    app = line_with()
    seen: list[tuple[str, int]] = []
    app.before_request(lambda: seen.append((request.get_json()["callId"], datetime.now(UTC).year)))
    for _ in replay(app, old):
        pass
    ids = {call_id for call_id, _ in seen}
    assert len(ids) == 1
    assert ids.isdisjoint({line.call_id for line in lines})
    assert {year for _, year in seen} == {2001}
    seen.clear()
    monkeypatch.setattr("flask_bandwidth_callbacks.simulator.replay.find_spec", lambda name: None)
    list(replay(app, old))
    assert 2001 not in {year for _, year in seen}


def test_ids_wherever_they_stand(record: Recorder) -> None:
    """Ids in URLs, objects and lists of a payload are replaced by the same fresh ones."""
    (line, *_) = record(press("6"))
    call_id = line.call_id
    payload = {**line.payload, "list": [call_id, 1, {"a": f"x={call_id}&y={call_id}x"}]}
    (replayed,) = replay(line_with(), [replace(line, path=f"/phone/?call={call_id}", payload=payload)])
    sent = replayed.exchange.payload
    fresh = sent["callId"]
    assert fresh != call_id
    assert sent["list"] == [fresh, 1, {"a": f"x={fresh}&y={call_id}x"}]
    assert sent["callUrl"].endswith(f"/calls/{fresh}")
    assert replayed.exchange.url.endswith(f"/phone/?call={fresh}")


def test_states_of_real_calls_stay(tmp_path: Path) -> None:
    """A replay neither reads nor changes the state of the recorded call, and leaves none of its own."""
    app = Flask("host")
    app.config["BANDWIDTH_CALLBACKS_RECORD"] = tmp_path / "calls.jsonl"
    phone = CallbackBlueprint("phone", __name__, credentials=[CREDENTIALS])

    @phone.respond(InitiateCallback)
    def count(call: InitiateCallback) -> Gather:
        with phone.state(call) as state:
            state["times"] = state.get("times", 0) + 1
            return Gather(SpeakSentence(f"Time {state['times']}."), gather_url=phone)

    phone.respond(GatherCallback)(lambda call: Hangup())
    app.register_blueprint(phone)
    call = SimulatedBandwidth(app).call()
    lines = list(read_lines(tmp_path / "calls.jsonl"))
    assert changes(list(replay(app, lines))) == []
    with app.app_context(), phone.state(call.call_id) as state:
        assert state == {"times": 1}
    (store,) = stores_of(app).values()
    assert {record.name.partition("/")[0] for kind in store_kinds() for record in store.records(kind)} == {
        call.call_id
    }
    assert list(read_lines(tmp_path / "calls.jsonl")) == lines  # the replay is not recorded


def store_kinds() -> list[Any]:
    from flask_bandwidth_callbacks.store.ledgers import NOTIFIED, REPLY
    from flask_bandwidth_callbacks.store.state import STATE

    return [NOTIFIED, REPLY, STATE]


def test_an_exception_in_todays_code(record: Recorder) -> None:
    """A reply that failed is shown with its status and the exception; one that failed before, too."""
    lines = record(press("6"))
    app = line_with()

    @app.before_request
    def fail() -> None:
        if request.path == "/phone/again":
            raise LookupError("not there")

    failing = list(replay(app, lines))
    assert changes(failing) == [["- status 200", "+ status 500 (status 500 (LookupError: not there))"]]
    (index,) = (index for index, each in enumerate(failing) if each.changes)
    lines[index] = replace(lines[index], status=500, reply="")
    assert changes(list(replay(line_with(), lines))) == [["- status 500", "+ status 200"]]
    assert changes(list(replay(app, lines))) == []


def test_several_blueprints_with_credentials_of_their_own(tmp_path: Path) -> None:
    """Each callback is sent with the credentials of the blueprint at its path, by its method."""
    app = Flask("host")
    app.config["BANDWIDTH_CALLBACKS_RECORD"] = tmp_path / "calls.jsonl"
    for name, pair in (("one", ("a", "1")), ("other", ("b", "2"))):
        phone = CallbackBlueprint(name, __name__, credentials=[pair])
        phone.respond(InitiateCallback)(lambda call: SpeakSentence(f"{request.method}."))
        app.register_blueprint(phone, url_prefix=f"/{name}")
    SimulatedBandwidth(app, "/one/").call()
    SimulatedBandwidth(app, "/other/", credentials=("b", "2"), method="GET").call()
    lines = list(read_lines(tmp_path / "calls.jsonl"))
    assert {line.method for line in lines} == {"POST", "GET"}
    replayed = list(replay(app, lines))
    assert changes(replayed) == []
    assert all(each.exchange.challenged for each in replayed)


def test_a_path_that_is_gone(record: Recorder) -> None:
    """A URL that nothing serves today is a difference."""
    lines = [replace(line, path="/gone") for line in record(press("6"))[:1]]
    assert changes(list(replay(line_with(), lines))) == [["- status 200", "+ status 404 (status 404)"]]


def test_no_lines() -> None:
    """An empty log has no differences."""
    assert list(replay(line_with(), [])) == []


# -- Bad input -----------------------------------------------------------------------------------------------


def test_an_application_without_a_blueprint(record: Recorder) -> None:
    """An application without a blueprint is an error."""
    with pytest.raises(SimulationError, match="'empty' has no CallbackBlueprint"):
        replay(Flask("empty"), record(press("6")))


def test_events_that_todays_code_does_not_have(record: Recorder) -> None:
    """An event that no handler takes any more is an error before anything is sent; a notification is not."""
    lines = record(press("6"))
    app = Flask("small")
    phone = CallbackBlueprint("phone", __name__, credentials=[CREDENTIALS])
    seen: list[str] = []
    phone.respond(InitiateCallback)(lambda call: seen.append("initiate"))
    with pytest.warns(BandwidthCallbacksWarning):
        phone.on("fancyEvent")(lambda event: None)
    app.register_blueprint(phone, url_prefix="/phone")
    with pytest.raises(SimulationError) as raised:
        replay(app, lines)
    assert str(raised.value) == (
        f"The log has an event that application 'small' does not have: 'gather' of {lines[0].call_id}. Add a"
        " responder to it, or choose other calls."
    )
    assert seen == []
    unknown = replace(lines[-1], payload={**lines[-1].payload, "eventType": "fancyEvent"})
    assert changes(list(replay(app, [unknown, lines[-1]]))) == []
    with pytest.raises(SimulationError, match=r"'fancyEvent' of c-.* Add a handler of it"):
        replay(line_with(), [unknown])


@pytest.mark.parametrize("wrong", [{"method": "PUT"}, {"path": "phone"}, {"payload": {}}])
def test_lines_that_no_call_log_has(record: Recorder, wrong: dict[str, Any]) -> None:
    """A line that cannot be sent is an error."""
    with pytest.raises(SimulationError, match=r"^A line of a call log must be a POST or GET of an event"):
        replay(line_with(), [replace(record(press("6"))[0], **wrong)])


# -- Calls ---------------------------------------------------------------------------------------------------


def test_the_callbacks_of_a_call(record: Recorder) -> None:
    """The legs and conferences of a call belong to it, and can be chosen by any of their ids."""
    lines = record(press("1"), press("7"))
    calls = calls_of(lines)
    (transferred, conferred) = calls.values()
    assert len(transferred) + len(conferred) == len(lines)
    (leg,) = {line.call_id for line in transferred} - set(calls)
    assert any(line.conference_id for line in conferred)
    assert chosen(lines, str(leg)) == chosen(lines, str(transferred[0].call_id)) == transferred
    with pytest.raises(SimulationError) as raised:
        chosen(lines * 1, "c-1")
    assert str(raised.value) == (f"The call must be in the log, got 'c-1'. These are: {', '.join(calls)}.")


def test_more_calls_than_an_error_names(record: Recorder) -> None:
    """An error about a call names a few of those that are there; an empty log has none."""
    line = record(press("6"))[0]
    many = [replace(line, call_id=f"c-{number}") for number in range(8)]
    with pytest.raises(SimulationError, match=r"These are: c-0, c-1, c-2, c-3, c-4 and 3 more\.$"):
        chosen(many, "x")
    with pytest.raises(SimulationError, match=r"These are: none\.$"):
        chosen([replace(line, call_id=None, conference_id="conf-1")], "x")


def test_calls_that_are_their_own_parents(record: Recorder) -> None:
    """A log in which two calls have made each other is read all the same."""
    line = record(press("6"))[0]
    circle = [
        replace(line, call_id="c-1", payload={**line.payload, "parentCallId": "c-2"}),
        replace(line, call_id="c-2", payload={**line.payload, "parentCallId": "c-1"}),
    ]
    assert sum(map(len, calls_of(circle).values())) == 2


# -- Comparing -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("recorded", "today"),
    [
        ("<Response><Hangup/></Response>", '<?xml version="1.0"?>\n<Response>\n  <Hangup />\n</Response>\n'),
        ("<Response><Hangup/></Response>", "<Bxml><Hangup></Hangup></Bxml>"),
        ('<Response><Pause a="1" b="2"/></Response>', '<Response><Pause b="2" a="1"/></Response>'),
        ("<Response><Tag>a  b</Tag></Response>", "<Response><Tag>\n a b </Tag></Response>"),
        ("<Response/>", ""),
        ("not XML", " not  XML\n"),
        ("<!DOCTYPE a> <Response/>", "<!DOCTYPE a>\n<Response/>\n"),
        (
            "<Response><R redirectUrl='https://localhost/a?b'/></Response>",
            "<Response><R redirectUrl='/a?b'/></Response>",
        ),
    ],
)
def test_what_is_no_difference(recorded: str, today: str) -> None:
    """White space between elements, the order of attributes and the host of URLs do not matter."""
    assert changes_of(recorded, today, LOCAL) == changes_of(today, recorded, LOCAL) == ()


def test_another_root() -> None:
    """URLs of an application that was mounted elsewhere, under another host, are the same."""
    roots = ("https://calls.example.com/app", "https://localhost")
    recorded = "<Response><R u='https://calls.example.com/app/x'/><R u='/app/y'/><R u='/apple'/></Response>"
    today = "<Response><R u='https://localhost/x'/><R u='/y'/><R u='/apple'/></Response>"
    assert changes_of(recorded, today, roots) == ()


@pytest.mark.parametrize(
    ("recorded", "today", "shown"),
    [
        ('<Gather a="1" b="2"/>', '<Gather a="1" b="3"/>', ['- <Gather b="2">', '+ <Gather b="3">']),
        ("<Hangup/>", "", ["- <Hangup>"]),
        ("", "<Hangup/><Pause/>", ["+ <Hangup>", "+ <Pause>"]),
        ("<Pause/>", "<Hangup/>", ["- <Pause>", "+ <Hangup>"]),
        ('<S v="1">a</S>', '<S v="2">a</S>', ['- <S v="1">', '+ <S v="2">']),
        ('<S v="1">a</S>', '<S v="1">b</S>', ["- <S>a</S>", "+ <S>b</S>"]),
        (
            "<S>a <b>c</b> d</S>",
            "<S>a <b>c</b> &lt;</S>",
            ["- <S>a <b>c</b> d</S>", "+ <S>a <b>c</b> &lt;</S>"],
        ),
        ("<G><S>a</S></G>", "<G><S>a</S><S>b</S></G>", ["+ <S>b</S>"]),
        ("<G>", "<G/>", ["- <Response><G></Response>", "+ <Response><G/></Response>"]),
    ],
)
def test_what_is_a_difference(recorded: str, today: str, shown: list[str]) -> None:
    """A difference names the element, the attributes and the text that differ, and nothing else."""
    found = changes_of(f"<Response>{recorded}</Response>", f"<Response>{today}</Response>", LOCAL)
    assert [f"{each.sign} {each.text}" for each in found] == shown


def test_a_reply_that_is_gone() -> None:
    """Where one of the replies is not XML, both are shown as they are; nothing is shown as empty."""
    found = changes_of("<!DOCTYPE a><Response/>", "", LOCAL)
    assert [each.text for each in found] == ["<!DOCTYPE a><Response/>", "(empty)"]
    found = changes_of("", "html", LOCAL)
    assert [each.text for each in found] == ["(empty)", "html"]


documents = st.recursive(
    st.builds(
        lambda tag, text: f"<{tag}>{text}</{tag}>", st.sampled_from("ab"), st.sampled_from(["", "x", "y"])
    ),
    lambda inner: st.builds(
        lambda tag, value, inside: f'<{tag} v="{value}">{"".join(inside)}</{tag}>',
        st.sampled_from("cd"),
        st.sampled_from("12"),
        st.lists(inner, max_size=3),
    ),
    max_leaves=8,
)


@settings(deadline=None)
@given(documents, documents)
def test_every_difference_is_found(one: str, other: str) -> None:
    """Two documents have no difference exactly if their elements, attributes and texts are the same."""
    assert changes_of(one, one, LOCAL) == ()
    inside = f"<Response>{one}</Response>", f"<Response>{other}</Response>"
    assert (changes_of(*inside, LOCAL) == ()) == (one == other)


def test_numbers_in_place_of_masked_ones() -> None:
    """A recorded document gets the numbers that today's has at the same places, if they fit."""
    recorded = "<Response><Transfer><PhoneNumber>+13030000000</PhoneNumber></Transfer></Response>"
    today = recorded.replace("+13030000000", SALES)
    assert with_numbers(recorded, today) == today
    assert with_numbers(recorded, today.replace("+1303", "+1304")) == recorded
    assert with_numbers(recorded, "<Response/>") == recorded
    assert with_numbers("<Response/>", today) == "<Response/>"
    assert with_numbers(recorded, "not XML") == recorded
