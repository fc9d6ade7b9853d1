"""The REST interface over HTTP, on this machine only, with the simulation in real time."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from werkzeug.exceptions import HTTPException
from werkzeug.serving import WSGIRequestHandler, make_server

from flask_bandwidth_callbacks.display import show

from ..engine.real_time import real_time
from ..exceptions import SimulationError
from .application import RestApplication, RestRequest

_HOST = "127.0.0.1"
_LAST_PORT = 65535
_CLIENT_SECONDS = 10.0
"""How long a client may send nothing, or read nothing, until its connection is closed."""
_SHUTDOWN_SECONDS = 0.05
"""How often the server looks whether it is to end."""


@contextmanager
def served(application: RestApplication, port: int = 0) -> Iterator[str]:
    """Serve the REST interface, and give the URL of the server, such as ``http://127.0.0.1:5001``.

    Meanwhile time passes as it really does, and the URLs in callbacks lead to the server.

    :param port: 0 takes one that is free.

    Raises :class:`SimulationError` for what is not a port, for one that is not free, and if the time of the
    simulation follows the clock already; at the end, whatever :func:`.real_time` raises.
    """
    bandwidth = application.bandwidth
    with _server(application, port) as url, real_time(bandwidth):
        before, bandwidth.rest_url = bandwidth.rest_url, f"{url}/api/v2"
        try:
            yield url
        finally:
            bandwidth.rest_url = before


@contextmanager
def _server(application: RestApplication, port: int) -> Iterator[str]:
    with _listening(port) as listening:
        server = make_server(
            _HOST,
            0,
            over_a_connection(application),
            threaded=True,
            request_handler=Handler,
            fd=listening.fileno(),
        )
    thread = threading.Thread(target=server.serve_forever, args=(_SHUTDOWN_SECONDS,), daemon=True)
    thread.start()
    try:
        yield f"http://{_HOST}:{server.port}"
    finally:
        server.shutdown()
        thread.join()


def over_a_connection(application: RestApplication) -> Any:
    """Return the WSGI application that a server runs, in a thread for each connection."""
    bandwidth = application.bandwidth

    def serve(environ: dict[str, Any], start_response: Any) -> Iterator[bytes]:
        request = RestRequest(environ)
        with suppress(HTTPException):  # which the application meets again
            request.get_data()  # before the lock is taken, because a client may be slow
        with bandwidth.turn:
            body = b"".join(application.respond(request)(environ, start_response))
            if request.method != "GET":
                # The server has sent this when the generator goes on, so a call never begins before the
                # application has its id.
                yield body
                return
        yield body

    return serve


@contextmanager
def _listening(port: int) -> Iterator[socket.socket]:
    # Werkzeug would end the process where the port is not free.
    if isinstance(port, bool) or not isinstance(port, int) or not 0 <= port <= _LAST_PORT:
        raise SimulationError(f"port must be a number from 0 to {_LAST_PORT}, got {show(port)}.")
    try:
        listening = socket.create_server((_HOST, port))
    except OSError as error:
        raise SimulationError(
            f"The port must be free, got {port} ({error.strerror}). Give another one, or 0 for any."
        ) from None
    with listening:
        yield listening


class Handler(WSGIRequestHandler):
    """Handles one connection, and gives up a client that does nothing."""

    timeout = _CLIENT_SECONDS

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Log nothing, because the conversations say what requests have led to."""
