"""The journal: jobs in a store until they are done, and those that failed for good."""

from __future__ import annotations

import json
import logging
import secrets
import time
from dataclasses import dataclass
from typing import Any, ClassVar

from flask_bandwidth_callbacks.display import shorten, without_password
from flask_bandwidth_callbacks.jobs import Job
from flask_bandwidth_callbacks.logs import log
from flask_bandwidth_callbacks.stores import Kind, Lease, Store

JOB = Kind("job", lifetime=None)
FAILED = Kind("failed", lifetime=None, is_bounded=True)
_MOST_DEATHS = 10
"""How many processes may end during a job, until it is taken to be what ends them."""
_ERROR_LIMIT = 300
_SUBJECT_LIMIT = 100


@dataclass(eq=False, slots=True)
class Entry:
    """A job in the journal."""

    name: str
    """``subject/id@registration``."""
    job: Job
    since: float
    """When the callback came, or when the job failed for good; in seconds since 1970."""
    failures: int = 0
    """How many times the handler failed."""
    starts: int = 0
    """How many processes took the job from another one since it was written."""
    error: str = ""
    """What the handler raised last, in one line."""
    lease: Lease | None = None
    """None for an entry that could not be written, or is only read."""
    kind: Kind = JOB
    free_in: float = 0.0
    """Seconds until it may be done, if it is only read."""

    _WRITTEN: ClassVar = ("since", "failures", "starts", "error")

    @property
    def id(self) -> str:
        """What a person calls the job."""
        return self.name.rpartition("/")[2].partition("@")[0]

    @property
    def registration(self) -> str:
        """Name of the registration that received the callback."""
        return self.name.rpartition("/")[2].partition("@")[2]

    def to_bytes(self) -> bytes:
        """Return the entry as a store holds it."""
        job = {
            "handler": self.job.handler,
            "subject": self.job.subject,
            "payload": self.job.payload,
            "repeat_key": self.job.repeat_key,
        }
        return json.dumps({"job": job, **{name: getattr(self, name) for name in self._WRITTEN}}).encode()

    @classmethod
    def read(cls, name: str, value: bytes, **details: Any) -> Entry:
        """Return the entry of a record in a store."""
        written = json.loads(value)
        return cls(name, Job(**written.pop("job")), **written, **details)


class Journal:
    """The jobs of a registration in a store. Every method raises StoreError if the store fails.

    A change of an entry whose lease was lost changes nothing: another process has taken it over.

    :param registration: its name; None for the jobs of all registrations.
    """

    def __init__(self, store: Store, registration: str | None) -> None:
        self.store = store
        self._suffix = "" if registration is None else f"@{registration}"
        self._strange = 0  # how many due jobs are of registrations that are not here

    @property
    def is_durable(self) -> bool:
        """Whether jobs outlive the process."""
        return self.store.is_durable

    def new_entry(self, job: Job) -> Entry:
        """Return an entry that is not written yet."""
        name = f"{shorten(job.subject, _SUBJECT_LIMIT)}/{secrets.token_hex(6)}{self._suffix}"
        return Entry(name, job, time.time())

    def write(self, entry: Entry) -> None:
        """Write a new entry, and keep it from other processes until it is changed again."""
        entry.lease = self.store.add(JOB, entry.name, entry.to_bytes())

    def due(self, count: int) -> list[str]:
        """Return the names of at most so many jobs of this registration that no process is doing."""
        names = self.store.due(JOB, count + self._strange)
        own = [name for name in names if name.endswith(self._suffix)]
        self._strange = len(names) - len(own)
        return own[:count]

    def take(self, name: str) -> Entry | None:
        """Take a job that is due; return None if another process was faster."""
        lease = self.store.lease(JOB, name)
        if lease is None or lease.value is None:
            if lease is not None:
                self.store.release(lease)
            return None
        entry = Entry.read(name, lease.value, lease=lease)
        if not self.is_durable:
            return entry
        entry.starts += 1
        if entry.starts > _MOST_DEATHS:
            self.fail(entry, f"{_MOST_DEATHS} processes ended while they worked on it.")
            return None
        self.store.write(lease, entry.to_bytes())
        entry.lease = self.store.lease(JOB, name)
        return None if entry.lease is None else entry

    def done(self, entry: Entry) -> None:
        """Delete a job that was done."""
        if entry.lease is not None and not self.store.delete(entry.lease):
            log(
                logging.WARNING,
                "%s was done, but this process stood still, so that another one has taken the job over.",
                entry.job.handler,
            )

    def give_back(self, entry: Entry) -> None:
        """Leave a job that was written to whichever process is free first."""
        assert entry.lease is not None
        self.store.release(entry.lease)

    def try_again(self, entry: Entry, seconds: float) -> None:
        """Leave a job, after so many seconds, to whichever process is free first."""
        if entry.lease is None:
            self.write(entry)
            assert entry.lease is not None
        entry.starts = 0
        self.store.write(entry.lease, entry.to_bytes(), free_in=seconds)

    def fail(self, entry: Entry, error: str) -> None:
        """Keep a job as failed."""
        entry.error = error
        entry.since = time.time()
        entry.starts = 0
        # In this order: a process that ends in between leaves the job twice, not lost.
        failed = self.store.add(FAILED, entry.name, entry.to_bytes())
        if entry.lease is None or self.store.delete(entry.lease):
            self.store.release(failed)
        else:
            self.store.delete(failed)

    # -- For people --------------------------------------------------------------------------------------

    def waiting(self) -> list[Entry]:
        """Return the jobs that are not done, oldest first."""
        return self._entries(JOB)

    def failed(self) -> list[Entry]:
        """Return the jobs that failed, oldest first."""
        return self._entries(FAILED)

    def retry(self, entry: Entry) -> bool:
        """Make a job that failed due. Return False if it is gone."""
        lease = self.store.lease(FAILED, entry.name)
        if lease is None:
            return False
        entry.failures = 0
        self.write(entry)
        self.give_back(entry)
        return self.store.delete(lease)

    def drop(self, entry: Entry) -> bool:
        """Delete a job. Return False if a process is doing it, or waits until it may try again."""
        lease = self.store.lease(entry.kind, entry.name)
        return lease is not None and self.store.delete(lease)

    def _entries(self, kind: Kind) -> list[Entry]:
        entries = [
            Entry.read(record.name, record.value, kind=kind, free_in=record.free_in)
            for record in self.store.records(kind)
            if record.name.endswith(self._suffix)
        ]
        return sorted(entries, key=lambda entry: entry.since)


def one_line(error: BaseException) -> str:
    """Return an error in one line, short and without passwords."""
    text = without_password(" ".join(f"{type(error).__name__}: {error}".split()))
    return shorten(text, _ERROR_LIMIT)
