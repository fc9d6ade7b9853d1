"""The switchboard, through the HTTP requests that Bandwidth sends it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, TypeVar

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from examples.switchboard import create_app
from flask_bandwidth_callbacks import ConfigurationError
from flask_bandwidth_callbacks.bxml import (
    Document,
    Gather,
    Hangup,
    PhoneNumber,
    Record,
    SpeakSentence,
    Transfer,
    Verb,
    parse,
)

CREDENTIALS = ("bandwidth", "s3cret")
TEN_O_CLOCK = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)

V = TypeVar("V", bound=Verb)

Callback = Callable[..., TestResponse]
Answer = Callable[..., Document]


@pytest.fixture
def app() -> Flask:
    return create_app(
        {
            "TESTING": True,
            "BANDWIDTH_CALLBACKS_CREDENTIALS": [CREDENTIALS],
            "SWITCHBOARD_COMPANY": "Acme & Sons",
            "SWITCHBOARD_SALES": "+13035550171",
            "SWITCHBOARD_SUPPORT": "+13035550172",
            "SWITCHBOARD_RING_SECONDS": 15,
            "SWITCHBOARD_CLOCK": lambda: TEN_O_CLOCK,
        }
    )


@pytest.fixture
def callback(client: FlaskClient) -> Callback:
    """Sends a callback to a path of the application, with credentials."""

    def send(event_type: str, url: str = "/phone/", **properties: Any) -> TestResponse:
        payload = {
            "eventType": event_type,
            "eventTime": "2026-11-24T10:00:00.000Z",
            "callId": "c-1",
            "from": "+13035550123",
            "to": "+13035550100",
            "direction": "inbound",
        }
        return client.post(url, json=payload | properties, auth=CREDENTIALS)

    return send


@pytest.fixture
def answer(callback: Callback) -> Answer:
    """Sends a callback and returns the document that answers it."""

    def ask(event_type: str, url: str = "/phone/", **properties: Any) -> Document:
        response = callback(event_type, url, **properties)
        assert response.status_code == 200, response.text
        return parse(response.data)

    return ask


def said(document: Document) -> str:
    """All that the caller hears, a Gather's words included."""
    verbs = [inner for verb in document.children for inner in (verb, *verb.children)]
    return " ".join(verb.text or "" for verb in verbs if isinstance(verb, SpeakSentence))


def find(verb_class: type[V], document: Document) -> V:
    (found,) = (verb for verb in document.children if isinstance(verb, verb_class))
    return found


def put_through(answer: Answer, key: str = "1") -> Transfer:
    """A caller who pressed a key in the menu."""
    gather = find(Gather, answer("initiate"))
    return find(Transfer, answer("gather", gather.gather_url, digits=key))


def record(answer: Answer) -> Record:
    """A caller who wants to leave a message."""
    gather = find(Gather, answer("initiate"))
    return find(Record, answer("gather", gather.gather_url, digits="3"))


def listed(client: FlaskClient) -> str:
    response = client.get("/calls")
    assert response.status_code == 200
    return response.text


# -- Setting up ----------------------------------------------------------------------------------------------


def test_without_credentials_the_application_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """A switchboard that would let everyone in is refused at once, with words on what to do."""
    monkeypatch.delenv("FLASK_BANDWIDTH_CALLBACKS_CREDENTIALS", raising=False)
    with pytest.raises(ConfigurationError, match="BANDWIDTH_CALLBACKS_CREDENTIALS"):
        create_app()


def test_credentials_and_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands in the environment counts: credentials as one text, numbers as numbers, phones as text."""
    monkeypatch.setenv("FLASK_BANDWIDTH_CALLBACKS_CREDENTIALS", "someone:pass:word")
    monkeypatch.setenv("FLASK_SWITCHBOARD_OPENS", "0")
    monkeypatch.setenv("FLASK_SWITCHBOARD_CLOSES", "24")
    monkeypatch.setenv("FLASK_SWITCHBOARD_SALES", "+13035550199")
    client = create_app().test_client()
    event = {"eventType": "gather", "callId": "c-1", "digits": "1"}
    response = client.post("/phone/menu", json=event, auth=("someone", "pass:word"))
    assert find(Transfer, parse(response.data)).children == (PhoneNumber("+13035550199"),)


def test_the_clock_of_the_machine_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a clock of its own the application knows what day it is here."""
    monkeypatch.setenv("FLASK_BANDWIDTH_CALLBACKS_CREDENTIALS", "a:b")
    client = create_app().test_client()
    assert str(datetime.now().year) in client.get("/calls").text


