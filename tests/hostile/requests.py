"""Requests that may arrive, as hypothesis strategies: callbacks with anything around them."""

from __future__ import annotations

from base64 import b64encode

from hypothesis import strategies as st

from tests.hostile.callbacks import bodies, mostly, queries
from tests.hostile.line import BASIC, LIMIT, PAIRS, Request, basic

_latin_1 = st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\0"), max_size=20)


# -- Headers -------------------------------------------------------------------------------------------------

_TOKEN = BASIC.partition(" ")[2]

LET_IN = (
    BASIC, basic(*PAIRS[1]), f"basic {_TOKEN}", f"BASIC {_TOKEN}", f" Basic  {_TOKEN} ",
    f"bAsIc \t{_TOKEN}", "Basic " + b64encode("before:old:p\xe4ssword".encode("latin-1")).decode(),
)  # fmt: skip
"""Every one of these carries one of the pairs, as HTTP has it (RFC 7617)."""
NOT_LET_IN = (
    "", " ", "Basic", "Basic ", "Basic :", "Basic =", "Basic ====", f"Basic{_TOKEN}", f"Bearer {_TOKEN}",
    _TOKEN, f"Digest {_TOKEN}", "Digest username=bandwidth, response=x", f"Basic {_TOKEN}, {BASIC}",
    f"{BASIC},{BASIC}", f"Basic {_TOKEN[:-1]}", f"Basic {_TOKEN}=", f"Basic {_TOKEN[:8]} {_TOKEN[8:]}",
    f"Basic {_TOKEN.lower()}", f"Basic {_TOKEN}\xff", f"Basic \x00{_TOKEN}", "Basic " + "A" * 50_000,
    "Basic bandwidth:s3cret", basic("bandwidth", ""), basic("", "s3cret"), basic("", ""),
    basic("bandwidth", "s3cret "), basic("bandwidth", "s3cre"), basic("bandwidth", "S3CRET"),
    basic("Bandwidth", "s3cret"), basic("s3cret", "bandwidth"), basic("bandwidth", "old:p\xe4ssword"),
    basic("before", "s3cret"), basic("bandwidth:s3cret", ""), basic("bandwidth", "s3cret\n"),
    basic("bandwidth", "s3cret\0"), basic("before", "old:pa\u0308ssword"), basic("before", "old"),
    "Basic " + b64encode(b"bandwidth").decode(), "Basic " + b64encode(b"\xff\xfe:\xff").decode(),
    "Basic " + b64encode("bandwidth:s3cret".encode("utf-16")).decode(),
)  # fmt: skip
"""None of these does."""
_CONTENT_TYPES = (
    "application/json; charset=utf-8", "Application/JSON;charset=\xff", "application/vnd.x+json",
    "application/json;", " application/json ", "", "text/plain", "text/json", "application/jsonp",
    "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "multipart/form-data",
    "application/json, application/json", "json", "/", ";", "text/plain, application/json",
    "application/xml; a=application/json", "application/+json", "image/+json",
    "application/json" + " " * 5000, 'application/json; x="',
)  # fmt: skip
_LENGTHS = (
    "-1", "0", "1", "abc", "1e3", "1_0", "+9", " 9 ", "0x9", "9" * 100, str(LIMIT), str(LIMIT + 1),
    "10, 10", "\xb2", "",
)  # fmt: skip
_HOSTS = (
    "", "localhost:99999", "evil.example.com", "[::1", "[", "a b", "@", "\xff", "/../..", "a, b", '"',
    "<b>", "%0d%0a", "localhost:80:80", "127.0.0.1.", "user:password@localhost", "x" * 63,
)  # fmt: skip
_NAMES = (
    "HTTP_TRANSFER_ENCODING", "HTTP_CONTENT_ENCODING", "HTTP_EXPECT", "HTTP_ACCEPT", "HTTP_COOKIE",
    "HTTP_RANGE", "HTTP_X_HTTP_METHOD_OVERRIDE", "HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_HOST",
    "HTTP_X_FORWARDED_PREFIX", "HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE", "HTTP_ORIGIN",
    "HTTP_UPGRADE", "HTTP_CONNECTION", "HTTP_X", "HTTP_USER_AGENT", "HTTP_REFERER", "HTTP_WWW_AUTHENTICATE",
    "HTTP_PROXY_AUTHORIZATION",
)  # fmt: skip
_VALUES = (
    "", "identity", "gzip", "deflate", "100-continue", "*/*", "bytes=0-", "PUT", "127.0.0.1, ::1",
    "evil.example.com", "/../..", '"*"', "Thu, 99 Xxx 9999 99:99:99 GMT", "close, keep-alive", "h2c",
    "a=b; " * 500, "s=\x01", BASIC, "x" * 10_000,
)  # fmt: skip


