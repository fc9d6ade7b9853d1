"""Each regular expression that sees text from outside takes time in proportion to the text."""

from __future__ import annotations

import ast
import contextlib
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from markupsafe import Markup
from marshmallow import ValidationError

import flask_bandwidth_callbacks
from flask_bandwidth_callbacks import Callback, CallbackBlueprint, DisconnectCallback, InitiateCallback
from flask_bandwidth_callbacks.bxml import ELEMENTS, InvalidBXML, SpeakSentence, UnknownVerb, parse
from flask_bandwidth_callbacks.call_log.masks import masked_reply, masked_text, masked_words, without_secrets
from flask_bandwidth_callbacks.cli.terminal import clean
from flask_bandwidth_callbacks.display import without_password
from flask_bandwidth_callbacks.rejections import challenge
from flask_bandwidth_callbacks.simulator import SimulatedBandwidth, SimulationError
from flask_bandwidth_callbacks.simulator.explore.announcements import announced
from flask_bandwidth_callbacks.simulator.explore.picture import Arrow, Box, Picture
from flask_bandwidth_callbacks.simulator.explore.picture.mermaid import to_mermaid
from flask_bandwidth_callbacks.simulator.explore.picture.svg import to_svg
from flask_bandwidth_callbacks.simulator.replay.ids import FreshIds
from flask_bandwidth_callbacks.simulator.rest import models
from flask_bandwidth_callbacks.simulator.wire.delivery import _is_challenge
from flask_bandwidth_callbacks.simulator.wire.exchanges import Exchange, describe
from flask_bandwidth_callbacks.simulator.wire.transport import Reply
from flask_bandwidth_callbacks.simulator.wire.urls import split
from flask_bandwidth_callbacks.spelling import snake_case
from flask_bandwidth_callbacks.studio.tests_of_callbacks import _name as written_name

PACKAGE = Path(flask_bandwidth_callbacks.__file__).parent

LENGTHS = (2_000, 8_000, 32_000, 128_000)
SECONDS = 2.0
"""Far more than the longest of these texts takes; quadratic time exceeds it."""

EXPRESSIONS = {
    "bxml/characters.py": 2,
    "bxml/ssml.py": 3,
    "bxml/unknown.py": 1,
    "bxml/values.py": 4,
    "bxml/verbs.py": 10,
    "call_log/masks.py": 8,
    "cli/terminal.py": 1,
    "decoding.py": 1,
    "display.py": 3,
    "fields.py": 2,
    "registrations.py": 1,  # sees only the paths that the application registers
    "rejections.py": 1,
    "replies.py": 1,
    "simulator/engine/callees.py": 1,
    "simulator/explore/announcements.py": 1,  # the one that the user gives
    "simulator/explore/prompt_words.py": 2,
    "simulator/explore/checks/ends.py": 1,
    "simulator/explore/findings.py": 2,  # reads the application's own source
    "simulator/explore/picture/mermaid.py": 1,
    "simulator/explore/states.py": 6,
    "simulator/replay/ids.py": 1,
    "simulator/rest/models.py": 3,
    "simulator/verbs/sound.py": 1,
    "simulator/wire/delivery.py": 1,
    "simulator/wire/exchanges.py": 2,
    "simulator/wire/urls.py": 1,
    "spelling.py": 1,
    "studio/callbacks.py": 1,  # finds a fixed beginning
    "studio/tests_of_callbacks.py": 3,
}
"""The number of regular expressions in each module. One more needs a line among the attacks below."""