@pytest.mark.parametrize(
    "path", ["/phone/", "/phone", "/phone/menu", "/phone/transferred", "/phone/recorded"]
)
def test_every_callback_url_asks_for_credentials(client: FlaskClient, path: str) -> None:
    """Who shows none is challenged, and what they told is not noted."""
    response = client.post(path, json={"eventType": "initiate", "callId": "c-1", "from": "+13035550166"})
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"].startswith("Basic ")
    assert "+13035550166" not in listed(client)


# -- Picking up ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hour", "greeting"),
    [
        (0, "Good morning"),
        (11, "Good morning"),
        (12, "Good afternoon"),
        (17, "Good afternoon"),
        (18, "Good evening"),
        (23, "Good evening"),
    ],
)
def test_greeting_goes_by_the_time_of_day(app: Flask, answer: Answer, hour: int, greeting: str) -> None:
    """The caller hears the right time of day and who is there, in words and not in markup."""
    app.config["SWITCHBOARD_CLOCK"] = lambda: TEN_O_CLOCK.replace(hour=hour)
    assert said(answer("initiate")).startswith(f"{greeting}, this is Acme & Sons.")


@pytest.mark.parametrize(("hour", "is_open"), [(8, False), (9, True), (16, True), (17, False)])
def test_menu_is_for_opening_hours(app: Flask, answer: Answer, hour: int, is_open: bool) -> None:
    """From opening to closing there is a menu; outside of that, one can leave a message."""
    app.config["SWITCHBOARD_CLOCK"] = lambda: TEN_O_CLOCK.replace(hour=hour)
    verbs = {type(verb) for verb in answer("initiate").children}
    assert verbs == ({SpeakSentence, Gather} if is_open else {SpeakSentence, Record})


def test_menu_is_played_twice_and_takes_one_key(answer: Answer) -> None:
    """The Gather waits for one key, and Bandwidth will find the application's credentials in it."""
    gather = find(Gather, answer("initiate"))
    assert (gather.max_digits, gather.repeat_count) == (1, 2)
    assert (gather.username, gather.password) == CREDENTIALS


# -- The menu ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "number", "department"), [("1", "+13035550171", "sales"), ("2", "+13035550172", "support")]
)
def test_key_puts_the_call_through(answer: Answer, key: str, number: str, department: str) -> None:
    """Each department has its key, its number, and its name as the call's tag from here on."""
    transfer = put_through(answer, key)
    assert transfer.children == (PhoneNumber(number),)
    assert transfer.tag == department
    assert transfer.call_timeout == 15
    assert (transfer.username, transfer.password) == CREDENTIALS


@pytest.mark.parametrize("digits", ["3", ""])
def test_message_for_who_wants_it_or_presses_nothing(answer: Answer, digits: str) -> None:
    """Key 3 leads to voicemail, and so does silence: it may be a telephone without keys."""
    document = answer("gather", "/phone/menu", digits=digits)
    assert find(Record, document).record_complete_url
    assert "leave your name and your message" in said(document)


@pytest.mark.parametrize("digits", ["9", "#", None])
def test_wrong_key_is_asked_once_more_and_then_no_longer(answer: Answer, digits: str | None) -> None:
    """A key that leads nowhere plays the menu again, a second one leads to voicemail: no caller is stuck."""
    again = answer("gather", "/phone/menu", digits=digits)
    gather = find(Gather, again)
    assert "Sorry" in said(again)
    last = answer("gather", gather.gather_url, digits=digits, tag=gather.tag)
    assert {type(verb) for verb in last.children} == {SpeakSentence, Record}


def test_right_key_after_a_wrong_one_still_works(answer: Answer) -> None:
    """Who found the right key on the second try is put through."""
    gather = find(Gather, answer("gather", "/phone/menu", digits="9"))
    find(Transfer, answer("gather", gather.gather_url, digits="2", tag=gather.tag))


# -- Putting a call through ----------------------------------------------------------------------------------


def test_after_a_conversation_the_call_ends(answer: Answer) -> None:
    """When the other side hangs up, there is nothing more to say."""
    transfer = put_through(answer)
    document = answer("transferComplete", transfer.transfer_complete_url, cause="hangup", tag="sales")
    assert document.children == (Hangup(),)


@pytest.mark.parametrize(
    ("cause", "reason"),
    [
        ("busy", "the line to sales is busy"),
        ("timeout", "nobody in sales is answering"),
        ("rejected", "sales cannot be reached"),
        ("a cause of tomorrow", "sales cannot be reached"),
        (None, "sales cannot be reached"),
    ],
)
def test_who_was_not_reached_can_be_left_a_message(answer: Answer, cause: str | None, reason: str) -> None:
    """The caller hears why, and can leave a message; no cause, known or not, loses the call."""
    transfer = put_through(answer)
    document = answer("transferComplete", transfer.transfer_complete_url, cause=cause, tag=transfer.tag)
    assert reason in said(document)
    find(Record, document)


