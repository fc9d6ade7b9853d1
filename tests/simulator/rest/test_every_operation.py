"""Every operation: that it is there, whom it lets in, what it accepts, what it rejects."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flask_bandwidth_callbacks import ANYONE, Callback, CallbackBlueprint
from flask_bandwidth_callbacks.simulator import SimulatedBandwidth
from flask_bandwidth_callbacks.simulator.rest import OPERATIONS
from generators import operations_table
from tests.simulator.conftest import Line
from tests.simulator.rest import expected
from tests.simulator.rest.conftest import SCENE, Scene, description, make_scene

VOICE = pytest.mark.parametrize("name", expected.VOICE)
WITH_BODY = {name: each for name, each in expected.VOICE.items() if each.body is not None}


def send(scene: Scene, name: str, **options: Any) -> Any:
    """Send a request to an operation, with a right body unless another one is given."""
    operation = expected.OPERATIONS[name]
    body = operation.body
    if isinstance(body, str):
        options = {"data": body, "content_type": "application/xml", **options}
    elif body is not None:
        options = {"data": json.dumps(body), "content_type": "application/json", **options}
    path = f"/api/v2{scene.path(name, operation.path)}"
    return scene.rest.send(operation.method, path, account=None, **options)


def test_the_operations_are_those_of_bandwidth() -> None:
    """The operations, their paths, methods and statuses are those that Bandwidth describes."""
    table = {each.name: (each.method, each.path, each.status) for each in OPERATIONS}
    assert table == {name: each[:3] for name, each in expected.OPERATIONS.items()}
    assert len(OPERATIONS) == len(expected.OPERATIONS)


def test_the_documentation_lists_them() -> None:
    """The page holds the table that is made from the operations."""
    page = operations_table.PATH.read_text(encoding="utf-8")
    assert operations_table.text() == page, "run `make docs`"
    assert "| `getCallState` | `GET /accounts/{accountId}/calls/{callId}` | Return the state" in page


@VOICE
def test_a_request(scene: Scene, name: str) -> None:
    """A request that is right has the status of its operation, and a body only where there is one."""
    response = send(scene, name)
    assert response.status_code == expected.VOICE[name].status
    assert bool(response.data) == (expected.VOICE[name].method == "GET" or name == "createCall")


@pytest.mark.no_cover
@VOICE
def test_without_credentials(scene: Scene, name: str) -> None:
    """A request without credentials is rejected with 401, and says so as Bandwidth does."""
    response = send(scene, name, auth=None)
    assert (response.status_code, response.json["type"]) == (401, "authentication-error")
    assert "WWW-Authenticate" in response.headers


@VOICE
def test_a_wrong_method(scene: Scene, name: str) -> None:
    """A method that a path does not have is rejected with 405."""
    path = scene.path(name, expected.VOICE[name].path).partition(expected.VOICE[name].path[0])[2]
    response = scene.rest.send("PATCH", f"/api/v2/{path}", account=None)
    assert (response.status_code, description(response)) == (405, "Method Not Allowed")
    assert expected.VOICE[name].method in response.headers["Allow"]


@pytest.mark.parametrize(
    ("name", "variable"),
    [
        (name, variable)
        for name, each in expected.VOICE.items()
        for variable in ("call_id", "conference_id", "member_id", "recording_id", "transcription_id")
        if f"<{variable}>" in each.path
    ],
)
def test_an_unknown_id(scene: Scene, name: str, variable: str) -> None:
    """An id of nothing is rejected with 404, which names it."""
    of_recording = {"call_recording_id": "x-1", "conference_recording_id": "x-1"}
    ids = {**scene.ids, **(of_recording if variable == "recording_id" else {variable: "x-1"})}
    response = send(scene._replace(ids=ids), name)
    assert response.status_code == 404
    assert "x-1] not found" in description(response)


@pytest.mark.parametrize("name", WITH_BODY)
@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", None])
def test_a_wrong_content_type(scene: Scene, name: str, content_type: str | None) -> None:
    """A body of another content type, or without one, is rejected with 415."""
    response = send(scene, name, content_type=content_type)
    assert response.status_code == 415
    assert description(response) == f"Content type '{content_type or ''}' not supported"


@pytest.mark.parametrize("name", WITH_BODY)
def test_a_body_that_is_too_large(scene: Scene, name: str) -> None:
    """A body of more than a mebibyte is rejected with 413."""
    assert send(scene, name, data=b" " * (1024 * 1024 + 1)).status_code == 413


@pytest.mark.no_cover
@pytest.mark.parametrize("name", WITH_BODY)
@pytest.mark.parametrize("body", ["", "{", "[1]", "null", '"x"', "[" * 100, '{"tag": NaN}', b"\xff"])
def test_a_malformed_body(scene: Scene, name: str, body: str | bytes) -> None:
    """A body that is no object, or no document, is rejected with 400."""
    response = send(scene, name, data=body)
    assert (response.status_code, response.json["type"]) == (400, "validation")
    assert description(response).startswith("Invalid ")


@pytest.mark.parametrize("name", [name for name, each in WITH_BODY.items() if isinstance(each.body, dict)])
def test_unknown_properties(scene: Scene, name: str) -> None:
    """Properties that Bandwidth does not know are ignored."""
    body = json.dumps({**WITH_BODY[name].body, "colour": ["blue"], "id": 7})
    assert send(scene, name, data=body).status_code == WITH_BODY[name].status


# -- The constraints of the models ---------------------------------------------------------------------------


def with_value(name: str, path: str, value: object) -> str:
    """Return the body of an operation with another value at a path, such as ``machineDetection.mode``."""
    body = json.loads(json.dumps(WITH_BODY[name].body))
    *outer, last = path.split(".")
    place: Any = body
    for part in outer:
        place = place.setdefault(part, [] if last == "0" else {})
    if last == "0":
        place.append(value)
    else:
        place[last] = value
        if last.lower().endswith("username"):
            place[last.replace("sername", "assword").replace("u", "p").replace("U", "P")] = "s3cret"
    return json.dumps(body)


PROPERTIES = pytest.mark.parametrize(
    ("name", "path"), [(name, path) for name, paths in expected.VALUES.items() for path in paths]
)


@PROPERTIES
def test_values_that_are_right(line: Line, name: str, path: str) -> None:
    """A value within the constraints of its property is accepted."""
    for value in expected.VALUES[name][path][0]:
        response = send(make_scene(line(SCENE)), name, data=with_value(name, path, value))
        assert response.status_code == expected.VOICE[name].status, (value, response.text)


@PROPERTIES
def test_values_that_are_wrong(scene: Scene, name: str, path: str) -> None:
    """A value outside of the constraints is rejected with 400, which names the property and its rule."""
    for value in expected.VALUES[name][path][1]:
        response = send(scene, name, data=with_value(name, path, value))
        assert response.status_code == 400, value
        assert description(response).startswith(f"Invalid {path}: ")


@pytest.mark.parametrize(
    ("name", "parameter", "value", "is_right"),
    [
        (name, parameter, value, is_right)
        for name, parameters in expected.QUERIES.items()
        for parameter, values in parameters.items()
        for is_right, each in zip((True, False), values, strict=True)
        for value in each
    ],
)
def test_a_query(scene: Scene, name: str, parameter: str, value: str, is_right: bool) -> None:
    """A parameter within its constraints is accepted; for another one the reply names it."""
    response = send(scene, name, query_string={parameter: value})
    assert response.status_code == (200 if is_right else 400)
    if not is_right:
        assert description(response).startswith(f"Invalid {parameter}: ")


@pytest.mark.parametrize(("name", "state"), [("updateCall", "state"), ("updateConference", "status")])
@pytest.mark.parametrize(
    ("property_name", "value"),
    [
        ("redirectUrl", "https://localhost/"),
        ("redirectFallbackUrl", "https://localhost/"),
    ],
)
def test_no_redirect_of_what_is_completed(
    scene: Scene, name: str, state: str, property_name: str, value: str
) -> None:
    """Properties of a redirect are rejected beside ``completed``; null counts as left out."""
    response = send(scene, name, data=json.dumps({state: "completed", property_name: value}))
    assert response.status_code == 400
    assert description(response).startswith(f"Invalid {property_name}: ")
    response = send(scene, name, data=json.dumps({state: "completed", property_name: None}))
    assert response.status_code == expected.VOICE[name].status


def test_all_faults_are_named(scene: Scene) -> None:
    """The reply names every property that is wrong, nested ones by their path."""
    body = {"to": 1, "callTimeout": 0, "machineDetection": {"mode": "x", "callbackUrl": 1}}
    assert description(send(scene, "createCall", data=json.dumps(body))).split("; ") == [
        "Invalid to: must be text",
        "Invalid from: is required",
        "Invalid applicationId: is required",
        "Invalid answerUrl: is required",
        "Invalid callTimeout: must be between 1 and 300",
        "Invalid machineDetection.mode: must be one of sync, async",
        "Invalid machineDetection.callbackUrl: must be text",
    ]


# -- Anything at all -----------------------------------------------------------------------------------------

_TEXT = st.text() | st.sampled_from(
    ["https://localhost/phone/", "+13035550141", "active", "completed", "sync"]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | _TEXT,
    lambda values: st.lists(values, max_size=3) | st.dictionaries(st.text(max_size=5), values, max_size=3),
    max_leaves=6,
)


@st.composite
def bodies(draw: st.DrawFn) -> tuple[str, str]:
    """Draw an operation and a body for it, which is wrong in one or two properties, or altogether."""
    name = draw(st.sampled_from(sorted(expected.VALUES)))
    if draw(st.integers(0, 9)) == 0:
        return name, json.dumps(draw(JSON))
    body = dict(WITH_BODY[name].body)
    for path in draw(st.lists(st.sampled_from(sorted(expected.VALUES[name])), min_size=1, max_size=2)):
        outer, _, last = path.rpartition(".")
        if not outer:
            body[last] = draw(JSON)
        elif last != "0":
            body[outer] = {last: draw(JSON)}
    return name, json.dumps(body)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(body=bodies(), document=st.text() | st.binary(), ids=st.text(min_size=1))
def test_no_body_is_an_error_of_the_server(body: tuple[str, str], document: str | bytes, ids: str) -> None:
    """Whatever a request holds, the reply is a documented one, and the simulation goes on."""
    phone = CallbackBlueprint("phone", __name__, credentials=ANYONE)
    phone.respond(Callback)(lambda event: SCENE)
    app = Flask("host")
    app.config["BANDWIDTH_CALLBACKS_CHECK_BXML"] = False
    app.register_blueprint(phone, url_prefix="/phone")
    bandwidth = SimulatedBandwidth(app)
    scene = make_scene(bandwidth)
    name, sent = body
    response = send(scene, name, data=sent)
    assert response.status_code in (expected.VOICE[name].status, 400)
    response = send(scene, "updateCallBxml", data=document)
    assert response.status_code in (204, 400, 409)
    assert scene.rest.send("GET", f"/calls/{quote(ids, safe='')}").status_code in (404, 405)
    bandwidth.wait(60)
    assert bandwidth.call().state == "answered"
