"""The examples in the README, in other documents and in the design run as they stand there."""

from __future__ import annotations

import importlib.util
import json
import re
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urljoin
from urllib.request import (
    HTTPBasicAuthHandler,
    HTTPPasswordMgrWithDefaultRealm,
    ProxyHandler,
    Request,
    build_opener,
)
from xml.etree import ElementTree

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.serving import make_server

from flask_bandwidth_callbacks import CallbackBlueprint, config, parts

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
needs_store_and_background = pytest.mark.skipif(
    not (parts.has("store") and parts.has("background")), reason="a copy without these folders"
)
EXAMPLES = re.findall(r"^```python\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)

# The example at the top of the design, word for word.
DESIGN = """\
from flask import Flask
from flask_bandwidth_callbacks import (
    CallbackBlueprint, DisconnectCallback, GatherCallback, InitiateCallback)
from flask_bandwidth_callbacks.bxml import Gather, Hangup, SpeakSentence

phone = CallbackBlueprint("phone", __name__, credentials=[("bandwidth", "s3cret")])

@phone.respond(InitiateCallback)
def greet(call: InitiateCallback):
    return Gather(SpeakSentence(f"Hello {call.var_from}. Press 1 for sales."), gather_url=menu, max_digits=1)

@phone.respond(GatherCallback, "/menu")
def menu(call: GatherCallback):
    return [SpeakSentence(f"You pressed {call.digits}."), Hangup()]

@phone.on(DisconnectCallback)
def bill(call: DisconnectCallback):
    ...

app = Flask(__name__)
app.register_blueprint(phone, url_prefix="/phone")
"""


def load(source: str, folder: Path) -> Flask:
    """Return the ``app`` of a module that holds an example and nothing else."""
    path = folder / "example.py"
    path.write_text(source, encoding="utf-8")
    spec = importlib.util.spec_from_file_location("example", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    app = module.app
    assert isinstance(app, Flask)
    return app


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """Serve an application on 127.0.0.1; yields the URL of its root."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def send(url: str, username: str, password: str, **payload: str) -> tuple[int, bytes]:
    """Send a callback as Bandwidth does: the credentials go out only when a Basic challenge asks for them."""
    passwords = HTTPPasswordMgrWithDefaultRealm()
    passwords.add_password(None, url, username, password)
    opener = build_opener(ProxyHandler({}), HTTPBasicAuthHandler(passwords))
    body = json.dumps({"callId": "c-1", "from": "+15551112222", **payload}).encode()
    request = Request(url, body, {"Content-Type": "application/json"})
    try:
        with opener.open(request, timeout=5) as response:
            return response.status, response.read()
    except HTTPError as error:
        with error:
            return error.code, error.read()


@pytest.mark.parametrize("source", [EXAMPLES[0], DESIGN], ids=["readme", "design"])
def test_the_first_example_replies_as_its_text_says(source: str, tmp_path: Path) -> None:
    """With the right password, the example greets with its menu, repeats the key and hangs up."""
    with served(load(source, tmp_path)) as root:
        url = f"{root}phone"
        assert send(url, "bandwidth", "wrong", eventType="initiate")[0] == 401

        status, body = send(url, "bandwidth", "s3cret", eventType="initiate")
        assert status == 200
        (gather,) = ElementTree.fromstring(body)
        assert gather.tag == "Gather"
        assert gather.attrib["maxDigits"] == "1"
        assert gather.findtext("SpeakSentence") == "Hello +15551112222. Press 1 for sales."

        menu = urljoin(url, gather.attrib["gatherUrl"])
        assert menu == f"{root}phone/menu"
        username, password = gather.attrib["username"], gather.attrib["password"]
        status, body = send(menu, username, password, eventType="gather", digits="1")
        assert status == 200
        speak, hangup = ElementTree.fromstring(body)
        assert (speak.tag, speak.text, hangup.tag) == ("SpeakSentence", "You pressed 1.", "Hangup")

        assert send(url, "bandwidth", "s3cret", eventType="disconnect", cause="hangup") == (204, b"")


def test_the_subscriber_of_the_first_example_is_notified(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The README's subscriber does what its code says: it prints which call ended, and why."""
    client = load(EXAMPLES[0], tmp_path).test_client()
    payload = {"eventType": "disconnect", "callId": "c-1", "cause": "hangup"}
    assert client.post("/phone/", json=payload, auth=("bandwidth", "s3cret")).status_code == 204
    assert capsys.readouterr().out == "c-1 ended: hangup\n"


def examples_of(page: str) -> list[str]:
    """Return the Python examples of a document."""
    text = (ROOT / page).read_text(encoding="utf-8")
    return re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


PAGES = (
    "README.md",
    "docs/applications.md",
    "docs/explore.md",
    "docs/production.md",
    "docs/several-workers.md",
)


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(source, id=f"{page}-{number}")
        for page in PAGES
        for number, source in enumerate(examples_of(page))
    ],
)
def test_every_example_runs(source: str, tmp_path: Path) -> None:
    """Each Python example of these documents runs by itself, in a Python of its own, without a warning."""
    path = tmp_path / "example.py"
    path.write_text(source, encoding="utf-8")
    # The tests may run from a clone where the package is not installed.
    command = f"import runpy, sys; sys.path.append({str(ROOT)!r}); runpy.run_path({str(path)!r})"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", command],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")