# -- Voicemail -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("caller", "asked"),
    [
        ("+13035550123", False),
        ("Anonymous", True),
        ("Restricted", True),
        ("sip:someone@example.com", True),
        (None, True),
    ],
)
def test_who_cannot_be_called_back_is_asked_for_a_number(
    answer: Answer, caller: str | None, asked: bool
) -> None:
    """A caller whose number we do not see is asked to say one; the others are spared."""
    words = said(answer("gather", "/phone/menu", digits="3", **{"from": caller}))
    assert ("the number to call you back at" in words) is asked


def test_recording_tells_when_it_is_done_and_when_it_can_be_fetched(answer: Answer) -> None:
    """The Record names both of its URLs, and the credentials for them."""
    verb = record(answer)
    assert (verb.record_complete_url, verb.recording_available_url) == ("/phone/recorded", "/phone/")
    assert (verb.username, verb.password) == CREDENTIALS


@pytest.mark.parametrize("event_type", ["recordComplete", "recordingComplete"])
@pytest.mark.parametrize("duration", ["PT1S", "PT1M52.217257456S", None, "nonsense"])
def test_message_is_thanked_for(answer: Answer, event_type: str, duration: str | None) -> None:
    """After a message the call ends with thanks, also if its length cannot be read."""
    document = answer(event_type, record(answer).record_complete_url, duration=duration)
    assert "Thank you" in said(document)
    assert document.children[-1] == Hangup()


def test_empty_message_may_be_left_once_more_only(answer: Answer) -> None:
    """Under a second is no message: one more try, after which the document says goodbye by itself."""
    document = answer("recordComplete", record(answer).record_complete_url, duration="PT0.98S")
    assert [type(verb) for verb in document.children] == [SpeakSentence, Record, SpeakSentence]
    again = find(Record, document)
    assert again.record_complete_url is None
    assert again.recording_available_url == "/phone/"


# -- The list of calls ---------------------------------------------------------------------------------------


def test_home_leads_to_the_calls(client: FlaskClient) -> None:
    """The front page is the list, and it is an ordinary page without Bandwidth's credentials."""
    response = client.get("/", follow_redirects=True)
    assert response.request.path == "/calls"
    assert "Nobody has called yet." in response.text


def test_page_tells_a_whole_call(client: FlaskClient, callback: Callback) -> None:
    """Each thing that happens on a call is a line, in the order in which it happened."""
    story: list[tuple[str, dict[str, Any], str]] = [
        ("initiate", {}, "called"),
        ("gather", {"digits": "1"}, "pressed 1"),
        ("transferComplete", {"cause": "busy", "tag": "sales"}, "did not reach sales: busy"),
        ("disconnect", {"cause": "hangup"}, "hung up"),
        (
            "recordingAvailable",
            {"status": "complete", "duration": "PT12.4S", "recordingId": "r-7"},
            "left a message of 12 s, r-7",
        ),
    ]
    for second, (event_type, properties, _) in enumerate(story):
        callback(event_type, eventTime=f"2026-11-24T10:00:{second:02}Z", **properties)
    page = listed(client)
    assert page.count("<article>") == 1
    places = [page.index(step) for _, _, step in story]
    assert places == sorted(places)
    assert "10:00:04" in page


@pytest.mark.parametrize(
    ("event_type", "properties", "step"),
    [
        ("gather", {"digits": ""}, "pressed nothing"),
        ("gather", {}, "pressed nothing"),
        ("transferComplete", {"cause": "hangup", "tag": "support"}, "talked to support"),
        ("disconnect", {"cause": "callback-error"}, "cut off: callback-error"),
        ("recordingAvailable", {"status": "error", "duration": "PT0S"}, "left a message that was lost"),
        ("recordingAvailable", {"status": "partial", "recordingId": "r-7"}, "left a message, r-7"),
    ],
)
def test_step_is_noted(
    client: FlaskClient, callback: Callback, event_type: str, properties: dict[str, Any], step: str
) -> None:
    """Whatever comes, on a call that was not heard of before too, stands on the page in plain words."""
    callback(event_type, **properties)
    assert step in listed(client)


def test_subscribers_hear_at_the_urls_of_responders(client: FlaskClient, answer: Answer) -> None:
    """The key is noted although the event went to the menu's own URL."""
    put_through(answer, "2")
    assert "pressed 2" in listed(client)


def test_notifications_are_answered_with_no_content(callback: Callback) -> None:
    """Bandwidth ignores the reply to these, so there is none."""
    assert callback("disconnect", cause="hangup").status_code == 204
    assert callback("recordingAvailable", status="complete").status_code == 204


