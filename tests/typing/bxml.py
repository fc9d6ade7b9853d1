"""What a type checker makes of an application: pytest does not run this, ``mypy`` reads it with the tests.

Every ignored line is an error that mypy must find: one that it no longer finds is reported as unused.
"""

from __future__ import annotations

from typing import Literal, assert_type

from markupsafe import Markup

from flask_bandwidth_callbacks.bxml import (
    Bxml,
    Gather,
    Hangup,
    Link,
    PhoneNumber,
    PlayAudio,
    Redirect,
    Refer,
    Response,
    SipUri,
    SpeakSentence,
    StartStream,
    StopStream,
    StreamParam,
    SupportsCallbackURL,
    Transfer,
    UnknownVerb,
    parse,
    render,
)


class Blueprint:
    def url_for(self, handler: object, **values: object) -> str:
        return ""


def menu(call: object, room: int) -> None: ...


blueprint: SupportsCallbackURL = Blueprint()

# What is right
gather = Gather(
    SpeakSentence("Hi"), PlayAudio("/a.wav"), gather_url=menu, max_digits=1, first_digit_timeout=2
)
Gather(gather_url=blueprint, gather_fallback_url="/menu", gather_method="GET", inter_digit_timeout=1.5)
SpeakSentence(Markup("<s>Hi</s>"), voice="kate")
Transfer(PhoneNumber("+1", tag="a"), SipUri("sip:a@b"), call_timeout=20)
Response(gather, Hangup(), UnknownVerb("New", "text", Hangup(), extra={"a": "b"}))
assert_type(gather.replace(max_digits=2), Gather)
assert_type(gather.text, str | None)
assert_type(parse(""), Response | Bxml)
assert_type(render([gather, Hangup()]), bytes)

# What is read
assert_type(gather.max_digits, int | None)
assert_type(gather.inter_digit_timeout, float | None)
assert_type(gather.gather_url, Link | None)
assert_type(gather.gather_method, Literal["GET", "POST"] | None)
assert_type(Redirect(redirect_url="/").redirect_url, Link)
assert_type(StopStream(name="a", wait=True).wait, bool | None)

# A misspelt attribute
gather.max_digit  # type: ignore[attr-defined]
gather.children[0].voice  # type: ignore[attr-defined]
Gather(max_digit=1)  # type: ignore[call-arg]
Hangup(tag="a")  # type: ignore[call-arg]
# A value of another type
Gather(max_digits="1")  # type: ignore[arg-type]
Gather(max_digits=1.5)  # type: ignore[arg-type]
Gather(gather_url=1)  # type: ignore[arg-type]
Gather(gather_method="get")  # type: ignore[arg-type]
SpeakSentence("Hi", voice=7)  # type: ignore[arg-type]
SpeakSentence(b"Hi")  # type: ignore[arg-type]
# What is missing
Redirect()  # type: ignore[call-arg]
StartStream(StreamParam(name="a"), destination="wss://a")  # type: ignore[call-arg]
SpeakSentence()  # type: ignore[call-arg]
# A child that has no place there
Gather(Hangup())  # type: ignore[arg-type]
Gather("Hi")  # type: ignore[arg-type]
Refer(PhoneNumber("+1"))  # type: ignore[arg-type]
Response(PhoneNumber("+1"))  # type: ignore[arg-type]
Response([gather])  # type: ignore[arg-type]
