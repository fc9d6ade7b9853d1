"""The pages for the people at the company, in ordinary Flask. They have no login: add your own."""

from flask import Blueprint, abort, redirect, render_template, url_for
from werkzeug.wrappers import Response

from .calls import calls_of_day, sound_of
from .hours import now

pages = Blueprint("pages", __name__)


@pages.get("/")
def home() -> Response:
    return redirect(url_for("pages.calls"))


@pages.get("/calls")
def calls() -> str:
    """List today's calls."""
    today = now()
    return render_template("calls.html", today=today, calls=calls_of_day(today))


@pages.get("/messages/<recording_id>.wav")
def message(recording_id: str) -> Response:
    """Play a message."""
    return Response(sound_of(recording_id) or abort(404), mimetype="audio/wav")
