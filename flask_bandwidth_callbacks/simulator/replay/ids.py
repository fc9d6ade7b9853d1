"""Fresh ids in place of those of real calls, so that no state of a real call is touched."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from flask_bandwidth_callbacks.call_log import Line

_PREFIXES = {"callId": "c", "parentCallId": "c", "conferenceId": "conf", "recordingId": "r"}
"""The properties with ids that are replaced, and how Bandwidth's ids of that kind begin."""
_TOKEN = re.compile("[A-Za-z0-9_-]+")


class FreshIds:
    """The ids of recorded callbacks, each with another one that takes its place.

    :param new_id: makes an id that begins with a prefix.
    """

    def __init__(self, lines: Iterable[Line], new_id: Callable[[str], str]) -> None:
        self._fresh: dict[str, str] = {}
        for line in lines:
            for name, prefix in _PREFIXES.items():
                known = line.payload.get(name)
                if isinstance(known, str) and known and known not in self._fresh:
                    self._fresh[known] = new_id(prefix)
        self._known = {fresh: known for known, fresh in self._fresh.items()}

    def renewed(self, value: Any) -> Any:
        """Return a value of JSON with fresh ids, wherever a text of it names one of the others."""
        match value:
            case str():
                return _replaced(value, self._fresh)
            case dict():
                return {name: self.renewed(item) for name, item in value.items()}
            case list():
                return [self.renewed(item) for item in value]
        return value

    def restored(self, text: str) -> str:
        """Return a text of today with the recorded ids."""
        return _replaced(text, self._known)


def _replaced(text: str, ids: Mapping[str, str]) -> str:
    return _TOKEN.sub(lambda token: ids.get(token[0], token[0]), text)
