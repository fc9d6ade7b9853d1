"""Call the switchboard without a telephone: play one whole call, then hand over the keypad.

The application runs under a real server on 127.0.0.1, and a simulated Bandwidth calls it over HTTP. In the
story the caller asks for sales, which does not answer, and leaves a message. Then, in a terminal, it is your
turn.
"""

import argparse
import contextlib
import html
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.request import ProxyHandler, build_opener

from flask_bandwidth_callbacks.cli.keypad import converse
from flask_bandwidth_callbacks.cli.transcript import follow
from flask_bandwidth_callbacks.exceptions import BandwidthCallbacksError
from flask_bandwidth_callbacks.simulator import SimulatedBandwidth

CALLER = "+13035550123"
SALES = "+13035550141"
SUPPORT = "+13035550142"
RING_SECONDS = 20
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


# -- The server ----------------------------------------------------------------------------------------------


@contextlib.contextmanager
def serve(port: int, credentials: str) -> Iterator[int]:
    """Run the application under granian while the block runs. Yield the port."""
    try:
        with socket.create_server(("127.0.0.1", port)) as free:
            port = free.getsockname()[1]
    except (OSError, OverflowError) as error:
        raise DemoError(f"Port {port} of 127.0.0.1 is not available: {error}") from None
    with tempfile.TemporaryDirectory() as folder:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("GRANIAN_")}
        settings = SETTINGS | {
            "FLASK_BANDWIDTH_CALLBACKS_CREDENTIALS": credentials,
            "FLASK_SQLALCHEMY_DATABASE_URI": f"sqlite:///{folder}/calls.db",
        }
        granian = [sys.executable, "-m", "granian", "--interface", "wsgi", "--blocking-threads", "1"]
        server = subprocess.Popen(
            [*granian, "--port", f"{port}", "--log-level", "warning", "--factory", APPLICATION],
            process_group=0,  # Ctrl-C only hangs up; the server goes on for the callbacks that follow
            cwd=Path(__file__).parents[2],
            env=environment | settings,
        )
        try:
            wait_until_up(server, port)
            yield port
        finally:
            server.terminate()
            try:
                server.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(server.pid, signal.SIGKILL)  # the worker, too
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


def show_page(port: int) -> None:
    """Print the latest call from the page with today's calls."""
    # Without a proxy, because the request must not leave the machine.
    with build_opener(ProxyHandler({})).open(f"http://127.0.0.1:{port}/calls", timeout=15) as response:
        page = response.read().decode()
    entry = re.search("<article>(.*?)</article>", page, re.DOTALL)
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
        with serve(options.port, ":".join(credentials)) as port:
            bandwidth = SimulatedBandwidth(
                f"http://127.0.0.1:{port}/phone/", credentials=credentials, start=datetime.now(UTC)
            )
            play(bandwidth)
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
