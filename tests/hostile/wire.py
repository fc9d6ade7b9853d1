"""Requests as bytes on a connection, whole or spoiled, as hypothesis strategies."""

from __future__ import annotations

import re
import socket
import struct
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from urllib.parse import quote

from hypothesis import strategies as st

from tests.hostile.callbacks import mostly
from tests.hostile.expected import is_let_in
from tests.hostile.line import BASIC, Request
from tests.hostile.requests import gets, posts

_IN_QUERY = "".join(map(chr, [*range(0x21, 0x7F), *range(0x80, 0x100)])).replace("#", "")
ODD_LINES: Sequence[bytes] = (
    b"Transfer-Encoding: chunked", b"Transfer-Encoding: Chunked, identity",
    b"Transfer-Encoding:\x0bchunked", b"Transfer_Encoding: chunked", b"Transfer-Encoding : chunked",
    b"Content-Length: 5", b"Content-Length: 5, 5", b"Content-Length: +5", b"Content-Length: 0x5",
    b"Content-Length: " + b"9" * 30, b"Content_Length: 1", b"Authorization: Basic x",
    b"Authorization: " + BASIC.encode(), b"Content-Type: text/plain", b"Host: a, b", b"Host:",
    b" folded: line", b"\tfolded", b"no colon", b": no name", b"\x00: x", b"a\x00b: x", b"X: a\x00b",
    b"X: a\rb", b"X\xff: \xff", b"Expect: 100-continue", b"Expect: 999-nonsense", b"Connection: upgrade",
    b"Upgrade: websocket", b"Trailer: Authorization", b"TE: trailers", b"Content-Encoding: gzip",
    b"X: " + b"x" * 9000, b"X: " + b"x" * 70_000, b"\r\n".join(b"X%d: x" % number for number in range(150)),
)  # fmt: skip
ODD_STARTS: Sequence[bytes] = (
    b"", b"\r\n\r\n", b"POST", b"POST /phone/", b"POST /phone/ HTTP/0.9", b"POST /phone/ HTTP/3.0",
    b"\x16\x03\x01\x02\x00", b"POST /phone/ HTTP/1.1 x", b"POST http://localhost/phone/ HTTP/1.1",
    b"PRI * HTTP/2.0\r\n\r\nSM", b"OPTIONS * HTTP/1.1", b"POST phone HTTP/1.1",
    b"POST /phone/../phone/ HTTP/1.1", b"POST //phone/ HTTP/1.1", b"POST /phone/%00 HTTP/1.1",
    b"POST /phone/rooms/%ff%fe HTTP/1.1", b"POST /" + b"a" * 9000 + b" HTTP/1.1",
    b"\xff\xfe /phone/ HTTP/1.1",
)  # fmt: skip
_ODD_CHUNKS: Sequence[bytes] = (
    b"", b"0", b"0\r\n", b"5\r\n ", b"zz\r\n", b"-1\r\n\r\n", b"1;" + b"x" * 5000 + b"\r\nx\r\n",
    b"0x1\r\nx\r\n", b"ffffffffffffffffff\r\nx\r\n", b"1\r\nxx\r\n0\r\n\r\n",
    b"0\r\nAuthorization: x\r\n\r\n", b"1\n \n0\n\n",
)  # fmt: skip


@dataclass(frozen=True)
class Wire:
    """The bytes that a client sends over one connection."""

    parts: tuple[bytes, ...]
    """Sent one after the other."""
    resets: bool = False
    """Whether the client then breaks the connection; else it says that this was all, and reads."""
    request: Request | None = None
    """The request that this is, if nothing is spoiled."""

    @property
    def shows_credentials(self) -> bool:
        """Return whether the request has a header with an accepted pair."""
        values = re.findall(rb"(?im)^authorization *:(.*)$", b"".join(self.parts))
        return any(is_let_in(value.decode("latin-1")) for value in values)

    def send(self, port: int) -> list[tuple[int, bytes]]:
        """Return the replies: their statuses, and all of their bytes."""
        with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
            # A server that has said all may hang up on the rest.
            with suppress(BrokenPipeError, ConnectionResetError):
                for part in self.parts:
                    connection.sendall(part)
                if self.resets:
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    return []
                connection.shutdown(socket.SHUT_WR)
            received = b""
            with suppress(ConnectionResetError):
                while more := connection.recv(65536):
                    received += more
        replies = re.split(rb"(?=HTTP/1\.[01] [0-9]{3} )", received)[1:]
        return [(int(reply[9:12]), reply) for reply in replies if not reply[9:12].startswith(b"1")]


def _head(request: Request) -> list[bytes]:
    target = quote(request.path.encode("latin-1"))
    query = "".join(one if one in _IN_QUERY else f"%{ord(one):02x}" for one in request.query)
    lines = [f"{request.method} {target}?{query} HTTP/1.1"]
    for name, value in request.headers.items():
        lines.append(f"{name.removeprefix('HTTP_').replace('_', '-').title()}: {value}")
    return [line.encode("latin-1") for line in lines]


def _chunks(body: bytes, size: int) -> list[bytes]:
    parts = [body[start : start + size] for start in range(0, len(body), size)]
    return [b"%x\r\n%s\r\n" % (len(part), part) for part in parts]


@st.composite
def wires(draw: st.DrawFn) -> Wire:
    """Generate a request over a connection; every second one is spoiled in its head, chunks or end."""
    request = draw(posts() | gets())
    is_chunked = request.headers.get("HTTP_TRANSFER_ENCODING") == "chunked"
    headers = {
        name: value for name, value in request.headers.items() if not (is_chunked and "LENGTH" in name)
    }
    request = replace(request, headers=headers, error=None, terminated=True)
    head = _head(request)
    end = b"0\r\n\r\n"
    is_spoiled = draw(st.booleans())
    if is_spoiled:
        head[0] = mostly(draw, head[0], st.sampled_from(ODD_STARTS))
        for line in draw(st.lists(st.sampled_from([*ODD_LINES, *head[1:]]), max_size=2)):
            head.insert(draw(st.integers(1, len(head))), line)
        end = mostly(draw, end, st.sampled_from(_ODD_CHUNKS))
    if is_chunked:
        body = [*_chunks(request.body, draw(st.sampled_from([8192, 100, 7]))), end]
    else:
        size = draw(st.sampled_from([65536, 100]))
        body = [request.body[start : start + size] for start in range(0, len(request.body), size)]
    separator = mostly(draw, b"\r\n", st.sampled_from([b"\n"])) if is_spoiled else b"\r\n"
    parts = [separator.join([*head, b"", b""]), *body]
    if is_spoiled and draw(st.booleans()):
        whole = b"".join(parts)
        cut = draw(st.integers(0, len(whole)))
        parts = [whole[:cut], whole[cut : cut + draw(st.sampled_from([0, 1, 100]))]]
    return Wire(tuple(parts), mostly(draw, False, st.just(is_spoiled)), None if is_spoiled else request)
