"""The statistics of an account."""

from __future__ import annotations

from werkzeug.wrappers import Response

from ...engine.call import Calls
from ..models import AccountStatistics
from ..operation import Asked, operation

_QUEUE_SECONDS = 300
_CALLS_PER_SECOND = 5
"""The queue holds the calls of so many seconds; so many calls a second is what an account has by default.

Sources: https://dev.bandwidth.com/docs/voice/guides/callQueueing, https://dev.bandwidth.com/docs/voice/rateLimits
"""


@operation("GET", "/accounts/<account_id>/statistics", name="getStatistics")
def get_statistics(asked: Asked) -> Response:
    """Return how many outbound calls are ``queued``, and how many may be."""
    rate = asked.bandwidth.limits.calls_per_second or _CALLS_PER_SECOND
    up = asked.bandwidth.shared(Calls).up.values()
    values = {
        "current_call_queue_size": sum(call.state == "queued" for call in up),
        "max_call_queue_size": _QUEUE_SECONDS * rate,
    }
    return asked.written(AccountStatistics(), values)