@st.composite
def authorizations(draw: st.DrawFn) -> dict[str, str]:
    """Generate an accepted header most of the time, else another one or none."""
    value = mostly(draw, draw(st.sampled_from(LET_IN)), st.sampled_from(NOT_LET_IN) | _latin_1 | st.none())
    return {} if value is None else {"HTTP_AUTHORIZATION": value}


@st.composite
def salads(draw: st.DrawFn) -> dict[str, str]:
    """Generate headers that have nothing to do with a callback, now and then a ``Host``."""
    odd = st.dictionaries(st.sampled_from(_NAMES), st.sampled_from(_VALUES) | _latin_1, max_size=3)
    return draw(odd) | {"HTTP_HOST": mostly(draw, "localhost", st.sampled_from(_HOSTS))}


_content_types = st.sampled_from(_CONTENT_TYPES) | _latin_1


# -- Requests ------------------------------------------------------------------------------------------------

_OTHER_METHODS = (
    "PUT",
    "PATCH",
    "DELETE",
    "OPTIONS",
    "HEAD",
    "TRACE",
    "CONNECT",
    "BREW",
    "get",
    "post",
    "Post",
)
_paths = st.sampled_from(["/phone", "/phone/", "/phone/rooms/7"]) | _latin_1.map(
    lambda text: "/phone/rooms/" + (text.replace("/", "") or "x")
)


class ServerError(Exception):
    """An error of a server for a broken chunk, which is not an OSError, like gunicorn's InvalidChunkSize."""


_errors = st.sampled_from([OSError("reset"), ValueError("closed"), ServerError()])


@st.composite
def posts(draw: st.DrawFn) -> Request:
    """Generate a callback by POST, or by a method that does not exist."""
    body = draw(bodies)
    headers = {"CONTENT_TYPE": mostly(draw, "application/json", _content_types)}
    lengths = st.sampled_from([str(len(body) + 1), str(len(body) - 1), *_LENGTHS])
    headers["CONTENT_LENGTH"] = mostly(draw, str(len(body)), lengths)
    framing = draw(st.sampled_from(["length", "length", "chunks", "chunks and length"]))
    if framing == "chunks":
        del headers["CONTENT_LENGTH"]
    if framing != "length":
        headers["HTTP_TRANSFER_ENCODING"] = "chunked"
    return Request(
        method=mostly(draw, "POST", st.sampled_from(_OTHER_METHODS)),
        path=draw(_paths),
        query=mostly(draw, "", _latin_1),
        headers=draw(salads()) | headers | draw(authorizations()),
        body=body,
        piece=mostly(draw, 65536, st.sampled_from([1000, 100, 7])),
        error=mostly(draw, None, _errors),
        # A server that ends the body has understood where that is.
        terminated=framing != "length" or (headers["CONTENT_LENGTH"].isdecimal() and draw(st.booleans())),
    )


@st.composite
def gets(draw: st.DrawFn) -> Request:
    """Generate a callback by GET, with or without a body, which is ignored."""
    return Request(
        method="GET",
        path=draw(_paths),
        query=draw(queries()),
        headers=draw(salads()) | {"CONTENT_TYPE": draw(_content_types)} | draw(authorizations()),
        body=mostly(draw, b"", bodies),
        terminated=draw(st.booleans()),
    )
