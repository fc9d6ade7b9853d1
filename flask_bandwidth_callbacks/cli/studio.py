"""``flask bandwidth studio``: a page with a telephone, the conversation and every callback."""

from __future__ import annotations

import logging
import os
import socket
import traceback
import webbrowser
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

import click
from flask import Flask
from werkzeug.serving import WSGIRequestHandler, is_running_from_reloader, run_simple

from flask_bandwidth_callbacks.config import UNSET
from flask_bandwidth_callbacks.simulator import SimulationError
from flask_bandwidth_callbacks.studio import Session, Studio, StudioBandwidth, create_app
from flask_bandwidth_callbacks.studio.production import sign_of_production
from flask_bandwidth_callbacks.studio.web import HOST

from .application import BadInput, load_application
from .target import target_options
from .terminal import say

_PARENT = "_FLASK_BANDWIDTH_STUDIO"
"""The environment variable with port and token, for the process that is started again with new code."""
_CLIENT_SECONDS = 10.0
"""How long a browser may send nothing, or read nothing, until its connection is closed."""


class Handler(WSGIRequestHandler):
    """Handles one connection, and gives up a browser that does nothing."""

    disable_nagle_algorithm = True  # else an event waits for the acknowledgment of the one before: 40 ms
    timeout = _CLIENT_SECONDS

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Log nothing, because the page shows what happens."""


@click.command("studio")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=5050,
    show_default=True,
    help="Port of the page; 0 takes one that is free.",
)
@target_options
@click.option("--no-open", is_flag=True, help="Do not open the page in the browser.")
def command(port: int, url: str | None, credentials: tuple[str, str] | None, no_open: bool) -> None:
    """Open a telephone in the browser.

    Talk to your application on a page that shows the conversation and every callback. The application is
    loaded again when its code changes. For example:

    \b
      flask bandwidth studio
      flask bandwidth studio --url http://127.0.0.1:5000/phone/ --credentials user:password

    Only this machine reaches the page, at the URL that the command prints. Nothing is sent to Bandwidth.
    Ctrl-C ends it.
    """
    _refuse_production(os.environ)
    is_server = url is not None and not url.startswith("/")
    if not is_server and is_running_from_reloader():
        # The process that is started again whenever the code changes.
        studio = _studio_of_parent()
        app = _load(studio)
        if app is not None:
            _refuse_production(app.config)
        with _session(studio, app, url, credentials):
            _serve(studio, reloads=True)
        return
    studio = Studio(_free_port(port))
    os.environ[_PARENT] = f"{studio.port} {studio.token}"
    say(f"The studio is at {studio.url}", "bold")
    say("Ctrl-C ends it.", "dim")
    if not no_open:
        webbrowser.open(studio.url)
    if is_server:
        with _session(studio, url, None, credentials), suppress(KeyboardInterrupt):
            _serve(studio, reloads=False)
    else:
        _serve(studio, reloads=True)


def _refuse_production(values: Mapping[str, object]) -> None:
    sign = sign_of_production(values)
    if sign is not None:
        raise BadInput(f"The studio is for development, and the application says {sign}. Use it elsewhere.")


def _free_port(port: int) -> int:
    """Return the port, or one that is free if it is 0; raises :class:`BadInput` if it is taken."""
    # Werkzeug would end the process with the wrong status where the port is taken.
    try:
        with socket.create_server((HOST, port)) as listening:
            free: int = listening.getsockname()[1]
    except OSError as error:
        raise BadInput(
            f"The port must be free, got {port} ({error.strerror}). Give another one with --port, or 0"
            " for any."
        ) from None
    return free


def _studio_of_parent() -> Studio:
    port, _, token = os.environ[_PARENT].partition(" ")
    return Studio(int(port), token)


def _load(studio: Studio) -> Flask | None:
    """Return the application; None if it cannot be loaded, which the page shows until it is mended."""
    try:
        return load_application()
    except (Exception, SystemExit) as error:
        cause = error.__cause__ or error
        text = error.format_message() if isinstance(error, click.ClickException) else str(error)
        say(text, "red")
        studio.show_broken(f"{text}\n\n{''.join(traceback.format_exception(cause))}")
        return None


@contextmanager
def _session(
    studio: Studio, target: Flask | str | None, url: str | None, credentials: tuple[str, str] | None
) -> Iterator[None]:
    """Return a context in which the studio has a session, unless there is nothing to call."""
    if target is None:
        yield
        return
    try:
        bandwidth = StudioBandwidth(target, url, credentials=UNSET if credentials is None else credentials)
    except SimulationError as error:
        say(str(error), "red")
        studio.show_broken(str(error))
        yield
        return
    studio.session = Session(bandwidth, studio.feed)
    with studio.session.running():
        yield


def _serve(studio: Studio, *, reloads: bool) -> None:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # else it prints a URL without the token
    run_simple(
        HOST,
        studio.port,
        create_app(studio),
        threaded=True,
        use_reloader=reloads,
        request_handler=Handler,
    )
