"""The lines of a call log: one callback with the reply to it, as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from marshmallow import ValidationError

from flask_bandwidth_callbacks.decoding import decode_json
from flask_bandwidth_callbacks.exceptions import BandwidthCallbacksError

from .masks import masked_payload, masked_reply, masked_text, without_secrets, without_secrets_in


class NotACallLog(BandwidthCallbacksError):
    """A file that is not a call log, or that cannot be read."""


@dataclass(frozen=True)
class Line:
    """A callback and the reply to it."""

    time: datetime
    """When the callback came, aware and in UTC."""
    method: str
    """``POST`` or ``GET``."""
    root: str
    """Scheme, host and mount point of the application, as the callback named them."""
    path: str
    """Path below the root, with the query string of a POST."""
    payload: Mapping[str, Any]
    """The payload, as received. That of a GET comes from its query string."""
    status: int
    """HTTP status of the reply."""
    content_type: str
    """Content type of the reply; empty without one."""
    reply: str | None
    """Body of the reply; None if it was a stream, which is not read."""
    milliseconds: float
    """Time from when the callback was read until its reply was made."""
    call_id: str | None
    """Call that the callback is about; None if it is about a conference only."""
    conference_id: str | None
    """Conference that the callback is about."""
    handler: str | None
    """The responder that replied, by module and qualified name; None if none did."""
    is_masked: bool = False
    """Whether numbers and digits are masked."""

    def without_secrets(self) -> Line:
        """Return the line without credentials."""
        return replace(
            self,
            path=without_secrets(self.path),
            payload=without_secrets_in(self.payload),
            reply=self.reply and without_secrets(self.reply),
        )

    def masked(self) -> Line:
        """Return the line with masked numbers and digits."""
        return replace(
            self,
            path=masked_text(self.path),
            payload=masked_payload(self.payload),
            reply=self.reply and masked_reply(self.reply, self.payload),
            is_masked=True,
        )

    def to_json(self) -> bytes:
        """Return the line as it is written, with the line feed at its end."""
        values = {name: value for name, value in vars(self).items() if value is not None}
        values["time"] = self.time.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        # In ASCII, so that nothing that a caller chooses controls the terminal in which the file is shown.
        return json.dumps(values).encode() + b"\n"

    @classmethod
    def from_json(cls, text: bytes) -> Self:
        """Read a line; raises :class:`ValueError` for anything else."""
        try:
            values = decode_json(text)
        except ValidationError as error:
            raise ValueError(error.args[0]) from None
        if not isinstance(values, dict):
            raise ValueError("Not a JSON object.")
        known: dict[str, Any] = {each.name: values.get(each.name) for each in fields(cls)}
        for name, kind in _KINDS.items():
            if not isinstance(known[name], kind):
                raise ValueError(f"It has no readable {name!r}.")
        try:
            known["time"] = datetime.fromisoformat(known["time"]).astimezone(UTC)
        except (ValueError, OverflowError):
            raise ValueError("It has no readable 'time'.") from None
        return cls(**known)


_KINDS: dict[str, Any] = {
    **dict.fromkeys(("time", "method", "root", "path", "content_type"), str),
    **dict.fromkeys(("reply", "call_id", "conference_id", "handler"), str | None),
    "payload": dict,
    "is_masked": bool,
    "status": int,
    "milliseconds": int | float,
}
"""The types of JSON that the properties of a line have."""


def read_lines(path: Path) -> Iterator[Line]:
    """Yield the lines of a call log. An end that is still being written is left out.

    Raises :class:`NotACallLog` with the number of the first line that cannot be read.
    """
    try:
        with path.open("rb") as file:
            for number, text in enumerate(file, 1):
                if not text.endswith(b"\n"):
                    return
                try:
                    line = Line.from_json(text)
                except ValueError as error:
                    raise NotACallLog(
                        f"{path} must be a call log, got something else in line {number}: {error} Give a file"
                        " that BANDWIDTH_CALLBACKS_RECORD wrote."
                    ) from None
                yield line
    except OSError as error:
        raise NotACallLog(f"{path} cannot be read: {error.strerror}.") from None
