"""Conferences and their members."""

from __future__ import annotations

from werkzeug.wrappers import Response

from ...exceptions import NotFound
from ...verbs.conferences import Conference, Conferences, Member
from ..models import (
    ConferenceMemberModel,
    ConferenceModel,
    ListConferences,
    UpdateConference,
    UpdateConferenceMember,
    pair,
)
from ..operation import Asked, operation
from ..pages import page
from ..problems import not_found

_CONFERENCES = "/accounts/<account_id>/conferences"
_CONFERENCE = f"{_CONFERENCES}/<conference_id>"
_MEMBER = f"{_CONFERENCE}/members/<member_id>"


def find_conference(asked: Asked, conference_id: str, *, is_up: bool = False) -> Conference:
    """Return a conference; raises :class:`.Problem` if there is none.

    :param is_up: whether it must have members.
    """
    try:
        conference = asked.bandwidth.shared(Conferences).find(conference_id)
    except NotFound:
        raise not_found("Conference", conference_id) from None
    if is_up and not conference.members:
        raise not_found("Conference", conference_id)
    return conference


def _find_member(asked: Asked, conference_id: str, member_id: str) -> Member:
    member = find_conference(asked, conference_id).members.get(member_id)
    if member is None:
        raise not_found("Member", member_id)
    return member


@operation("GET", _CONFERENCES, name="listConferences")
def list_conferences(asked: Asked) -> Response:
    """List conferences, ended ones too, oldest first, with all filters and in pages."""
    query = asked.read_query(ListConferences())
    conferences = [
        conference
        for conference in asked.bandwidth.shared(Conferences).all()
        if query["name"] in (None, conference.name)
        and (query["min_created_time"] is None or query["min_created_time"] <= conference.created_time)
        and (query["max_created_time"] is None or query["max_created_time"] >= conference.created_time)
    ]
    return page(
        asked,
        query,
        conferences,
        lambda each: each.conference_id,
        ConferenceModel(exclude=["active_members"]),
    )


@operation("GET", _CONFERENCE, name="getConference")
def get_conference(asked: Asked, conference_id: str) -> Response:
    """Return a conference with its members, also after it has ended."""
    return asked.written(ConferenceModel(), find_conference(asked, conference_id))


@operation("POST", _CONFERENCE, name="updateConference", status=204)
def update_conference(asked: Asked, conference_id: str) -> None:
    """Run the document at ``redirectUrl`` for all members, or end the conference, after the reply."""
    conference = find_conference(asked, conference_id, is_up=True)
    body = asked.read(UpdateConference())
    if body["status"] == "completed":
        conference.complete()
    else:
        conference.redirect(
            body["redirect_url"],
            body["redirect_method"],
            fallback_url=body["redirect_fallback_url"],
            fallback_method=body["redirect_fallback_method"],
            credentials=pair(body),
            fallback_credentials=pair(body, "fallback_"),
        )


@operation("PUT", f"{_CONFERENCE}/bxml", name="updateConferenceBxml", status=204)
def update_conference_bxml(asked: Asked, conference_id: str) -> None:
    """Run the document for all members, after the reply."""
    find_conference(asked, conference_id, is_up=True).update(asked.read_document())


@operation("GET", _MEMBER, name="getConferenceMember")
def get_conference_member(asked: Asked, conference_id: str, member_id: str) -> Response:
    """Return how a call takes part in a conference."""
    return asked.written(ConferenceMemberModel(), _find_member(asked, conference_id, member_id))


@operation("PUT", _MEMBER, name="updateConferenceMember", status=204)
def update_conference_member(asked: Asked, conference_id: str, member_id: str) -> None:
    """Change whether a member is heard and hears, and which members hear it."""
    member = _find_member(asked, conference_id, member_id)
    body = asked.read(UpdateConferenceMember())
    coached = body["call_ids_to_coach"]
    member.conference.change_member(
        member.call,
        mute=body["mute"],
        hold=body["hold"],
        call_ids_to_coach=None if coached is None else ",".join(coached),
    )
