"""The time of importing the library, compared with importing its dependencies."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from .measuring import Row, compare, show_progress

_OURS = "import flask_bandwidth_callbacks"
_THEIRS = "import flask, marshmallow"
_TIMED = "import time; began = time.perf_counter(); {}; print(time.perf_counter() - began)"


def importing(rounds: int) -> Iterator[Row]:
    """Compare imports, each in a new interpreter with bytecode that was compiled before."""
    times: dict[str, list[float]] = {_OURS: [], _THEIRS: []}
    with tempfile.TemporaryDirectory() as bytecode:
        environment = os.environ | {"PYTHONPYCACHEPREFIX": bytecode}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        for _ in range(2):  # the first one compiles
            _seconds(_OURS, environment)
        for number in range(rounds):
            for statement, seconds in times.items():
                seconds.append(_seconds(statement, environment))
            show_progress("import", number + 1, rounds)
    yield compare(times, "import", _OURS, _THEIRS, _THEIRS, 1.2)


def _seconds(statement: str, environment: dict[str, str]) -> float:
    completed = subprocess.run(
        [sys.executable, "-c", _TIMED.format(statement)],
        env=environment,
        cwd=Path(__file__).parents[1],
        check=True,
        capture_output=True,
        text=True,
    )
    return float(completed.stdout)
