"""The switchboard under a real server that is under attack: ``make soak`` for a few seconds."""

from pathlib import Path

from tests.hostile.soak import soak


def test_every_call_ends_as_it_should(tmp_path: Path) -> None:
    """Garbage, huge and slow bodies, wrong passwords and cut connections do not harm any call."""
    load, attacks, faults = soak(5, tmp_path / "log")
    assert faults == []
    assert load.calls > 10
    assert len(attacks) == 7
    assert all(attacks.values())
