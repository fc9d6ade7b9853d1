"""What handlers did, one line each in a file that all processes append to."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import NamedTuple


class Effect(NamedTuple):
    """Something that a handler did."""

    name: str
    call_id: str
    repeat_key: str
    detail: str
    process: int
    """Id of the worker."""

    def write(self, path: str) -> None:
        """Append a line to a file, whole even if the worker is killed: the system takes it at once."""
        file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            os.write(file, json.dumps(self).encode() + b"\n")
        finally:
            os.close(file)


def effects_in(path: Path) -> list[Effect]:
    """Return what was done, in order."""
    if not path.exists():
        return []
    return [Effect(*json.loads(line)) for line in path.read_text().splitlines()]
