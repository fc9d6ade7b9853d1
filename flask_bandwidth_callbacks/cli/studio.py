"""``flask bandwidth studio``: a page with a telephone, the conversation and every callback."""

from __future__ import annotations

import logging
import os
import socket
import threading
import traceback
import webbrowser
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import click
from flask import Flask
from werkzeug.serving import WSGIRequestHandler, is_running_from_reloader, run_simple

from flask_bandwidth_callbacks import config
from flask_bandwidth_callbacks.call_log import close_call_log
from flask_bandwidth_callbacks.config import UNSET
from flask_bandwidth_callbacks.studio import Studio, StudioBandwidth, create_app
from flask_bandwidth_callbacks.studio.following import following
from flask_bandwidth_callbacks.studio.production import sign_of_production
from flask_bandwidth_callbacks.studio.web import HOST

from .application import BadInput, application_maker, load_application
from .target import target_options
from .terminal import say, verbatim

PARENT = "_FLASK_BANDWIDTH_STUDIO"
"""The environment variable with port and token, for the process that is started again with new code."""
_OPENING_SECONDS = 0.3
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
@click.option(
    "--watch",
    metavar="[FILE]",
    is_flag=False,
    flag_value="",
    help="Also show the callbacks that a running application gets from Bandwidth, which it writes to its call"
    " log.  [default file: BANDWIDTH_CALLBACKS_RECORD of the application]",
)
@click.option("--no-open", is_flag=True, help="Do not open the page in the browser.")
def command(
    port: int, url: str | None, credentials: tuple[str, str] | None, watch: str | None, no_open: bool
) -> None:
    """Open a telephone in the browser.

    Talk to your application on a page that shows the conversation and every callback. The application is
    loaded again when its code changes. For example:

    \b
      flask bandwidth studio
      flask bandwidth studio --url http://127.0.0.1:5000/phone/ --credentials user:password
      flask bandwidth studio --watch calls.jsonl

    Only this machine reaches the page, at the URL that the command prints. Nothing is sent to Bandwidth.
    Ctrl-C ends it.
    """
    _refuse_production(os.environ)
    is_server = url is not None and not url.startswith("/")
    if is_server and watch == "":
        raise click.UsageError("--watch must have a file with --url, got none. Give --watch calls.jsonl.")
    if not is_server and PARENT in os.environ and is_running_from_reloader():
        # The process that is started again whenever the code changes.
        studio = _studio_of_parent()
        with _session_of_application(studio, url, credentials, watch):
            _serve(studio, reloads=True)
        return
    studio = Studio(_free_port(port))
    os.environ[PARENT] = f"{studio.port} {studio.token}"
    verbatim(f"The studio is at {studio.url}", "bold")
    say("Ctrl-C ends it.", "dim")
    if not no_open:
        _open_soon(studio.url)
    if is_server:
        bandwidth = _bandwidth(str(url), None, credentials)
        with suppress(KeyboardInterrupt), _watching(studio, watch), studio.open(bandwidth).running():
            _serve(studio, reloads=False)
    else:
        _serve(studio, reloads=True)


def _open_soon(url: str) -> None:
    """Open a URL in the browser when the server listens, which it does in a moment."""
    timer = threading.Timer(_OPENING_SECONDS, webbrowser.open, [url])
    timer.daemon = True
    timer.start()


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
        reason = os.strerror(error.errno or 0)
        raise BadInput(
            f"The port must be free, got {port} ({reason}). Give another one with --port, or 0 for any."
        ) from None
    return free


def _studio_of_parent() -> Studio:
    port, _, token = os.environ[PARENT].partition(" ")
    return Studio(int(port), token)


@contextmanager
def _session_of_application(
    studio: Studio, url: str | None, credentials: tuple[str, str] | None, watch: str | None
) -> Iterator[None]:
    """Return a context with a session of the application that ``flask --app`` names.

    If there cannot be one, the page shows why, until the code is mended and this process started again.
    """
    try:
        app = load_application()
        bandwidth = _bandwidth(app, url, credentials)
    except (Exception, SystemExit) as error:
        text = error.format_message() if isinstance(error, click.ClickException) else str(error)
        say(text, "red")
        cause = error.__cause__ or error
        studio.show_broken(f"{text}\n\n{''.join(traceback.format_exception(cause))}")
        with _watching(studio, watch or None):
            yield
        return
    _refuse_production(app.config)
    if watch == "":
        watch = _call_log_of(app)
    close_call_log(app)  # which is for real calls
    with _watching(studio, watch), studio.open(bandwidth, application_maker()).running():
        yield


def _bandwidth(target: Flask | str, url: str | None, credentials: tuple[str, str] | None) -> StudioBandwidth:
    return StudioBandwidth(target, url, credentials=UNSET if credentials is None else credentials)


def _call_log_of(app: Flask) -> str:
    path = config.RECORD.read(app)
    if path is None:
        raise BadInput(
            "--watch must have a call log, got none. Set BANDWIDTH_CALLBACKS_RECORD in the application that"
            " runs, or give its file: --watch calls.jsonl."
        )
    return str(path)


@contextmanager
def _watching(studio: Studio, watch: str | None) -> Iterator[None]:
    if watch is None:
        yield
    else:
        with following(Path(watch), studio.callbacks.add, studio.report):
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
