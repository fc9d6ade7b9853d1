"""What callers entrust to an application is masked, and the log can still be replayed."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from flask_bandwidth_callbacks import Callback
from flask_bandwidth_callbacks.bxml import (
    Gather,
    PhoneNumber,
    Response,
    SpeakSentence,
    Tag,
    Transfer,
    parse,
    render,
)
from flask_bandwidth_callbacks.call_log.masks import (
    masked_payload,
    masked_reply,
    masked_text,
    masked_words,
    without_secrets,
    without_secrets_in,
)

texts = st.text(st.sampled_from("0123456789+-.() ,/ab<>&#;x=\"'%2BT:@sip?\n"), max_size=60)
numbers = st.from_regex(r"\+[1-9][0-9]{5,13}[1-9]", fullmatch=True)
words = st.text(st.characters(codec="utf-8", exclude_characters="0123456789+%&#;<>"), max_size=20)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Call +13035550123 now", "Call +13030000000 now"),
        ("Call +1 303 555 0123 now", "Call +1 303 000 0000 now"),
        ("303-555-0123", "000-000-0000"),
        ("(303) 555-0123", "(000) 000-0000"),
        ("+44 20 7946 0123", "+44 20 0000 0000"),
        ("/menu?from=%2B13035550123", "/menu?from=%2B13030000000"),
        ("/menu?from=13035550123", "/menu?from=10000000000"),
        ("user_3035550123", "user_1000000000"),
        ('{"since": 1767625200}', '{"since": 1000000000}'),
        ("sip:ann.lee@example.com", "sip:masked@example.com"),
        ("SIPS:+13035550123@example.com;x=1", "SIPS:masked@example.com;x=1"),
    ],
)
def test_numbers_are_masked(text: str, masked: str) -> None:
    """Numbers of every spelling lose their last digits, and SIP URIs their users."""
    assert masked_text(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "c-15ac29a2-13313290-2cb0-4071-b215-122865662085",
        "12345678-1234-4234-8234-123456789012",
        "2026-03-04T16:20:15Z",
        "http://192.168.100.10:5000/phone/",
        "/orders/123456?page=12",
        "0123456789abcdef01234567",
    ],
)
def test_what_is_not_a_number_stays(text: str) -> None:
    """Ids, dates, addresses of hosts and short sequences stay: applications find their way by them."""
    assert masked_text(text) == text


@settings(deadline=None)
@given(numbers, words, words)
def test_no_number_is_left(number: str, before: str, after: str) -> None:
    """Wherever a number stands in a payload or a reply, only its first digits are in the masked text."""
    text = f"{before}{number}{after}"
    payload = {"eventType": "gather", "callId": "c-1", "from": number, "tag": text, "extra": [{"a": text}]}
    document = render(Response(SpeakSentence(text), Tag(number), Transfer(PhoneNumber(number))))
    masked = masked_payload(payload)
    shown = repr(masked) + masked_reply(document.decode(), payload)
    assert number not in shown
    assert masked["from"] == number[:5] + "0" * (len(number) - 5)


@settings(deadline=None)
@given(texts)
@example("+1234567 1999-12-31")
@example("&#1234567; 1,2,3,4")
def test_masking_twice_is_masking_once(text: str) -> None:
    """A masked text stays as it is, so a replay may mask what was masked before."""
    for mask in (masked_text, masked_words, without_secrets):
        assert mask(mask(text)) == mask(text)
    payload = {"digits": "12", "text": text, "tag": text, "sipHeaders": {"X": text}}
    assert masked_payload(masked_payload(payload)) == masked_payload(payload)
    reply = masked_reply(text, payload)
    assert masked_reply(reply, masked_payload(payload)) == reply


@settings(deadline=None)
@given(st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), min_size=1, max_size=60))
@example("10")
@example("a>b 1234")
@example("&#8217;")
def test_a_masked_document_can_be_parsed(text: str) -> None:
    """A document has the same verbs and limits after masking, whatever an application says in it."""
    document = Response(Gather(SpeakSentence(text), tag=text, max_digits=10, terminating_digits="1234567890"))
    written = without_secrets(masked_reply(render(document).decode(), {"digits": "10"}))
    (gather,) = parse(written).children
    assert isinstance(gather, Gather)
    assert (gather.max_digits, gather.terminating_digits) == (10, "1234567890")
    assert isinstance(gather.children[0], SpeakSentence)


@settings(deadline=None)
@given(
    st.dictionaries(st.text(max_size=10), st.text(max_size=20) | st.integers() | st.none() | st.booleans())
)
def test_a_masked_payload_can_be_read(properties: dict[str, Any]) -> None:
    """A masked payload still makes an event of the same class, whatever is in it."""
    payload = {"eventType": "gather", "callId": "c-12345678", **properties}
    event, _ = Callback.read_leniently(payload)
    masked, _ = Callback.read_leniently(masked_payload(payload))
    assert type(masked) is type(event)


def test_digits_that_a_caller_presses() -> None:
    """A single key stays, because it says which way the call took; a sequence and a reported key do not."""
    assert masked_payload({"eventType": "gather", "digits": "3"})["digits"] == "3"
    assert masked_payload({"eventType": "gather", "digits": ""})["digits"] == ""
    assert masked_payload({"eventType": "gather", "digits": "12#4"})["digits"] == "0000"
    assert masked_payload({"eventType": "dtmf", "digit": "7"})["digit"] == "0"


def test_what_a_caller_says_and_sends() -> None:
    """Sequences of four digits are masked in speech, names and SIP headers, spelled in any way."""
    masked = masked_payload(
        {
            "text": "my pin is 1 2 3 4, room 12",
            "callerDisplayName": "Ann 3035",
            "uui": "1234abcd;encoding=hex",
            "sipHeaders": {"X-Account": "98765", "X-Odd": 1},
            "transcription": {"text": "4111 1111 1111 1111", "id": "t-1234567"},
            "callId": "c-1234567",
            "transferCallerId": "+13035550123",
            "account": 12345678,
            "isTrue": True,
        }
    )
    assert masked == {
        "text": "my pin is 0 0 0 0, room 12",
        "callerDisplayName": "Ann 0000",
        "uui": "0000abcd;encoding=hex",
        "sipHeaders": {"X-Account": "00000", "X-Odd": 1},
        "transcription": {"text": "0000 0000 0000 0000", "id": "t-1234567"},
        "callId": "c-1234567",
        "transferCallerId": "+13030000000",
        "account": 10000000,
        "isTrue": True,
    }


def test_digits_that_a_reply_repeats() -> None:
    """A reply hides the digits of its callback, spoken or in a URL, and keeps numbers of its own."""
    reply = (
        '<?xml version="1.0"?><Response><Gather maxDigits="10" gatherUrl="/menu?pin=10" tag="10">'
        '<SpeakSentence>You typed 1 0. <break time="10s"/>Open 9 to 5.</SpeakSentence></Gather></Response>'
    )
    masked = masked_reply(reply, {"digits": "10"})
    assert re.sub("0 0|00", "10", masked) == reply.replace("1 0", "10")
    assert '<Gather maxDigits="10" gatherUrl="/menu?pin=00" tag="00">' in masked
    assert 'version="1.0"' in masked
    assert masked_reply("<Tag>a" + "1" * 300 + "</Tag>", {"digits": "1" * 300}).count("0") == 300
    assert masked_reply('{"detail": "no 12 and 3035550123"}', {"digits": "12"}) == (
        '{"detail": "no 00 and 1000000000"}'
    )


def test_a_number_that_is_formatted_again_is_masked_alike() -> None:
    """What an application makes of a masked number is masked to the same as what it made of the number."""

    def format_number(number: str) -> list[str]:
        digits = number.removeprefix("+1")
        return [f"{digits[:3]}-{digits[3:6]}-{digits[6:]}", digits, " ".join(digits), f"+1 {digits}"]

    real, masked = "+13035550123", masked_text("+13035550123")
    for one_text, other in zip(format_number(real), format_number(masked), strict=True):
        for mask in (masked_text, masked_words):
            assert mask(one_text) == mask(other)


def test_credentials_are_left_out() -> None:
    """Attributes of verbs, users of URLs and properties with credentials disappear; the rest stays."""
    reply = (
        '<Response><Redirect redirectUrl="https://bob:s3c\'ret@host/next" username="bob"'
        " redirectFallbackPassword='s3cret'/><SpeakSentence>a//b c@d</SpeakSentence></Response>"
    )
    assert without_secrets(reply) == (
        '<Response><Redirect redirectUrl="https://host/next"/>'
        "<SpeakSentence>a//b c@d</SpeakSentence></Response>"
    )
    payload = {"tag": "http://bob:s3cret@host/", "password": "s3cret", "list": [{"userName": 1, "n": 2}]}
    assert without_secrets_in(payload) == {"tag": "http://host/", "list": [{"n": 2}]}
