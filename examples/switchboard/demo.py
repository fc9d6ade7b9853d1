"""Call the switchboard without a telephone: play one whole call, then hand over the keypad.

The application runs under a real server on 127.0.0.1, and the simulated Bandwidth calls it over HTTP. First comes
one story: nobody in sales answers, and the caller leaves a message. Then, in a terminal, it is your turn.
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
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.request import ProxyHandler, build_opener

from flask_bandwidth_callbacks.cli.telephone import converse
from flask_bandwidth_callbacks.exceptions import BandwidthCallbacksError
from flask_bandwidth_callbacks.simulator import Call, SimulatedBandwidth

CALLER = "+13035550123"
SALES = "+13035550141"
SUPPORT = "+13035550142"


class Surprise(Exception):
    """The application did something that this story does not have."""


# -- The server ----------------------------------------------------------------------------------------------


@contextlib.contextmanager
def serve(port: int, credentials: str) -> Iterator[int]:
    """Run the application under gunicorn for as long as the block runs; gives the port."""
    try:
        listener = socket.create_server(("127.0.0.1", port))
    except OSError as error:
        raise Surprise(f"Port {port} of 127.0.0.1 cannot be had: {error.strerror}.") from None
    # The open socket is handed down, so no other program can take the port in between, and a request
    # made before the server is up waits for it.
    with listener:
        port = listener.getsockname()[1]
        server = subprocess.Popen(
            [
                *(sys.executable, "-m", "gunicorn", "examples.switchboard:create_app()", "--threads", "4"),
                *("--bind", f"fd://{listener.fileno()}", "--no-control-socket", "--log-level", "warning"),
            ],
            pass_fds=[listener.fileno()],
            cwd=Path(__file__).parents[2],
            env=os.environ
            | {"FLASK_SWITCHBOARD_OPENS": "0", "FLASK_SWITCHBOARD_CLOSES": "24", "GUNICORN_CMD_ARGS": ""}
            | {"FLASK_SWITCHBOARD_SALES": SALES, "FLASK_SWITCHBOARD_SUPPORT": SUPPORT}
            | {"FLASK_BANDWIDTH_CALLBACKS_CREDENTIALS": credentials},
        )
    try:
        yield port
    finally:
        server.terminate()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


# -- The story -----------------------------------------------------------------------------------------------


def play(bandwidth: SimulatedBandwidth) -> Call:
    """Let somebody ask for sales in vain and leave a message."""
    bandwidth.callee(SALES).does_not_answer()
    call = bandwidth.call(var_from=CALLER)
    with shown_if_it_fails(call):
        call.press("1")
        if not call.legs:
            raise Surprise("Nobody is called for sales.")
        while call.legs[-1].state != "disconnected":
            call.wait(1)
        call.speak("Hello, this is Ann. Please call me back about the blue bicycle.")
        call.press("#")
        failures = [exchange.failure for exchange in call.exchanges if exchange.failure]
        if call.cause != "hangup" or failures:
            raise Surprise(f"The call ended with {call.cause}, not as it should. {'; '.join(failures)}")
    return call


@contextlib.contextmanager
def shown_if_it_fails(call: Call) -> Iterator[None]:
    try:
        yield
    except (BandwidthCallbacksError, Surprise):
        print(call)
        raise


def page_of(port: int) -> Iterator[str]:
    """Yield what the page with today's calls says of the caller, line by line."""
    # No proxy: this never leaves the machine.
    with build_opener(ProxyHandler({})).open(f"http://127.0.0.1:{port}/calls", timeout=15) as answer:
        page = answer.read().decode()
    entry = re.search(f"<article>.*?{re.escape(CALLER)}.*?</article>", page, re.DOTALL)
    if entry is None:
        raise Surprise("The page /calls does not list the call.")
    for line in re.sub("<[^>]*>", "", entry[0]).split("\n"):
        if line.strip():
            yield html.unescape(line.strip())


def main() -> int:
    """Run the demo; returns 0 if the call went as it should, else 1."""
    parser = argparse.ArgumentParser(prog="python -m examples.switchboard.demo", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1 (default: any that is free)")
    parser.add_argument("--no-keypad", action="store_true", help="only play the story, in a terminal too")
    options = parser.parse_args()

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    credentials = ("bandwidth", secrets.token_urlsafe(9))
    try:
        with serve(options.port, ":".join(credentials)) as port:
            bandwidth = SimulatedBandwidth(
                f"http://127.0.0.1:{port}/phone/", credentials=credentials, start=datetime.now(UTC)
            )
            print(play(bandwidth))
            print("\nThe page /calls")
            for line in page_of(port):
                print(f"  {line}")
            if not options.no_keypad and sys.stdin.isatty() and sys.stdout.isatty():
                print("\nNow it is your turn: the switchboard picks up.\n")
                bandwidth.callee(SALES).answers(after=4).hangs_up(after=20)
                bandwidth.callee(SUPPORT).is_busy()
                converse(bandwidth, bandwidth.call(var_from=CALLER))
    except (Surprise, BandwidthCallbacksError, OSError) as error:
        print(f"The demo failed. {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
