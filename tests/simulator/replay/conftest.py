"""A phone line whose calls are recorded."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.simulator.replay.lines import Recorder


@pytest.fixture
def record(tmp_path: Path) -> Recorder:
    """Make calls of the phone line, and return the lines of its call log."""
    return Recorder(tmp_path / "calls.jsonl")
