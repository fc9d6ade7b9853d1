"""No test reaches another machine: looking one up, or connecting to it, is refused in this process."""

from __future__ import annotations

import ipaddress
import sys
from typing import Any

attempts: list[str] = []
"""The hosts that were to be reached in this test, in order."""


def refuse_other_machines() -> None:
    """Raise an error in this process, from now on, when the network is used to reach another machine."""
    sys.addaudithook(_refuse)


def _refuse(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.getaddrinfo":
        host = arguments[0]
    elif event in ("socket.connect", "socket.sendto") and isinstance(arguments[1], tuple):
        host = arguments[1][0]
    else:
        return
    if not _is_here(host):
        attempts.append(host)
        raise AssertionError(f"A test must not reach another machine, got {host}.")


def _is_here(given: Any) -> bool:
    host = given.decode() if isinstance(given, bytes) else str(given or "")
    if host in ("", "localhost") or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.replace(".", "").isdigit()  # 127.1 or a number; its address is checked when it is used
