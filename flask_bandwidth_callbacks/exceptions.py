"""The errors and warnings of this library.

::

    BandwidthCallbacksError
    ├── ConfigurationError      app.config, or an argument of a blueprint, holds an unusable value
    ├── SubscriptionError       a decorator was given arguments that can never work
    ├── LinkError               a handler cannot be used where a URL is expected
    ├── InvalidBXML             a document or a verb breaks a rule of BXML
    ├── StoreError              the store cannot be reached
    └── StateLocked             another block has the state of a call open, or took it over, or the callback

    BandwidthCallbacksWarning   a probable mistake, which is accepted all the same
    └── BXMLWarning             an element or attribute of BXML that this version does not know

Errors in the payload of a callback are :class:`marshmallow.ValidationError`, as wherever marshmallow decodes.
"""

from __future__ import annotations

from collections.abc import Sequence


class BandwidthCallbacksError(Exception):
    """Base of all errors of this library."""


class ConfigurationError(BandwidthCallbacksError):
    """An unusable value in ``app.config`` or in an argument of a blueprint."""


class SubscriptionError(BandwidthCallbacksError):
    """Arguments of ``respond`` or ``on`` that can never work, detected when the decorator runs."""


class LinkError(BandwidthCallbacksError):
    """A handler that has no URL here, takes another event, or asks for unavailable credentials."""


class InvalidBXML(BandwidthCallbacksError, ValueError):
    """A verb or a document that breaks rules of BXML; ``faults`` describes each of them."""

    def __init__(self, faults: Sequence[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(self.faults))


class StoreError(BandwidthCallbacksError):
    """A store that cannot be reached, or cannot do now what it is asked to."""


class StateLocked(BandwidthCallbacksError):
    """A state that another block has open for too long, or took over before it was stored.

    Also the state of a callback that another process took over, because this one stood still.
    """


class BandwidthCallbacksWarning(UserWarning):
    """A probable mistake that is accepted all the same, because Bandwidth may add such a thing."""


class BXMLWarning(BandwidthCallbacksWarning):
    """An element or attribute that this version does not know. It is kept as it is."""
