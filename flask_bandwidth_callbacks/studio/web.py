"""The Flask application that serves the page, to the one browser that has the token."""

from __future__ import annotations

import hmac
import json
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from flask import Flask, Response, abort, redirect, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from flask_bandwidth_callbacks.display import without_password
from flask_bandwidth_callbacks.exceptions import BandwidthCallbacksError
from flask_bandwidth_callbacks.simulator import Conflict, SimulationError
from flask_bandwidth_callbacks.simulator.explore import explore

from .actions import ACTIONS
from .callbacks import Callbacks
from .feed import Feed
from .samples import samples
from .session import Session, StudioBandwidth
from .tests_of_callbacks import written_test

HOST = "127.0.0.1"
"""The only address that the studio is served at."""
_HOSTS = ("localhost", HOST)
"""The names under which a browser may ask for the page. Another name that leads here is DNS rebinding."""
_HTTP_PORT = 80
"""The port that browsers do not name."""
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
}
_QUIET_SECONDS = 5.0
"""After how long the same problem is worth another sentence."""
_EXPLORING_SECONDS = 60.0
_PROGRESS_SECONDS = 0.25
"""How often the page hears how far exploring is."""
_LONGEST_BODY = 1024 * 1024
_FILES = Path(__file__).with_name("page")
_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
"""The types of the files; what the operating system says of them may be wrong."""
_WITHOUT_TOKEN = "Open the studio with the URL that flask bandwidth studio has printed."
_PAGE = "<!doctype html><html lang=en><title>Studio</title><p>{}</p></html>\n"


class Studio:
    """What the page shows: the events of one application, and its session once it could be loaded.

    :param token: what the URL must have.
    :param port: port of the server.
    """

    def __init__(self, port: int, token: str | None = None) -> None:
        self.port = port
        self.token = token or secrets.token_urlsafe()
        self.session: Session | None = None
        self.feed = Feed(lambda: 0 if self.session is None else self.session.milliseconds)
        self.callbacks = Callbacks(self.feed)
        self._make_app: Callable[[], Flask] | None = None
        self._problem = ("", 0.0)
        self._is_exploring = threading.Lock()

    @property
    def url(self) -> str:
        """The URL that opens the page."""
        return f"http://{HOST}:{self.port}/?token={self.token}"

    def show_broken(self, error: str) -> None:
        """Publish that the application cannot be loaded."""
        data = {"state": "broken", "name": "", "url": "", "error": error}
        self.feed.publish("application", data, key="application")

    def report(self, text: str) -> None:
        """Publish what is wrong, once if it goes on."""
        before, self._problem = self._problem, (text, time.monotonic())
        if before[0] != text or self._problem[1] - before[1] > _QUIET_SECONDS:
            self.feed.publish("problem", {"text": without_password(text)})

    def open(self, bandwidth: StudioBandwidth, make_app: Callable[[], Flask] | None = None) -> Session:
        """Begin a session of an application, which is to be run, and return it.

        :param make_app: returns the application for exploring it; None for a server, which cannot be.
        """
        self.session = Session(bandwidth, self.feed, self.callbacks, self.report)
        self._make_app = make_app
        return self.session

    def explore(self) -> str:
        """Explore the application, and return the report as JSON.

        Raises :class:`Conflict` if it is not in process, and if it is being explored already.
        """
        if self._make_app is None:
            raise Conflict("Only an application in process can be explored. Start the studio without --url.")
        if not self._is_exploring.acquire(blocking=False):
            raise Conflict("The application is being explored already.")
        try:
            return explore(self._make_app, seconds=_EXPLORING_SECONDS, watch=self._show_progress()).to_json()
        finally:
            self._is_exploring.release()

    def _show_progress(self) -> Callable[[int, int], None]:
        shown = 0.0

        def show(calls: int, states: int) -> None:
            nonlocal shown
            if time.monotonic() - shown > _PROGRESS_SECONDS:
                shown = time.monotonic()
                self.feed.publish("exploring", {"calls": calls, "states": states})

        return show

    def current_session(self) -> Session:
        """Return the session; raises :class:`Conflict` if the application could not be loaded."""
        if self.session is None:
            raise Conflict("The application cannot be loaded. Mend it first.")
        return self.session