@pytest.mark.no_cover
def test_no_expression_is_forgotten() -> None:
    """Every place in the package where a regular expression is made or used is listed above."""
    found = Counter[str]()
    for path in PACKAGE.glob("**/*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and is_expression(node.func):
                found[str(path.relative_to(PACKAGE))] += 1
    # A folder that stands on top of the core may have been deleted.
    assert found == {
        name: count for name, count in EXPRESSIONS.items() if (PACKAGE / name.split("/")[0]).exists()
    }


def is_expression(function: ast.expr) -> bool:
    if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
        return function.value.id == "re" and function.attr != "escape"
    return isinstance(function, ast.Name) and function.id == "matching"


# -- What reads text -----------------------------------------------------------------------------------------


def quietly(read: Callable[[str], Any]) -> Callable[[str], None]:
    """Return a function that reads a text and ignores what is wrong with it."""

    def read_quietly(text: str) -> None:
        with contextlib.suppress(ValidationError, InvalidBXML, SimulationError, ValueError, TypeError):
            read(text)

    return read_quietly


def property_of(name: str) -> Callable[[str], None]:
    return quietly(lambda text: DisconnectCallback.from_dict({name: text}))


VERBS: dict[str, Any] = dict(ELEMENTS)  # without types, because each takes other arguments


def attribute_of(verb: str, name: str, **others: Any) -> Callable[[str], None]:
    return quietly(lambda text: VERBS[verb](**{name: text, **others}))


def text_of(verb: str) -> Callable[[str], None]:
    return quietly(lambda text: VERBS[verb](text))


def document(template: str) -> Callable[[str], None]:
    return quietly(lambda text: parse(template.format(text)))


def ssml(template: str) -> Callable[[str], None]:
    return quietly(lambda text: SpeakSentence(Markup(template.format(text))))


class Own:
    def __init__(self, text: str) -> None:
        self.text = text

    def to_bxml(self) -> str:
        return self.text


def reply(text: str) -> None:
    """Answer a call with an object that writes itself as the text."""
    phone = CallbackBlueprint("phone", __name__, credentials=[("bandwidth", "s3cret")])
    phone.respond(InitiateCallback)(lambda call: Own(text))
    app = Flask(__name__)
    app.config["BANDWIDTH_CALLBACKS_CHECK_BXML"] = False
    app.register_blueprint(phone, url_prefix="/phone")
    data = {"eventType": "initiate", "callId": "c-1"}
    app.test_client().post("/phone/", json=data, auth=("bandwidth", "s3cret"))


def hear(text: str) -> None:
    """Call an application that speaks the text."""
    phone = CallbackBlueprint("phone", __name__, credentials=[("bandwidth", "s3cret")])
    phone.respond(InitiateCallback)(lambda call: SpeakSentence(Markup(text)))
    app = Flask(__name__)
    app.config["BANDWIDTH_CALLBACKS_CHECK_BXML"] = False
    app.register_blueprint(phone, url_prefix="/phone")
    SimulatedBandwidth(app).call("+13035550100")


def masked_reply_of(text: str) -> None:
    """Mask a reply whose callback has a sequence of digits."""
    masked_reply(text, {"digits": "12"})


def draw(text: str) -> None:
    """Draw a picture that has the text at a box and at two arrows."""
    arrows = (Arrow("a", "a", text), Arrow("a", "b", text))
    picture = Picture(text, (Box("a", "state", text, text, (text,)), Box("b", "end", text)), arrows)
    to_mermaid(picture)
    to_svg(picture)


def show_exchange(text: str) -> None:
    describe(Exchange("initiate", "POST", text[:100], datetime(2026, 1, 5, tzinfo=UTC), {}, bxml=text))


ATTACKS: list[tuple[str, Callable[[str], Any], Callable[[int], str]]] = [
    ("a string that never closes", quietly(Callback.from_json), lambda n: "[]," * 65 + '"' + '\\"' * n),
    ("many strings that never close", quietly(Callback.from_json), lambda n: "[]," * 65 + '"\\' * n),
    ("brackets", quietly(Callback.from_json), lambda n: '{"a":[]},' * (n // 4)),
    ("a bad number after strings", quietly(Callback.from_json), lambda n: "[" + '"a",' * n + "NaN]"),
    ("a long number", quietly(Callback.from_json), lambda n: '{"a": ' + "9" * n + "}"),
    ("a long fraction", quietly(Callback.from_json), lambda n: '{"a": 1.' + "9" * n + "e999}"),
    ("digits", property_of("sipResponseCode"), lambda n: "9" * n),
    ("digits of a duration", property_of("duration"), lambda n: f"PT{'9' * n}S"),
    ("decimals of a duration", property_of("duration"), lambda n: f"PT1,{'9' * n}"),
    ("parts of a duration", property_of("duration"), lambda n: "P" + "1D" * n),
    ("digits of a time", property_of("startTime"), lambda n: f"2026-01-05T03:00:00.{'9' * n}X"),
    ("event type", quietly(snake_case), lambda n: "aB" * n),
    ("digits of a number", masked_text, lambda n: "+" + "1" * n),
    ("groups of digits", masked_words, lambda n: "1-" * n + "x"),
    ("plus signs", masked_text, lambda n: "+1" * n),
    ("attributes with digits", masked_reply_of, lambda n: ' maxDigits="' * n),
    ("digits in an attribute", masked_reply_of, lambda n: " maxDigits" + " " * n + "=" + '"' + "1" * n),
    ("markup that never ends", masked_reply_of, lambda n: "<" * n + "a" * n),
    ("markup", masked_reply_of, lambda n: "<A>" * (n // 4)),
    ("digits that repeat", lambda text: masked_reply(text, {"digits": "1" * 50}), lambda n: "<A>" + "1" * n),
    ("ids", masked_text, lambda n: "01234567-" * n),
    ("hexadecimal digits", masked_text, lambda n: "a1" * n + "x"),
    ("words that may be ids", lambda text: FreshIds([], str).renewed(text), lambda n: "c-1 " * n),
    ("users of SIP", masked_text, lambda n: "sip:" * n),
    ("users of URLs", without_secrets, lambda n: "//a" * n + "//" + "b" * n),
    ("slashes", without_password, lambda n: "/" * n),
    ("hosts", without_password, lambda n: "//a" * n),
    ("a host that never ends", without_password, lambda n: "//" + "a:" * n),
    ("passwords", without_password, lambda n: "password=" * n),
    ("white space after a password", without_password, lambda n: "password " * n + " " * n),
    ("quotes of a password", without_password, lambda n: "password='\"" * n),
    ("a realm", challenge, lambda n: '"\\' * n),
    ("a whole number", document('<Response><Gather maxDigits="{}"/></Response>'), lambda n: "9" * n + "x"),
    ("a number", document('<Response><Pause duration="{}"/></Response>'), lambda n: "9" * n + "."),
    ("a small number", document('<Response><Pause duration="{}"/></Response>'), lambda n: "0." + "9" * n),
    ("a URL", attribute_of("Gather", "gather_url"), lambda n: "http:" * n),
    ("a scheme", attribute_of("Gather", "gather_url"), lambda n: "a" * n),
    ("colons of a host", attribute_of("Gather", "gather_url"), lambda n: "https://" + ":@[" * n),
    ("control characters", attribute_of("Gather", "tag"), lambda n: "\x00a" * min(n, 256)),
    ("words that are controlled", text_of("Tag"), lambda n: "\x00a" * n),
    ("a name", attribute_of("Forward", "caller_display_name", to="+1"), lambda n: "a" * n + "\x00"),
    ("keys", attribute_of("Gather", "terminating_digits"), lambda n: "1" * n + "x"),
    ("a caller", attribute_of("Transfer", "transfer_caller_id"), lambda n: "+" + "1" * n + "x"),
    ("a websocket", attribute_of("StartStream", "destination"), lambda n: "wss://" + "a" * n + "\\"),
    ("encodings", attribute_of("Forward", "uui", to="+1"), lambda n: ";encoding=hex" * n + "x"),
    ("encoded values", attribute_of("Forward", "uui", to="+1"), lambda n: ";encoding=hex," * n + "x"),
    ("semicolons", attribute_of("Forward", "uui", to="+1"), lambda n: ";" * n + "," + ";" * n),
    ("a number to call", text_of("PhoneNumber"), lambda n: "+" + "1" * n + "x"),
    ("a SIP URI", text_of("SipUri"), lambda n: "sip:" * n + " "),
    ("a number or a SIP URI", attribute_of("Forward", "to"), lambda n: "sips:" + "+" * n + "\n"),
    ("tones", text_of("SendDtmf"), lambda n: "1" * n + "x"),
    ("a conference", text_of("Conference"), lambda n: "a" * n + " "),
    ("a voice", attribute_of("SpeakSentence", "voice"), lambda n: "ab" * n),
    ("an unknown name", quietly(UnknownVerb), lambda n: "a" * n + " "),
    ("a break", ssml('<break time="{}"/>'), lambda n: "9" * n + "."),
    ("a pitch", ssml('<prosody pitch="{}">x</prosody>'), lambda n: "9" * n + "." + "9" * n),
    ("a volume", ssml('<prosody volume="{}">x</prosody>'), lambda n: "9" * n + "d"),
    ("a strength", ssml('<break strength="{}"/>'), lambda n: "x-" * n),
    ("a declaration that never ends", reply, lambda n: "<?xml" * n),
    ("declarations", reply, lambda n: "<?xml" + "?> " * n),
    ("white space", reply, lambda n: " " * n + "<?xml?>" + " " * n + "x"),
    ("a number of the simulator", lambda text: quietly(SimulatedBandwidth("http://127.0.0.1/").callee)(text),
     lambda n: "+" + "1" * n + "x"),
    ("a number of the REST interface", models._CALLED.fullmatch, lambda n: "sip:" + "+" * n + " "),
    ("halves of characters", quietly(models.Text().deserialize), lambda n: "\xe9" * n + "\ud800"),
    ("breaks that never end", hear, lambda n: "&lt;s " * n),
    ("breaks", hear, lambda n: "<s>a</s>" * (n // 8)),
    ("a declaration shown", show_exchange, lambda n: "<?xml " * n),
    ("a root shown", show_exchange, lambda n: "<Response " * n),
    ("white space of a root", show_exchange, lambda n: "<Response" + " " * n),
    ("names of credentials shown", show_exchange, lambda n: " " + "username" * n),
    ("credentials shown", show_exchange, lambda n: " username=\"' password='" * n),
    ("long texts shown", show_exchange, lambda n: ">" * n),
    ("a challenge", lambda text: _is_challenge(Reply(401, {"www-authenticate": text}, b"")),
     lambda n: "," + " " * n + ", basi" * n),
    ("a URL to request", quietly(split), lambda n: "http://a/" + "b" * n + " "),
    ("keys of a prompt", announced, lambda n: "press 1 or " * (n // 32)),
    ("verbs of a prompt", announced, lambda n: "press or say " * (n // 32)),
    ("promises of a prompt", announced, lambda n: "for " * (n // 4) + "press 1"),
    ("sentences of a prompt", announced, lambda n: ". " * (n // 16) + "press 1" + " ." * (n // 16)),
    ("a key without an end", announced, lambda n: "press " + "1" * (n // 4) + "-" * (n // 4)),
    ("keys with hyphens", announced, lambda n: "1-1" * (n // 4)),
    ("keys with commas", announced, lambda n: "1," * (n // 32) + "a"),
    ("quotes of a prompt", announced, lambda n: "a'" * (n // 4)),
    ("words of a picture", draw, lambda n: "- a. " * n),
    ("a word of a picture", draw, lambda n: "fa:" * n),
    ("what has no shape", draw, lambda n: "\u200b" * n + "_"),
    ("names of events", written_name, lambda n: "aB-" * n),
    ("lines of a terminal", clean, lambda n: "\x07\n" * n),
]  # fmt: skip


@pytest.mark.no_cover
@pytest.mark.filterwarnings("ignore::flask_bandwidth_callbacks.bxml.BXMLWarning")
@pytest.mark.parametrize(
    ("read", "text"), [attack[1:] for attack in ATTACKS], ids=[attack[0] for attack in ATTACKS]
)
def test_time_grows_with_the_text(read: Callable[[str], Any], text: Callable[[int], str]) -> None:
    """Texts made to lead an expression astray, four times as long each time, are read in a moment."""
    for length in LENGTHS:
        attack = text(length)
        begun = time.thread_time()
        read(attack)
        assert time.thread_time() - begun < SECONDS, f"with {length} repetitions"
