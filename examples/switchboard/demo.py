"""Play one inbound call to the switchboard as Bandwidth would; print every callback and what came back.

The application runs under a real server on 127.0.0.1. Where the call goes is not written down here: as
Bandwidth does, this follows the URLs in the BXML that comes back, with the credentials that stand beside
them. It knows just enough of BXML for one story: sales does not answer, and the caller leaves a message.
"""

import argparse
import contextlib
import html
import http.client
import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit
from xml.etree import ElementTree

from flask_bandwidth_callbacks import InvalidBXML, bxml

CALLER = "+13035550123"
APPLICATION_URL = "/phone/"
"""What the settings of a Bandwidth application would hold: initiate goes here, and disconnect."""

RECORDING = {"recordingId": "r-fe23a767", "duration": "PT12.4S", "fileFormat": "wav", "channels": 1}

# What the caller meets in turn: a verb, the attribute that says where to tell of its end, and what is told.
STORY: list[tuple[type[bxml.Verb], str, str, dict[str, Any]]] = [
    (bxml.Gather, "gather_url", "gather", {"digits": "1", "terminatingDigit": ""}),
    (bxml.Transfer, "transfer_complete_url", "transferComplete", {"cause": "timeout"}),
    (bxml.Record, "record_complete_url", "recordComplete", RECORDING),
]


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


# -- The call ------------------------------------------------------------------------------------------------


class Call:
    """One inbound call, as Bandwidth sees it."""

    def __init__(self, port: int) -> None:
        self.host = f"127.0.0.1:{port}"
        self.url = f"http://{self.host}/"
        """Where the document came from that is being run: relative URLs start there."""
        self.payload = {
            "accountId": "9900000",
            "applicationId": "04e88489-df02-4e34-a0ee-27a91849555f",
            "callId": f"c-{secrets.token_hex(8)}",
            "from": CALLER,
            "to": "+13035550100",
            "direction": "inbound",
            "startTime": now(),
        }

    def send(self, event: str, url: str, username: str, password: str, **more: Any) -> bytes:
        """Send a callback, first without credentials and then with; return the body of the answer."""
        self.url = urljoin(self.url, url)
        if urlsplit(self.url).netloc != self.host:
            raise Surprise(f"{event} would go to {self.url}, which is not this application.")
        path = self.url.removeprefix(f"http://{self.host}")
        body = json.dumps({"eventType": event, "eventTime": now(), **self.payload, **more})
        shown = more or {"from": self.payload["from"], "to": self.payload["to"]}
        print(f"\n{paint(1, event)}  POST {path}  {paint(2, json.dumps(shown))}")

        headers = {"Content-Type": "application/json"}
        answer, _ = request(self.host, "POST", path, body, headers)
        challenge = answer.headers.get("WWW-Authenticate", "")
        print(f"  without credentials: {answer.status} {challenge}")
        if answer.status != 401 or not challenge.startswith("Basic "):
            raise Surprise(f"{path} does not ask for credentials.")

        headers["Authorization"] = "Basic " + b64encode(f"{username}:{password}".encode()).decode()
        answer, content = request(self.host, "POST", path, body, headers)
        print(f"  as {username}: {answer.status} {answer.headers.get('Content-Type', '')}")
        if answer.status not in (200, 204):
            raise Surprise(f"{path} answered {answer.status}.")
        return content

    def ask(self, event: str, url: str, username: str, password: str, **more: Any) -> bxml.Document:
        """Send a callback that is answered with BXML."""
        content = self.send(event, url, username, password, **more)
        try:
            document = bxml.parse(content)
            tree = ElementTree.fromstring(content)
        except InvalidBXML as error:
            raise Surprise(f"{self.url} answered no BXML: {error}") from None
        ElementTree.indent(tree)
        for line in ElementTree.tostring(tree, encoding="unicode").splitlines():
            print(paint(36, f"    {line}"))
        return document


def request(
    host: str, method: str, path: str, body: str | None = None, headers: dict[str, str] | None = None
) -> tuple[http.client.HTTPResponse, bytes]:
    with contextlib.closing(http.client.HTTPConnection(host, timeout=15)) as connection:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return answer, answer.read()


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def paint(code: int, text: str) -> str:
    return f"\033[{code}m{text}\033[0m" if sys.stdout.isatty() else text


# -- The story -----------------------------------------------------------------------------------------------


def play(port: int, username: str, password: str) -> None:
    """Let one call go its way; raises :class:`Surprise` where it does not."""
    call = Call(port)
    document = call.ask("initiate", APPLICATION_URL, username, password)
    for verb_class, attribute, event, told in STORY:
        verb = find(verb_class, document)
        if verb.tag is not None:
            call.payload["tag"] = verb.tag
        url = getattr(verb, attribute)
        if url is None:
            raise Surprise(f"This {verb_class.__name__} does not say where {event} goes.")
        document = call.ask(event, url, verb.username, verb.password, **told)
    find(bxml.Hangup, document)
    call.send("disconnect", APPLICATION_URL, username, password, cause="hangup")
    # The last verb of the story was the Record.
    told = {**RECORDING, "status": "complete"}
    call.send("recordingAvailable", verb.recording_available_url, verb.username, verb.password, **told)

    answer, page = request(call.host, "GET", "/calls")
    entry = re.search(f"<article>.*?{re.escape(CALLER)}.*?</article>", page.decode(), re.DOTALL)
    if answer.status != 200 or entry is None:
        raise Surprise("The page /calls does not list the call.")
    print(f"\n{paint(1, 'The page /calls')}")
    for line in re.sub("<[^>]*>", "", entry[0]).split("\n"):
        if line.strip():
            print(f"  {html.unescape(line.strip())}")


def find(verb_class: type[bxml.Verb], document: bxml.Document) -> bxml.Verb:
    for verb in document.children:
        if isinstance(verb, verb_class):
            return verb
    raise Surprise(f"There is no {verb_class.__name__} in this answer.")


def main() -> int:
    """Run the demo; returns 0 if the call went as it should, else 1."""
    parser = argparse.ArgumentParser(prog="python -m examples.switchboard.demo", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1 (default: any that is free)")
    options = parser.parse_args()

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    username, password = "bandwidth", secrets.token_urlsafe(9)
    try:
        with serve(options.port, f"{username}:{password}") as port:
            play(port, username, password)
    except Surprise as surprise:
        print(f"The demo failed. {surprise}", file=sys.stderr)
        return 1
    except (OSError, http.client.HTTPException) as error:
        print(f"The demo failed. The application does not answer: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
