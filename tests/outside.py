"""No test reaches another machine: looking one up, or connecting to it, is refused in this process."""

from __future__ import annotations

import functools
import ipaddress
import socket
from collections.abc import Callable
from typing import Any

attempts: list[str] = []
"""The hosts that were to be reached in this test, in order."""


def refuse_other_machines() -> None:
    """Raise an error in this process, from now on, when the network is used to reach another machine.

    Not with an audit hook: Python 3.11 may run another thread in it while one installs a trace function, as
    each does while coverage is measured, and lets none install one then.
    """
    _refuse(socket, "getaddrinfo", _host_to_look_up)
    _refuse(socket.socket, "connect", _host_of_address)
    _refuse(socket.socket, "connect_ex", _host_of_address)
    _refuse(socket.socket, "sendto", _host_of_address)


def _host_to_look_up(arguments: tuple[Any, ...]) -> Any:
    host = arguments[0]
    if isinstance(host, str):
        host.encode("idna")  # raises what looking up an impossible host raises
    return host


def _host_of_address(arguments: tuple[Any, ...]) -> Any:
    address = arguments[-1]
    return address[0] if isinstance(address, tuple) else ""  # a Unix socket is on this machine


def _refuse(owner: Any, name: str, host_in: Callable[[tuple[Any, ...]], Any]) -> None:
    function = getattr(owner, name)

    @functools.wraps(function)
    def function_here(*arguments: Any, **named: Any) -> Any:
        host = host_in((*arguments, *named.values()))
        if not _is_here(host):
            attempts.append(host)
            raise AssertionError(f"A test must not reach another machine, got {host}.")
        return function(*arguments, **named)

    setattr(owner, name, function_here)


def _is_here(given: Any) -> bool:
    host = given.decode() if isinstance(given, bytes) else str(given or "")
    if host in ("", "localhost") or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.replace(".", "").isdigit()  # 127.1 or a number; its address is checked when it is used
