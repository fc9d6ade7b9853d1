"""Conferences over REST: found, changed, completed, known after their end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from flask_bandwidth_callbacks.bxml import Conference, Pause, SpeakSentence
from flask_bandwidth_callbacks.simulator.verbs import conferences as engine_conferences
from tests.simulator.callbacks import told
from tests.simulator.rest.conftest import ACCOUNT, Rest

MakeRest = Callable[..., Rest]


def test_a_conference(rest: MakeRest) -> None:
    """A conference shows its members, also how each takes part; after its end it has none."""
    client = rest(Conference("room", tag="vip", conference_event_url="told"))
    first, second = client.bandwidth.call(), client.bandwidth.call()
    conference = client.bandwidth.conference("room")
    path = f"/conferences/{conference.conference_id}"
    url = f"https://voice.bandwidth.com/api/v2/accounts/{first.account_id}{path}"
    about = {
        "id": conference.conference_id,
        "name": "room",
        "tag": "vip",
        "createdTime": "2026-01-05T15:00:00.000Z",
        "conferenceEventMethod": "POST",
        "conferenceEventUrl": "https://localhost/phone/told",
    }
    members = [
        {
            "callId": call.call_id,
            "conferenceId": conference.conference_id,
            "memberUrl": f"{url}/members/{call.call_id}",
            "mute": False,
            "hold": False,
            "callIdsToCoach": [],
        }
        for call in (first, second)
    ]
    assert client.get(path) == {**about, "activeMembers": members}
    assert client.get("/conferences") == [about]
    assert client.get(f"{path}/members/{first.call_id}") == members[0]
    client.bandwidth.wait(5)
    first.hang_up()
    second.hang_up()
    ended = {**about, "completedTime": "2026-01-05T15:00:05.000Z"}
    assert client.get(path) == {**ended, "activeMembers": []}
    assert client.get("/conferences") == [ended]


def test_a_list_of_conferences(rest: MakeRest) -> None:
    """Conferences are listed oldest first, by name and time, in pages."""
    client = rest(lambda event: Conference(event.to[1:]))
    ids = []
    for name in ("13035550101", "13035550102"):
        client.bandwidth.call(f"+{name}")
        ids.append(client.bandwidth.conference(name).conference_id)
        client.bandwidth.wait(10)

    def listed(query: str = "") -> list[str]:
        return [conference["id"] for conference in client.get(f"/conferences{query}")]

    assert listed() == ids
    assert listed("?name=13035550102") == listed("?minCreatedTime=2026-01-05T15:00:01Z") == ids[1:]
    assert listed("?maxCreatedTime=2026-01-05T15:00:01Z") == listed("?pageSize=1") == ids[:1]
    assert listed(f"?pageToken={ids[1]}") == ids[1:]


def test_an_old_conference(rest: MakeRest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A conference with members is known however many came after it; thousands are known after their end."""
    assert engine_conferences.KEPT_CONFERENCES >= 1000
    monkeypatch.setattr(engine_conferences, "KEPT_CONFERENCES", 2)
    client = rest(lambda event: Conference(event.to[1:]))
    client.bandwidth.call("+13035550101")
    kept = client.bandwidth.conference("13035550101")
    forgotten = None
    for _ in range(3):
        call = client.bandwidth.call("+13035550102")
        forgotten = forgotten or client.bandwidth.conference("13035550102")
        call.hang_up()
    assert len(client.get("/conferences")) == 3
    assert client.get(f"/conferences/{kept.conference_id}")["name"] == "13035550101"
    assert forgotten is not None
    assert client.send("GET", f"/conferences/{forgotten.conference_id}").status_code == 404


def test_redirect(rest: MakeRest) -> None:
    """updateConference with a redirectUrl sends conferenceRedirect and runs the document for all members."""
    client = rest(Conference("room"), more=SpeakSentence("All together."))
    calls = [client.bandwidth.call(), client.bandwidth.call()]
    conference = client.bandwidth.conference("room")
    path = f"/conferences/{conference.conference_id}"
    assert client.send("POST", path, {"redirectUrl": "https://localhost/phone/more"}).status_code == 204
    assert [call.heard for call in calls] == [["All together."]] * 2
    assert told(conference.exchanges, "conferenceRedirect")["name"] == "room"


def test_complete(rest: MakeRest) -> None:
    """A conference that is completed lets its members go on; then it can be changed no more."""
    client = rest([Conference("room"), SpeakSentence("Goodbye."), Pause(duration=60)])
    call = client.bandwidth.call()
    path = f"/conferences/{client.bandwidth.conference('room').conference_id}"
    assert client.send("POST", path, {"status": "completed"}).status_code == 204
    assert call.heard == ["Goodbye."]
    requests: list[tuple[str, str, dict[str, Any]]] = [
        ("POST", "", {"body": {"status": "completed"}}),
        ("PUT", "/bxml", {"data": "<Response/>", "content_type": "application/xml"}),
        ("GET", f"/members/{call.call_id}", {}),
        ("PUT", f"/members/{call.call_id}", {"body": {"mute": True}}),
    ]
    for method, below, options in requests:
        assert client.send(method, f"{path}{below}", **options).status_code == 404


@pytest.mark.parametrize(
    ("document", "status"),
    [
        ("<Response><SpeakSentence>Hello all.</SpeakSentence></Response>", 204),
        ("<Response><SpeakSentence>No.</SpeakSentence><Hangup/></Response>", 400),
        ("plain", 400),
    ],
)
def test_update_bxml(rest: MakeRest, document: str, status: int) -> None:
    """updateConferenceBxml plays to all members; a verb that no conference runs is rejected with the rest."""
    client = rest(Conference("room"))
    call = client.bandwidth.call()
    path = f"/conferences/{client.bandwidth.conference('room').conference_id}/bxml"
    response = client.send("PUT", path, data=document, content_type="application/xml")
    assert response.status_code == status
    assert call.heard == (["Hello all."] if status == 204 else [])


def test_change_a_member(rest: MakeRest) -> None:
    """A property that is absent stays as it is; callIdsToCoach replaces the list."""
    client = rest(Conference("room"))
    first, second, third = (client.bandwidth.call() for _ in range(3))
    path = f"/conferences/{client.bandwidth.conference('room').conference_id}/members/{first.call_id}"
    for body in ({"mute": True}, {"hold": True}, {"mute": False, "callIdsToCoach": [second.call_id]}):
        assert client.send("PUT", path, body).status_code == 204
    member = client.get(path)
    assert (member["mute"], member["hold"], member["callIdsToCoach"]) == (False, True, [second.call_id])
    client.send("PUT", path, {"hold": False})
    first.speak("Only you.")
    assert (second.heard, third.heard) == (["Only you."], [])
    client.send("PUT", path, {"callIdsToCoach": []})
    first.speak("All of you.")
    assert third.heard == ["All of you."]
    assert client.send("GET", path, account=ACCOUNT).status_code == 200
