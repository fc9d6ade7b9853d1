"""Lists that come in pages, with a ``Link`` header to the next one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

import marshmallow
from werkzeug.wrappers import Response

from .operation import Asked
from .problems import Problem

ItemT = TypeVar("ItemT")


def page(
    asked: Asked,
    query: Mapping[str, Any],
    items: Sequence[ItemT],
    key: Callable[[ItemT], str],
    schema: marshmallow.Schema,
) -> Response:
    """Return the page of a list that a query asks for.

    :param key: gives the id of an item. The token of a page is the id of its first item.

    Raises :class:`.Problem` for a token of no page.
    """
    token = query["page_token"]
    start = 0
    if token is not None:
        start = next((number for number, item in enumerate(items) if key(item) == token), -1)
        if start < 0:
            raise Problem(400, "Invalid pageToken: must be the token of a page")
    end = start + query["page_size"]
    headers = {}
    if end < len(items):
        again = {**asked.http.args.to_dict(), "pageToken": key(items[end])}
        url = asked.url(asked.http.path.rpartition("/")[2])
        headers["Link"] = f'<{url}?{urlencode(again)}>; rel="next"'
    return asked.written(schema, list(items[start:end]), headers=headers)
