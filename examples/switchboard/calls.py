"""The calls, what happened on them, and the messages, kept in a database.

A call is the steps with its id. Rows are only added and never changed, so workers that log steps of the same
call at the same time cannot overwrite each other.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import DateTime, Dialect, LargeBinary, String, TypeDecorator, func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """The base class of the tables."""


db = SQLAlchemy(model_class=Base)


class UTCDateTime(TypeDecorator[datetime]):
    """An aware datetime, stored in UTC, because SQLite and MySQL keep no time zone."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value and value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value and value.replace(tzinfo=UTC)


class Step(db.Model):  # type: ignore[name-defined, misc]  # the class of db.Model is made at run time
    """Something that happened on a call."""

    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[str] = mapped_column(String(100), index=True)
    caller: Mapped[str] = mapped_column(String(500))
    time: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    text: Mapped[str] = mapped_column(String(200))
    over: Mapped[bool]
    """Whether the call ended with this step."""


class Message(db.Model):  # type: ignore[name-defined, misc]
    """A message that a caller left."""

    recording_id: Mapped[str] = mapped_column(String(100), primary_key=True)
    call_id: Mapped[str] = mapped_column(String(100), index=True)
    sound: Mapped[bytes] = mapped_column(LargeBinary(2**24))
    """A WAV file."""


@dataclass
class Call:
    """A call and its steps so far."""

    caller: str
    over: bool = False
    steps: list[Step] = field(default_factory=list)
    """What happened, in order of time."""
    messages: list[str] = field(default_factory=list)
    """The ids of the recordings that are kept."""


def store_url(app: Flask) -> str:
    """Return the URL of the database, as the library's store takes it. A store in memory has its own."""
    with app.app_context():
        url = db.engine.url
    return url.render_as_string(hide_password=False) if url.database else "memory://"


def create_tables(app: Flask) -> None:
    """Create the tables that the database does not have yet."""
    with app.app_context():
        for table in db.metadata.sorted_tables:
            try:
                table.create(db.engine, checkfirst=True)
            except DBAPIError:  # another worker, which started at the same time, has just created it
                table.create(db.engine, checkfirst=True)


def add_step(call_id: str, caller: str, time: datetime, text: str, over: bool = False) -> None:
    """Add a step to a call."""
    db.session.add(Step(call_id=call_id, caller=caller[:500], time=time, text=text[:200], over=over))
    db.session.commit()


def add_message(recording_id: str, call_id: str, sound: bytes) -> None:
    """Add a message, or replace it: work in the background may be done twice."""
    db.session.merge(Message(recording_id=recording_id, call_id=call_id, sound=sound))
    db.session.commit()


def sound_of(recording_id: str) -> bytes | None:
    """Return the sound of a message, None if it is not kept."""
    return db.session.scalar(select(Message.sound).where(Message.recording_id == recording_id))


def calls_of_day(now: datetime) -> list[Call]:
    """Return the calls that began on the day of ``now``, in its time zone; the latest comes first."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    began = func.min(Step.time)
    of_day = (
        select(Step.call_id)
        .group_by(Step.call_id)
        .having(began >= midnight, began < midnight + timedelta(days=1))
    )
    steps = select(Step).where(Step.call_id.in_(of_day)).order_by(Step.time, Step.id)
    calls: dict[str, Call] = {}
    for step in db.session.scalars(steps):
        call = calls.setdefault(step.call_id, Call(step.caller))
        call.over = call.over or step.over
        call.steps.append(step)
    messages = select(Message.call_id, Message.recording_id).where(Message.call_id.in_(of_day))
    for call_id, recording_id in db.session.execute(messages):
        calls[call_id].messages.append(recording_id)
    return list(reversed(calls.values()))
