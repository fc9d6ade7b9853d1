"""How long the person on a call hears nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flask_bandwidth_callbacks import bxml

from ..choices import AUDIO_FILE_SECONDS
from ..engine.call import Call, spoken_seconds

_EXPECTED = (
    bxml.Record,
    bxml.Ring,
    bxml.Transfer,
    bxml.Forward,
    bxml.Refer,
    bxml.Connect,
    bxml.Bridge,
    bxml.Conference,
    bxml.StopStream,
)
"""Verbs during which a caller speaks, hears a telephone ring, or talks with a person."""


class Quiet:
    """Measures the silence on a call while steps are taken on it."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._since = self._now
        self._read = 0
        self.longest = 0.0
        """The longest silence during the latest step, in seconds."""
        self._read_lines()

    @property
    def _now(self) -> int:
        return self._call.bandwidth.timeline.now

    @property
    def seconds(self) -> float:
        """How long it has been silent."""
        return max(0, self._now - self._since) / 1000

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Return a context in which a step is taken."""
        self.longest = 0.0
        is_expected = self._is_expected()
        try:
            yield
        finally:
            self._read_lines(is_expected=is_expected)
            if self._is_expected() or self._call.state == "disconnected":
                self._since = max(self._since, self._now)
            else:
                self.longest = max(self.longest, self.seconds)

    def _is_expected(self) -> bool:
        return isinstance(self._call.verb, _EXPECTED)

    def _read_lines(self, *, is_expected: bool = False) -> None:
        for line in self._call.lines[self._read :]:
            sounds = line.who == self._call.person and line.kind in ("hears", "presses", "says")
            if is_expected and line.exchange is not None and line.exchange.runs_reply:  # the verb is over
                self._since, is_expected = line.time, False
            elif sounds or line.text.startswith("ended"):
                if not is_expected:
                    self.longest = max(self.longest, (line.time - self._since) / 1000)
                length = 0.0
                if line.kind == "hears":
                    length = AUDIO_FILE_SECONDS if line.words is None else spoken_seconds(line.words)
                self._since = max(self._since, line.time + round(length * 1000))
                is_expected = is_expected and line.kind != "hears"
        self._read = len(self._call.lines)