# -- What the examples about state, and about work that is exact, say ----------------------------------------


def client_of(page: str, word: str) -> FlaskClient:
    """Return a client of a new application with the blueprint of the example that has this word."""
    (source,) = (source for source in examples_of(page) if word in source)
    namespace: dict[str, Any] = {"__name__": "example"}
    exec(source, namespace)
    app = Flask("example")
    app.config["BANDWIDTH_CALLBACKS_CREDENTIALS"] = "anyone"
    app.register_blueprint(namespace["phone"], url_prefix="/phone")
    return app.test_client()


@needs_store_and_background
def test_the_example_with_state_counts_wrong_codes_of_each_call() -> None:
    """The third wrong code of a call hangs up; the codes of another call do not count, nor does a repeat."""
    client = client_of("README.md", 'state["tries"]')

    def type_code(call_id: str, second: int, digits: str) -> str:
        payload = {
            "eventType": "gather",
            "callId": call_id,
            "eventTime": f"2026-01-01T10:00:{second:02}Z",
            "digits": digits,
        }
        return client.post("/phone/code", json=payload).text

    for second in (1, 1, 1, 2):
        assert "Please try again." in type_code("c-1", second, "1234")
    assert "Please try again." in type_code("c-2", 3, "1234")
    assert "Come in." in type_code("c-2", 4, "4711")
    assert "<Hangup" in type_code("c-1", 5, "1234")


@needs_store_and_background
def test_the_example_that_is_exact_bills_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A call that two processes without a common store bill is billed once, and another call as well."""
    monkeypatch.chdir(tmp_path)

    def end_call(call_id: str) -> None:
        client = client_of("docs/several-workers.md", "repeat_key TEXT PRIMARY KEY")
        payload = {
            "eventType": "disconnect",
            "callId": call_id,
            "from": "+15551112222",
            "eventTime": "2026-01-01T10:01:00Z",
            "startTime": "2026-01-01T10:00:00Z",
            "endTime": "2026-01-01T10:01:00Z",
        }
        assert client.post("/phone/", json=payload).status_code == 204
        phone = client.application.blueprints["phone"]
        assert isinstance(phone, CallbackBlueprint)
        with client.application.app_context():
            assert phone.wait_for_background()

    for call_id in ("c-1", "c-1", "c-2"):
        end_call(call_id)
    with closing(sqlite3.connect("bills.db")) as bills:
        assert bills.execute("SELECT number, seconds FROM bill").fetchall() == [("+15551112222", 60.0)] * 2


def test_the_table_of_settings() -> None:
    """The settings in the README are those that the library reads, with their defaults and meanings."""
    rows = [f"| `{each.key}` | {each.default_text} | {each.meaning} |" for each in config.SETTINGS]
    assert re.findall(r"^\| `BANDWIDTH_CALLBACKS_.*", README, re.MULTILINE) == rows


# -- What exploring the first example finds ------------------------------------------------------------------


@pytest.mark.skipif(not parts.has("cli"), reason="a copy without this folder")
def test_the_finding_of_the_first_example(tmp_path: Path) -> None:
    """The first example is explored, and the terminal shows what the README shows."""
    (tmp_path / "app.py").write_text(EXAMPLES[0], encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "flask", "bandwidth", "explore"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    shown = README.partition("$ flask bandwidth explore\n")[2].partition("```")[0]
    assert (done.returncode, done.stdout, done.stderr) == (1, shown, "")
