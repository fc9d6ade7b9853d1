"""Call the switchboard without a telephone: play one whole call, then hand over the keypad.

The application runs under a real server on 127.0.0.1, and a simulated Bandwidth calls it over HTTP. In the
story the caller asks for sales, which does not answer, and leaves a message. Then, in a terminal, it is your
turn.
"""

import argparse
import contextlib
import html
import json
import logging
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, build_opener

from werkzeug.serving import make_server

from flask_bandwidth_callbacks.cli.keypad import converse
from flask_bandwidth_callbacks.cli.transcript import follow
from flask_bandwidth_callbacks.exceptions import BandwidthCallbacksError
from flask_bandwidth_callbacks.simulator import SimulatedBandwidth
from flask_bandwidth_callbacks.simulator.rest import RestApplication

CALLER = "+13035550123"
SALES = "+13035550141"
SUPPORT = "+13035550142"
RING_SECONDS = 20
PATIENCE_SECONDS = 20
WORKERS = 2
"""Any of them gets the next callback of a call."""
APPLICATION = "examples.switchboard:create_app"
SETTINGS = {
    "FLASK_SWITCHBOARD_SALES": SALES,
    "FLASK_SWITCHBOARD_SUPPORT": SUPPORT,
    "FLASK_SWITCHBOARD_RING_SECONDS": str(RING_SECONDS),
    "FLASK_SWITCHBOARD_OPENS": "0",
    "FLASK_SWITCHBOARD_CLOSES": "24",
}


class DemoError(Exception):
    """The demo cannot continue; the message says why."""


# -- The servers ---------------------------------------------------------------------------------------------


def free_port(port: int) -> int:
    """Return the port, or any if it is 0. Raises an error if it is not free."""
    try:
        with socket.create_server(("127.0.0.1", port)) as free:
            number: int = free.getsockname()[1]
    except (OSError, OverflowError) as error:
        raise DemoError(f"Port {port} of 127.0.0.1 is not available: {error}") from None
    return number


@contextlib.contextmanager
def serve_rest(bandwidth: SimulatedBandwidth) -> Iterator[dict[str, Any]]:
    """Serve Bandwidth's REST interface while the block runs. Yield what Bandwidth's SDK must be given."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # a line for each request would be in the story
    with make_server("127.0.0.1", 0, RestApplication(bandwidth), threaded=True) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.port}"
        try:
            yield {
                "client_id": "demo",
                "client_secret": secrets.token_urlsafe(9),
                "host": f"{url}/api/v2",
                "ignore_operation_servers": True,
                "access_token_url": f"{url}/api/v1/oauth2/token",
            }
        finally:
            server.shutdown()


@contextlib.contextmanager
def serve(port: int, **settings: str) -> Iterator[None]:
    """Run the application under granian while the block runs."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("GRANIAN_")}
        database = {"FLASK_SQLALCHEMY_DATABASE_URI": f"sqlite:///{folder}/calls.db"}
        granian = [sys.executable, "-m", "granian", "--interface", "wsgi", "--blocking-threads", "1"]
        server = subprocess.Popen(
            [
                *granian,
                *f"--workers {WORKERS} --port {port} --log-level warning --factory {APPLICATION}".split(),
            ],
            process_group=0,  # Ctrl-C only hangs up; the server goes on for the callbacks that follow
            cwd=Path(__file__).parents[2],
            env=environment | SETTINGS | database | settings,
        )
        try:
            wait_until_up(server, port)
            yield
        finally:
            server.terminate()
            try:
                server.wait(3)
            except subprocess.TimeoutExpired:  # it waits for a worker that has not started yet
                os.killpg(server.pid, signal.SIGKILL)  # the workers, too
                server.wait()


def wait_until_up(server: "subprocess.Popen[bytes]", port: int) -> None:
    """Wait until the server accepts connections."""
    while server.poll() is None:
        with contextlib.suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.05)
    raise DemoError("The server did not start.")


# -- The story -----------------------------------------------------------------------------------------------


def play(bandwidth: SimulatedBandwidth) -> None:
    """Play a caller who asks for sales, which does not answer, and leaves a message."""
    bandwidth.callee(SALES).does_not_answer()
    call = bandwidth.call(var_from=CALLER)
    follow(call, verbose=True)
    call.press("1")
    call.wait(RING_SECONDS)
    call.speak("Hello, this is Ann. Please call me back about the blue bicycle.")
    call.press("#")
    if call.cause != "hangup" or any(exchange.failure for exchange in call.exchanges):
        raise DemoError("The call did not end as expected.")


def get(port: int, path: str) -> bytes:
    """Return a page of the application."""
    # Without a proxy, because the request must not leave the machine.
    with build_opener(ProxyHandler({})).open(f"http://127.0.0.1:{port}{path}", timeout=15) as response:
        body: bytes = response.read()
    return body


def show_message(port: int) -> None:
    """Wait until the application has fetched the message from Bandwidth, and print its size."""
    for _ in range(PATIENCE_SECONDS * 10):
        if message := re.search('src="(/messages/.*?)"', get(port, "/calls").decode()):
            size = len(get(port, message[1])) // 1000
            print(f"\nIn the background, the application has fetched the message from Bandwidth: {size} kB.")
            return
        time.sleep(0.1)
    raise DemoError("The application did not fetch the message.")


def show_page(port: int) -> None:
    """Print the latest call from the page with today's calls."""
    entry = re.search("<article>(.*?)</article>", get(port, "/calls").decode(), re.DOTALL)
    if entry is None:
        raise DemoError("The page /calls does not list the call.")
    print("\nThe page /calls")
    for line in re.sub("<[^>]*>", "", entry[1]).splitlines():
        if line.strip():
            print(f"  {html.unescape(line.strip())}")


def main() -> int:
    """Run the demo. Return 0 if the call ended as expected, else 1."""
    parser = argparse.ArgumentParser(prog="python -m examples.switchboard.demo", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1 (default: any free port)")
    parser.add_argument("--no-keypad", action="store_true", help="only play the story, also in a terminal")
    options = parser.parse_args()

    # These signals end the server, too.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    credentials = ("bandwidth", secrets.token_urlsafe(9))
    try:
        port = free_port(options.port)
        bandwidth = SimulatedBandwidth(
            f"http://127.0.0.1:{port}/phone/", credentials=credentials, start=datetime.now(UTC)
        )
        with (
            serve_rest(bandwidth) as sdk,
            serve(
                port,
                FLASK_BANDWIDTH_CALLBACKS_CREDENTIALS=":".join(credentials),
                FLASK_SWITCHBOARD_BANDWIDTH=json.dumps(sdk),
            ),
        ):
            play(bandwidth)
            show_message(port)
            show_page(port)
            if not options.no_keypad and sys.stdin.isatty() and sys.stdout.isatty():
                bandwidth.callee(SALES).answers(after=4).hangs_up(after=20)
                bandwidth.callee(SUPPORT).is_busy()
                print("\nNow it is your turn to call. Sales answers, support is busy.\n")
                converse(bandwidth.call(var_from=CALLER))
                show_page(port)
    except (DemoError, BandwidthCallbacksError, OSError) as error:
        print(f"The demo failed. {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