def create_app(studio: Studio) -> Flask:
    """Return the Flask application of a studio."""
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = _LONGEST_BODY
    cookie = f"studio_{studio.port}"  # browsers send cookies to every port of a host
    hosts = {f"{host}:{studio.port}" for host in _HOSTS} | set(_HOSTS if studio.port == _HTTP_PORT else ())

    def is_token(value: str | None) -> bool:
        return value is not None and hmac.compare_digest(value.encode(), studio.token.encode())

    @app.before_request
    def guard() -> AnyResponse | None:
        host = request.headers.get("Host", "")
        if host not in hosts:
            abort(403, f"The studio is served for localhost and {HOST} only.")
        if request.method == "GET" and request.path == "/" and is_token(request.args.get("token")):
            response = redirect("/", 303)
            response.set_cookie(cookie, studio.token, httponly=True, samesite="Strict")
            return response
        if not is_token(request.cookies.get(cookie)):
            abort(403, _WITHOUT_TOKEN)
        if request.method not in ("GET", "HEAD"):
            if request.headers.get("Origin") != f"http://{host}":
                abort(403, "Actions are accepted from the page of the studio only.")
            if request.mimetype != "application/json":
                abort(415, "An action must be JSON.")
        return None

    @app.after_request
    def add_headers(response: Response) -> Response:
        response.headers.update(_HEADERS)
        return response

    @app.errorhandler(HTTPException)
    def show_http_error(error: HTTPException) -> AnyResponse:
        status = error.code or 500
        if request.path == "/" and request.method == "GET":
            return Response(_PAGE.format(error.description), status, mimetype="text/html")
        return _problem(status, error.description or error.name)

    @app.errorhandler(BandwidthCallbacksError)
    def show_error(error: BandwidthCallbacksError) -> AnyResponse:
        return _problem(error.status if isinstance(error, SimulationError) else 400, str(error))

    @app.get("/", defaults={"name": "index.html"})
    @app.get("/<name>")
    def file(name: str) -> AnyResponse:
        known = {path.name: path for path in _FILES.iterdir() if path.suffix in _TYPES}
        if name not in known:
            abort(404)
        return Response(known[name].read_bytes(), mimetype=_TYPES[known[name].suffix])

    @app.get("/events")
    def events() -> AnyResponse:
        return Response(
            studio.feed.stream(request.headers.get("Last-Event-ID")), mimetype="text/event-stream"
        )

    @app.get("/callbacks/<int:number>")
    def callback(number: int) -> Mapping[str, Any]:
        record = studio.callbacks.find(number)
        return record.details() | {"test": written_test(studio.session, record)}

    @app.get("/map.svg")
    def picture() -> AnyResponse:
        return Response(studio.current_session().map.to_svg(), mimetype="image/svg+xml")

    @app.get("/findings")
    def findings() -> AnyResponse:
        studio.current_session()
        return Response(studio.explore(), mimetype="application/json")

    @app.get("/samples")
    def list_samples() -> AnyResponse:
        return _json(samples())

    @app.post("/actions/<name>")
    def act(name: str) -> AnyResponse:
        action = ACTIONS.get(name)
        if action is None:
            abort(404, f"{name!r} is not an action of the studio.")
        arguments = request.get_json()
        if not isinstance(arguments, dict):
            abort(400, "The arguments of an action must be an object.")
        result = action(studio.current_session(), arguments)
        return Response(status=204) if result is None else _json(result)

    return app


def _json(value: object, status: int = 200, mimetype: str = "application/json") -> Response:
    return Response(json.dumps(value), status, mimetype=mimetype)


def _problem(status: int, detail: str) -> Response:
    """Return an error with a sentence that the page shows (RFC 9457)."""
    return _json({"status": status, "detail": detail}, status, "application/problem+json")
