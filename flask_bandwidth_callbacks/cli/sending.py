"""``flask bandwidth send``: one callback, and what comes back."""

from __future__ import annotations

import copy
import difflib
import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from http.client import responses
from typing import Any, BinaryIO

import click
from flask import Flask
from marshmallow import ValidationError

from flask_bandwidth_callbacks.decoding import decode_json
from flask_bandwidth_callbacks.display import without_password
from flask_bandwidth_callbacks.events import EVENT_CLASSES, event_class_of
from flask_bandwidth_callbacks.payloads import Payload, attribute_types
from flask_bandwidth_callbacks.simulator import Exchange
from flask_bandwidth_callbacks.simulator.samples import sample_of
from flask_bandwidth_callbacks.simulator.wire.exchanges import without_credentials

from . import application
from .addresses import addresses_of
from .terminal import say, verbatim, xml

_HEADERS = ("Content-Type", "WWW-Authenticate", "Location", "Allow", "Retry-After")
_SHOWN_CHARACTERS = 2000
_MOST_SHOWN = 5


# -- What is sent --------------------------------------------------------------------------------------------


def _event(context: click.Context, parameter: click.Parameter, event: str) -> str:
    if event not in EVENT_CLASSES:
        nearest = difflib.get_close_matches(event, EVENT_CLASSES, n=1, cutoff=0)[0]
        raise click.BadParameter(f"{event!r} is no event; the nearest is {nearest!r}.")
    return event


def _change(event: str, assignment: str) -> tuple[list[str], Any]:
    """Return where a property stands and the value that ``--set`` gives it."""
    name, equals, text = assignment.partition("=")
    if not equals:
        raise click.BadParameter(f"{assignment!r} sets nothing: give property=value.")
    place, kind = _place(event, name)
    return place, text if kind is str else _as_json(text)


def _place(event: str, name: str) -> tuple[list[str], Any]:
    """Return where a property stands, in wire names, and the type of its values."""
    kind: Any = event_class_of(event)
    place: list[str] = []
    rest = name
    while True:
        if kind == dict[str, str]:
            return [*place, rest], str
        if not (isinstance(kind, type) and issubclass(kind, Payload)):
            raise click.BadParameter(f"{event} has nothing inside of {'.'.join(place)}: it is no object.")
        part, dot, rest = rest.partition(".")
        types = _wire_names(kind)
        wire_name = kind.wire_name(part)
        if wire_name not in types:
            raise click.BadParameter(
                f"{event} has no property {name!r}{_nearest_property(place, part, types)}."
                + ("" if place else _where_it_is(part))
            )
        place.append(wire_name)
        kind = types[wire_name]
        if not dot:
            return place, kind


def _nearest_property(place: Sequence[str], name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(known), n=1)
    return f"; the nearest is {'.'.join([*place, *near])!r}" if near else ""


def _where_it_is(name: str) -> str:
    events = [event for event, kind in EVENT_CLASSES.items() if kind.wire_name(name) in _wire_names(kind)]
    more = f" and {len(events) - _MOST_SHOWN} more" if len(events) > _MOST_SHOWN else ""
    return f" It is a property of {', '.join(events[:_MOST_SHOWN])}{more}." if events else ""


def _wire_names(kind: type[Payload]) -> dict[str, Any]:
    return {kind.wire_name(attribute): type_ for attribute, type_ in attribute_types(kind).items()}


def _object_at(payload: dict[str, Any], place: Iterable[str]) -> dict[str, Any]:
    for part in place:
        if not isinstance(payload.get(part), dict):
            payload[part] = {}
        payload = payload[part]
    return payload


def _as_json(text: str) -> Any:
    try:
        return decode_json(text)
    except ValidationError:
        return text


# -- Where it goes -------------------------------------------------------------------------------------------


def _answered_at(app: Flask, event: str) -> str:
    """Return where an event is answered, else the URL of the blueprint; raises if it is not clear."""
    addresses = [address for of_one in addresses_of(app) for address in of_one]
    own = [one for one in addresses if one.path is None]
    answering = [one for one in addresses if one.answers(event)]
    possible = [one for one in own if one in answering] or answering or own
    if len(possible) > 1 or possible[0].rule.arguments:
        raise click.ClickException(
            f"{event} may go to {' or '.join(map(str, possible))}: say with --url where, with a value for"
            " every <variable>."
        )
    return str(possible[0])