def test_empty_message_is_not_listed(client: FlaskClient, callback: Callback) -> None:
    """A recording of nothing is no message for anybody."""
    callback("initiate")
    callback("recordingAvailable", status="complete", duration="PT0.4S")
    assert "message" not in listed(client)


def test_what_is_told_twice_is_listed_once(client: FlaskClient, callback: Callback) -> None:
    """Bandwidth sends a notification again when it saw no answer."""
    callback("recordingAvailable", status="complete", recordingId="r-7")
    callback("recordingAvailable", status="complete", recordingId="r-7")
    assert listed(client).count("r-7") == 1


def test_steps_stand_in_the_order_of_their_times(client: FlaskClient, callback: Callback) -> None:
    """Callbacks may overtake one another on their way."""
    callback("disconnect", cause="hangup", eventTime="2026-11-24T10:00:09Z")
    callback("gather", digits="3", eventTime="2026-11-24T10:00:05Z")
    page = listed(client)
    assert page.index("pressed 3") < page.index("hung up")


def test_call_is_on_the_line_until_it_is_not(client: FlaskClient, callback: Callback) -> None:
    """The page shows who is on the phone right now, and a late recording does not bring them back."""
    callback("initiate")
    assert "on the line" in listed(client)
    callback("disconnect", cause="hangup")
    callback("recordingAvailable", status="complete")
    assert "on the line" not in listed(client)


def test_latest_call_stands_first(client: FlaskClient, callback: Callback) -> None:
    """Each call is listed on its own, and the newest needs no scrolling."""
    callback("initiate", callId="c-1", **{"from": "+13035550111"}, eventTime="2026-11-24T08:00:00Z")
    callback("initiate", callId="c-2", **{"from": "+13035550122"}, eventTime="2026-11-24T09:00:00Z")
    page = listed(client)
    assert page.index("+13035550122") < page.index("+13035550111")


def test_only_today_is_listed_and_today_is_where_the_company_is(
    app: Flask, client: FlaskClient, callback: Callback
) -> None:
    """A call before midnight is yesterday's, and the company's clock says when midnight is."""
    callback("initiate", eventTime="2026-11-24T04:30:00Z")
    app.config["SWITCHBOARD_CLOCK"] = lambda: TEN_O_CLOCK.astimezone(timezone(timedelta(hours=-5)))
    assert "+13035550123" not in listed(client)
    app.config["SWITCHBOARD_CLOCK"] = lambda: TEN_O_CLOCK.astimezone(timezone(timedelta(hours=-4)))
    assert '<time datetime="2026-11-24T04:30:00+00:00">00:30:00</time>' in listed(client)


def test_old_calls_are_forgotten(app: Flask, client: FlaskClient, callback: Callback) -> None:
    """The memory of the process does not fill up: a day later a call is gone for good."""
    callback("initiate", callId="c-1", **{"from": "+13035550111"}, eventTime="2026-11-23T09:00:00Z")
    callback("initiate", callId="c-2", **{"from": "+13035550122"}, eventTime="2026-11-24T10:00:00Z")
    app.config["SWITCHBOARD_CLOCK"] = lambda: TEN_O_CLOCK - timedelta(days=1)
    assert "+13035550111" not in listed(client)


def test_event_without_a_time_is_noted_now(client: FlaskClient, callback: Callback) -> None:
    """A time that is missing does not lose the call."""
    callback("initiate", eventTime=None)
    assert "10:00:00" in listed(client)


def test_caller_without_a_number_is_listed(client: FlaskClient, callback: Callback) -> None:
    """Words for a number stand as they came; none at all is said so."""
    callback("initiate", callId="c-1", **{"from": "Anonymous"})
    callback("initiate", callId="c-2", **{"from": None})
    page = listed(client)
    assert "Anonymous" in page
    assert "unknown number" in page


def test_nothing_that_a_caller_sends_is_markup(client: FlaskClient, callback: Callback) -> None:
    """A caller's name, keys and the like are text on the page, whatever they hold."""
    callback("gather", digits="<script>", **{"from": '<img src=x onerror="alert(1)">'})
    page = listed(client)
    assert "<script>" not in page
    assert "<img" not in page
    assert "&lt;img src=x" in page


def test_two_applications_do_not_share_calls(callback: Callback) -> None:
    """Each application has its own list, although the blueprint is the same."""
    callback("initiate")
    other = create_app({"TESTING": True, "BANDWIDTH_CALLBACKS_CREDENTIALS": [CREDENTIALS]})
    assert "Nobody has called yet." in other.test_client().get("/calls").text
