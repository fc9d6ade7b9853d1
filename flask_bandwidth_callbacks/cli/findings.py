"""What will go wrong in production, as far as it can be read off an application."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from flask import Flask

from flask_bandwidth_callbacks import bxml, config
from flask_bandwidth_callbacks.credentials import Credentials
from flask_bandwidth_callbacks.events import EVENT_CLASSES

from .addresses import Address

_FROM_OUTSIDE = {
    "initiate": "the Call initiated callback URL of a Bandwidth application",
    "answer": "the answerUrl of createCall",
    "conferenceRedirect": "the redirectUrl of updateConference",
}
"""How Bandwidth learns of URLs that no verb leads to."""

_FROM_VERBS = {
    event
    for element in bxml.ELEMENTS.values()
    for attribute in element.specification.attributes.values()
    if attribute.url is not None
    for event in attribute.url.events
}

_GUESSED_FIRST = ("bandwidth", "password", "passw0rd", "secret", "s3cret", "changeme", "qwerty", "12345678")
_FEWEST_CHARACTERS = 12
"""How long a password must be, besides what is guessed first."""


@dataclass(frozen=True)
class Finding:
    """Something that will go wrong."""

    level: Literal["error", "warning", "note"]
    """An error loses calls, or lets anybody make them up. A note is no fault if it is meant."""
    what: str
    why: str
    remedy: str


def look(app: Flask, addresses: Sequence[Sequence[Address]]) -> Iterator[Finding]:
    """Yield what is wrong with the addresses of an application, by blueprint, and with its settings."""
    yield from _no_beginning([address for of_one in addresses for address in of_one])
    yield from _no_end(addresses)
    # A blueprint that is registered twice has the same faults twice.
    for of_one in {one[0].registration.blueprint: one for one in addresses}.values():
        yield from _only_on_conditions(of_one)
        yield from _not_led_to(of_one)
        yield from _cannot_run(app, of_one[0])
        yield from _weak_credentials(of_one[0])
    yield from _settings(app)


# -- Who answers and hears -----------------------------------------------------------------------------------


def _no_beginning(addresses: Sequence[Address]) -> Iterator[Finding]:
    if any(address.answers("initiate") for address in addresses):
        return
    what = "Nobody answers initiate."
    remedy = f"Let a function answer: @{addresses[0].registration.blueprint.name}.respond(InitiateCallback)."
    if any(address.answers("answer") for address in addresses):
        why = "Calls that come in are lost. That is no matter if this application only makes calls."
        yield Finding("warning", what, why, remedy)
    else:
        yield Finding("error", what, "Every call that comes in is lost: the caller is hung up on.", remedy)


def _no_end(addresses: Sequence[Sequence[Address]]) -> Iterator[Finding]:
    answering = [of_one for of_one in addresses if _answers_calls(of_one)]
    for of_one in answering or addresses[:1]:
        registration = of_one[0].registration
        if any(one.takes(["disconnect"]) for one in registration.subscriptions.subscribers):
            continue
        where = f" of the calls that {registration.name} answers" if len(addresses) > 1 else ""
        yield Finding(
            "warning",
            f"Nobody hears disconnect{where}.",
            "It alone tells that a call is over, and why: hung up, or lost by a fault of yours.",
            f"Let a function hear: @{registration.blueprint.name}.on(DisconnectCallback).",
        )


def _answers_calls(addresses: Sequence[Address]) -> bool:
    return any(address.answers(event) for address in addresses for event in ("initiate", "answer"))


def _only_on_conditions(addresses: Sequence[Address]) -> Iterator[Finding]:
    own = addresses[0]
    for address in addresses:
        refused: dict[str, list[str]] = defaultdict(list)
        for event, event_class in EVENT_CLASSES.items():
            if event != event_class.event_types[0] or not event_class.reply.required:
                continue
            here = [one for one in address.responders if one.takes([event])]
            fallen_back_to = [one for one in own.responders if one.takes([event])]
            if here and all(one.matches for one in (*here, *fallen_back_to)):
                refused[" or ".join(dict.fromkeys(one.condition for one in here))].append(event)
        for conditions, events in refused.items():
            yield Finding(
                "warning",
                f"{address} answers {_listed(events)} only if {conditions}.",
                "Any other is refused, and the call is lost.",
                "Add a responder without a condition, if they do not cover everything.",
            )


def _not_led_to(addresses: Sequence[Address]) -> Iterator[Finding]:
    for address in addresses[1:]:
        events = [event for event in EVENT_CLASSES if address.answers(event)]
        if _FROM_VERBS.isdisjoint(events):
            yield _no_way_to(address, addresses[0], events)


def _no_way_to(address: Address, own: Address, events: Sequence[str]) -> Finding:
    responders = ", ".join(map(str, address.responders))
    what = f"No verb leads to {address}, where {responders} answers"
    remedy = f"Leave the path out where that is not meant: the URL without it is {own}."
    ways = " or ".join(_FROM_OUTSIDE[event] for event in events)
    if not events:
        return Finding(
            "warning", f"{what} what is not known.", "Nothing is known that leads there either.", remedy
        )
    return Finding(
        "warning" if "initiate" in events else "note",
        f"{what} {_listed(events)}.",
        f"Bandwidth comes only where it is given this URL as {ways}.",
        remedy,
    )


def _cannot_run(app: Flask, address: Address) -> Iterator[Finding]:
    subscriptions = address.registration.subscriptions
    handlers = [one for one in (*subscriptions.responders, *subscriptions.subscribers) if one.is_async]
    try:
        for one in handlers:
            app.ensure_sync(one.handler)
    except RuntimeError as error:
        yield Finding(
            "error",
            f"{', '.join(map(str, handlers))} cannot run: {error}",
            "Every call that one of them answers is lost.",
            "pip install 'flask[async]'",
        )


def _listed(events: Sequence[str]) -> str:
    return ", ".join(map(repr, events))


# -- Credentials ---------------------------------------------------------------------------------------------


def _weak_credentials(address: Address) -> Iterator[Finding]:
    name = address.registration.name
    pairs = address.registration.gate.pairs
    if not pairs:
        yield Finding(
            "error",
            f"{name} lets everyone in: it has no credentials.",
            f"Whoever finds {address} can make calls up, and read what callers are answered.",
            f"Give the Bandwidth application a username and a password, and {config.CREDENTIALS} the same.",
        )
    for pair in pairs:
        if _is_weak(pair):
            yield Finding(
                "warning",
                f"{name} takes a password for {pair.username!r} that is short or easily guessed.",
                f"Whoever guesses it can make calls up at {address}, and read what callers are answered.",
                'Make a new one: python -c "import secrets; print(secrets.token_urlsafe())".',
            )


def _is_weak(pair: Credentials) -> bool:
    rest = pair.password.lower()
    for word in (pair.username.lower(), *_GUESSED_FIRST):
        rest = rest.replace(word, "")
    return len(rest) < _FEWEST_CHARACTERS or len(set(rest)) < _FEWEST_CHARACTERS // 2


# -- Settings ------------------------------------------------------------------------------------------------


def _settings(app: Flask) -> Iterator[Finding]:
    if app.debug:
        yield Finding(
            "warning",
            "Debug mode is on.",
            "Werkzeug's debugger lets visitors run code, and an answer with a fault becomes an error.",
            "Unset FLASK_DEBUG, and do not set app.debug.",
        )
    if app.testing:
        yield Finding(
            "warning",
            "TESTING is on.",
            "What a handler raises passes error handlers by, and an answer with a fault becomes an error.",
            "Set TESTING in tests only.",
        )
    if not (app.debug or app.testing) and config.CHECK_BXML.read(app):
        yield Finding(
            "warning",
            f"{config.CHECK_BXML} is on.",
            "An answer with a fault becomes an error, where Bandwidth might have taken it.",
            "Leave it unset: it is on in debug mode and in tests.",
        )
    if app.config["SERVER_NAME"] and app.config["PREFERRED_URL_SCHEME"] == "http":
        yield Finding(
            "warning",
            "PREFERRED_URL_SCHEME is http.",
            "Outside of a request url_for(..., _external=True) gives http URLs, and a password goes there"
            " readable for everyone on the way, if Bandwidth sends it at all.",
            "Set it to https.",
        )
