"""``flask bandwidth send``: one callback and the reply to it."""

from __future__ import annotations

import copy
import difflib
import json
from datetime import UTC, datetime
from http.client import responses
from typing import BinaryIO

import click
from flask import Flask

from flask_bandwidth_callbacks.display import TEXT_LIMIT, shorten, without_credentials, without_password
from flask_bandwidth_callbacks.events import EVENT_CLASSES
from flask_bandwidth_callbacks.simulator import Exchange
from flask_bandwidth_callbacks.simulator.samples import sample_of

from .application import load_application
from .callback_routes import callback_routes
from .one_call import raised_beside_the_reply
from .properties import Property, find_property, read_json
from .scene import seed_option
from .target import simulated_bandwidth, target_options
from .terminal import clean, say, verbatim, xml

_HEADERS = ("Content-Type", "WWW-Authenticate", "Location", "Allow", "Retry-After")


# -- The arguments -------------------------------------------------------------------------------------------


def _event(context: click.Context, parameter: click.Parameter, event: str) -> str:
    if event not in EVENT_CLASSES:
        nearest = difflib.get_close_matches(event, EVENT_CLASSES, n=1, cutoff=0)[0]
        raise click.BadParameter(f"{event!r} is not an event; the nearest is {nearest!r}.")
    return event


def _change(event: str, assignment: str) -> tuple[Property, str]:
    """Return the property that an assignment of ``--set`` names, and the text after the equals sign."""
    name, equals, text = assignment.partition("=")
    if not equals:
        raise click.BadParameter(f"--set must be PROPERTY=VALUE, got {assignment!r}.")
    return find_property(event, name), text


def _url_of(app: Flask, event: str) -> str:
    """Return the URL of the only responder of an event, else the URL of the only blueprint.

    Raises :class:`click.ClickException` if there are several, or if it has variables.
    """
    routes = [route for of_blueprint in callback_routes(app) for route in of_blueprint]
    own = [route for route in routes if route.path is None]
    responding = [route for route in routes if route.answers(event)]
    possible = [route for route in own if route in responding] or responding or own
    if len(possible) > 1 or possible[0].rule.arguments:
        raise click.ClickException(
            f"{event} may go to {' or '.join(map(str, possible))}. Choose with --url, and give every"
            " <variable> a value."
        )
    return str(possible[0])


# -- The reply -----------------------------------------------------------------------------------------------


def _show(exchange: Exchange) -> None:
    say(f"{exchange.event}  {exchange.method} {without_password(exchange.url)}", "bold")
    if exchange.status is None:
        say(f"No reply: {exchange.failure}.", "red")
        return
    phrase = responses.get(exchange.status, "")
    say(f"{exchange.status} {phrase}".rstrip(), "red" if exchange.failure else "green")
    for name in _HEADERS:
        if name.lower() in exchange.headers:
            say(f"{name}: {without_password(exchange.headers[name.lower()])}", "dim")
    _show_body(exchange)
    reason = (exchange.failure or "").removeprefix(f"status {exchange.status}")
    if reason and not reason.startswith(":"):  # the detail of a rejection is shown already
        say(f"{exchange.failure}.", "red")
    for oddity in exchange.oddities:
        say(f"Ignored: {oddity}.", "yellow")


def _show_body(exchange: Exchange) -> None:
    if exchange.bxml is not None:
        xml(without_credentials(exchange.bxml))
        return
    text = exchange.response.decode("utf-8", "replace")
    problem = read_json(text) if exchange.content_type.startswith("application/problem+json") else None
    if isinstance(problem, dict) and "detail" in problem:
        say(f"Rejected: {without_password(str(problem['detail']))}", "red")
        if "errors" in problem:
            verbatim(json.dumps(problem["errors"], ensure_ascii=False), "red")
    elif text:
        verbatim(shorten(without_credentials(text), TEXT_LIMIT))


# -- The command ---------------------------------------------------------------------------------------------


@click.command("send", epilog=f"Events: {', '.join(EVENT_CLASSES)}.")
@click.argument("event", callback=_event)
@click.option(
    "--set", "assignments", metavar="PROPERTY=VALUE", multiple=True, help="Change a property; repeatable."
)
@click.option(
    "--remove", "removed", metavar="PROPERTY", multiple=True, help="Leave a property out; repeatable."
)
@click.option(
    "--raw",
    type=click.File("rb"),
    help="Send the bytes of this file unchanged instead; - reads standard input.",
)
@target_options
@seed_option
@click.option("-v", "--verbose", is_flag=True, help="Also show the body that is sent.")
def command(
    event: str,
    assignments: tuple[str, ...],
    removed: tuple[str, ...],
    raw: BinaryIO | None,
    url: str | None,
    credentials: tuple[str, str] | None,
    seed: int | None,
    verbose: bool,
) -> None:
    """Send one callback and show the reply.

    Every property has a sample value. --set and --remove take the names that properties have in JSON or in
    Python; a dot leads into an object. A value is read as JSON unless the property is text:

    \b
      flask bandwidth send initiate --set from=+13035550199 --set stirShaken.verstat=TN-Validation-Failed
      flask bandwidth send gather --set digits=2 --remove tag
      flask bandwidth send disconnect --set cause=hangup --remove errorMessage
      flask bandwidth send recordingAvailable --set channels=2 --set duration=PT3S --url /phone/recorded

    Without --url the callback goes to the URL of the responder to this event, or else to the blueprint's own
    URL. Like Bandwidth, the command sends credentials only after the application has asked for them.

    The exit status is 0 if Bandwidth would accept the reply, with valid BXML where it runs the reply, and no
    subscriber is known to have raised an exception, else 1.
    """
    if raw is not None and (assignments or removed):
        raise click.UsageError(
            "--raw cannot be combined with --set and --remove: it sends the file unchanged."
        )
    changes = [_change(event, assignment) for assignment in assignments]
    removals = [find_property(event, name) for name in removed]
    if url is None:
        url = _url_of(load_application(), event)
    # Without a seed all samples are about one call, so that its events can be sent one after the other.
    bandwidth = simulated_bandwidth(url, credentials, start=datetime.now(UTC), seed=seed or 0)
    payload = copy.deepcopy(sample_of(bandwidth, event))
    for changed, text in changes:
        changed.put(payload, text)
    for removal in removals:
        removal.remove(payload)
    body = raw.read() if raw is not None else json.dumps(payload, indent=2).encode()
    if verbose:
        verbatim(body.decode("utf-8", "replace"), "dim")
    with bandwidth.mock_rest_if_installed():
        exchange = bandwidth.send(event, payload, raw=body)
    _show(exchange)
    if exchange.status == 401 and bandwidth.credentials is None:
        say("Give them with --credentials USER:PASSWORD.", "red")
    if exchange.failure is not None:
        raise click.exceptions.Exit(1)
    if exchange.raised:
        raise click.ClickException(clean(raised_beside_the_reply(exchange.raised)))
