"""A client of the REST interface, and a scene in which everything is there that a request can name."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import pytest
from werkzeug.test import Client, TestResponse

from flask_bandwidth_callbacks.bxml import (
    Conference,
    Pause,
    SpeakSentence,
    StartRecording,
    StartTranscription,
    StopRecording,
    StopTranscription,
)
from flask_bandwidth_callbacks.simulator import SimulatedBandwidth
from flask_bandwidth_callbacks.simulator.rest import RestApplication
from tests.simulator.conftest import Line

ACCOUNT = "5500000"
FRIEND = "+13035550141"
CLIENT = ("client", "s3cret")


class Rest:
    """A client of the REST interface of one simulation."""

    def __init__(self, bandwidth: SimulatedBandwidth, **options: Any) -> None:
        self.bandwidth = bandwidth
        self.application = RestApplication(bandwidth, **options)
        self.client = Client(self.application)

    def send(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        auth: tuple[str, str] | None = CLIENT,
        account: str | None = ACCOUNT,
        **options: Any,
    ) -> TestResponse:
        """Send a request and return the response, which is read and closed, as a server would.

        :param path: below the account, if one is given.
        :param body: JSON value.
        """
        base = "" if account is None else f"/api/v2/accounts/{account}"
        if body is not None:
            options |= {"data": json.dumps(body), "content_type": "application/json"}
        response = self.client.open(f"{base}{path}", method=method, auth=auth, **options)
        response.get_data()
        response.close()
        return response

    def get(self, path: str, **options: Any) -> Any:
        """Return the JSON value at a path, which must be there."""
        response = self.send("GET", path, **options)
        assert response.status_code == 200, response.text
        return response.json

    def create_call(self, **properties: Any) -> Any:
        """Make a call to a friend and return the body of the response."""
        response = self.send("POST", "/calls", create_call(**properties))
        assert response.status_code == 201, response.text
        return response.json


def create_call(**properties: Any) -> dict[str, Any]:
    """Return a body for createCall."""
    return {
        "to": FRIEND,
        "from": "+13035550100",
        "applicationId": "app-1",
        "answerUrl": "https://localhost/phone/",
        **properties,
    }


def description(response: TestResponse) -> str:
    """Return what an error of the REST interface says."""
    body = response.json
    assert body is not None
    assert body.keys() == {"type", "description", "id"}
    return str(body["description"])


class Scene(NamedTuple):
    """A simulation in which each operation has something to act on."""

    rest: Rest
    ids: Mapping[str, str]
    """The value of each variable in the paths of operations; two for recordings, by what they belong to."""

    def path(self, operation: str, path: str) -> str:
        """Return the path of an operation with ids for its variables."""
        of_conference = "ConferenceRecording" in operation
        recording_id = self.ids["conference_recording_id" if of_conference else "call_recording_id"]
        return (
            path.replace("<path:", "<")
            .replace("<recording_id>", recording_id)
            .translate({ord("<"): "{", ord(">"): "}"})
            .format_map(self.ids)
        )


def make_scene(bandwidth: SimulatedBandwidth, **options: Any) -> Scene:
    """Return a scene in a simulation whose calls run :data:`SCENE`."""
    call = bandwidth.call()
    bandwidth.wait(60)
    conference = bandwidth.conference("room")
    conference.update([StartRecording(), SpeakSentence("Welcome."), StopRecording()])
    bandwidth.wait(30)
    ids = {
        "account_id": ACCOUNT,
        "call_id": call.call_id,
        "member_id": call.call_id,
        "call_recording_id": call.recordings[0].recording_id,
        "conference_recording_id": conference.recordings[0].recording_id,
        "transcription_id": call.transcriptions[0].transcription_id,
        "conference_id": conference.conference_id,
        "media_id": "song.wav",
        "endpoint_id": "e-1",
    }
    return Scene(Rest(bandwidth, **options), ids)


SCENE = [
    StartRecording(transcribe=True, transcription_available_url="told"),
    StartTranscription(name="captions", tracks="both"),
    SpeakSentence("Hello."),
    Pause(duration=2),
    StopRecording(),
    StopTranscription(),
    StartRecording(),
    Conference("room"),
]
"""The document of a call in a scene."""


@pytest.fixture
def scene(line: Line) -> Scene:
    """A scene for one test."""
    return make_scene(line(SCENE))


@pytest.fixture
def rest(line: Line) -> Callable[..., Rest]:
    """Build the client for a phone line: ``rest(*verbs, name=[...])``, as ``line`` takes them."""

    def make(*verbs: Any, **documents: Any) -> Rest:
        return Rest(line(*verbs, **documents))

    return make
