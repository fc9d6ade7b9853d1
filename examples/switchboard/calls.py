"""The calls and what happened on them, kept in a database, so that restarts and several workers lose nothing.

The table has one row for each step, and a call is the steps with its id. Rows are only added and never
changed, so workers that log steps of the same call at the same time cannot overwrite each other.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import DateTime, Dialect, String, TypeDecorator, UniqueConstraint, func, select
from sqlalchemy.exc import DBAPIError, IntegrityError
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

    __table_args__ = (UniqueConstraint("call_id", "time", "text"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[str] = mapped_column(String(100))
    caller: Mapped[str] = mapped_column(String(500))
    time: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    text: Mapped[str] = mapped_column(String(200))
    over: Mapped[bool]
    """Whether the call ended with this step."""


@dataclass
class Call:
    """A call and its steps so far."""

    caller: str
    over: bool = False
    steps: list[Step] = field(default_factory=list)
    """What happened, in order of time."""


def create_tables(app: Flask) -> None:
    """Create the tables that the database does not have yet."""
    with app.app_context():
        try:
            db.create_all()
        except DBAPIError:  # another worker, which started at the same time, has just created them
            db.create_all()


def add_step(call_id: str, caller: str, time: datetime, text: str, over: bool = False) -> None:
    """Add a step to a call. A step that Bandwidth sends twice is added once."""
    db.session.add(Step(call_id=call_id, caller=caller[:500], time=time, text=text[:200], over=over))
    try:
        db.session.commit()
    except IntegrityError:  # the step is there already
        db.session.rollback()


def has_step(call_id: str, text: str) -> bool:
    """Return whether a call has a step."""
    step = select(Step.id).where(Step.call_id == call_id, Step.text == text)
    return db.session.scalar(step.limit(1)) is not None


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
    return list(reversed(calls.values()))