# -- What comes back -----------------------------------------------------------------------------------------


def _show(exchange: Exchange) -> None:
    say(f"{exchange.event}  {exchange.method} {without_password(exchange.url)}", "bold")
    if exchange.status is None:
        say(f"No reply: {exchange.failure}.", "red")
        return
    phrase = responses.get(exchange.status, "")
    say(f"{exchange.status} {phrase}".rstrip(), "red" if exchange.failure else "green")
    for name in _HEADERS:
        if name.lower() in exchange.headers:
            say(f"{name}: {exchange.headers[name.lower()]}", "dim")
    _show_body(exchange)
    more = (exchange.failure or "").removeprefix(f"status {exchange.status}")
    if more and not more.startswith(":"):  # which is what the refusal says
        say(f"{exchange.failure}.", "red")
    for oddity in exchange.oddities:
        say(f"Passed over: {oddity}.", "yellow")


def _show_body(exchange: Exchange) -> None:
    if exchange.bxml is not None:
        xml(without_credentials(exchange.bxml))
        return
    text = exchange.response.decode("utf-8", "replace")
    problem = _as_json(text) if exchange.content_type.startswith("application/problem+json") else None
    if isinstance(problem, dict) and "detail" in problem:
        say(f"Refused: {problem['detail']}", "red")
        if "errors" in problem:
            verbatim(json.dumps(problem["errors"], ensure_ascii=False), "red")
    elif text:
        verbatim(text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}...")


# -- The command ---------------------------------------------------------------------------------------------


@click.command(epilog=f"Events: {', '.join(EVENT_CLASSES)}.")
@click.argument("event", callback=_event)
@click.option("--set", "assignments", metavar="PROPERTY=VALUE", multiple=True, help="Change a property.")
@click.option("--remove", "removed", metavar="PROPERTY", multiple=True, help="Leave a property out.")
@click.option(
    "--raw", type=click.File("rb"), help="Send the bytes of this file instead, as they are; - is the input."
)
@application.where
@click.option("-v", "--verbose", is_flag=True, help="Show what is sent, too.")
def send(
    event: str,
    assignments: tuple[str, ...],
    removed: tuple[str, ...],
    raw: BinaryIO | None,
    url: str | None,
    credentials: tuple[str, str] | None,
    verbose: bool,
) -> None:
    """Send one callback, and show the reply.

    Every property is filled in. --set and --remove take the names that properties have in JSON or in Python;
    what is inside of an object comes after a dot. A value is read as JSON, unless the property is text:

    \b
      flask bandwidth send initiate --set from=+13035550199 --set stirShaken.verstat=TN-Validation-Failed
      flask bandwidth send gather --set digits=2 --remove tag
      flask bandwidth send disconnect --set cause=hangup --remove errorMessage
      flask bandwidth send recordingAvailable --set channels=2 --set duration=PT3S --url /phone/recorded

    Without --url it goes to where the application answers this event, else to its blueprint's own URL.
    As Bandwidth does, it shows credentials only when asked for them.

    The exit status is 0 if the reply is one that Bandwidth can take, with valid BXML where BXML is awaited,
    else 1.
    """
    if raw is not None and (assignments or removed):
        raise click.UsageError("--raw sends the file as it is: --set and --remove have nothing to change.")
    changes = [_change(event, assignment) for assignment in assignments]
    places = [_place(event, name)[0] for name in removed]
    if url is None:
        url = _answered_at(application.load(), event)
    bandwidth = application.bandwidth_at(url, credentials, start=datetime.now(UTC))
    payload = copy.deepcopy(sample_of(bandwidth, event))
    for (*outer, last), value in changes:
        _object_at(payload, outer)[last] = value
    for *outer, last in places:
        _object_at(payload, outer).pop(last, None)
    body = raw.read() if raw is not None else json.dumps(payload, indent=2).encode()
    if verbose:
        verbatim(body.decode("utf-8", "replace"), "dim")
    exchange = bandwidth.send(event, payload, raw=body)
    _show(exchange)
    if exchange.status == 401 and bandwidth.credentials is None:
        say("Give them with --credentials user:password.", "red")
    if exchange.failure is not None:
        raise click.exceptions.Exit(1)
