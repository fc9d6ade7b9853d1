"""Every error and warning that this library raises on its own account.

::

    BandwidthCallbacksError
    ├── ConfigurationError      what app.config or a blueprint's arguments say cannot be used
    ├── SubscriptionError       a decorator was given something that can never work
    ├── LinkError               a handler cannot stand where a URL is expected
    └── InvalidBXML             a document or a verb breaks a rule of BXML

    BandwidthCallbacksWarning   something odd, kept all the same
    └── BXMLWarning             an element or attribute of BXML that is not known here

Faults of a callback's *payload* are :class:`marshmallow.ValidationError`, as everywhere else where
marshmallow decodes.
"""

from __future__ import annotations

from collections.abc import Sequence


class BandwidthCallbacksError(Exception):
    """Base of every error of this library: catch this one to catch them all."""


class ConfigurationError(BandwidthCallbacksError):
    """``app.config`` or an argument of a blueprint holds a value that cannot be used."""


class SubscriptionError(BandwidthCallbacksError):
    """``respond`` or ``on`` was given something that can never work, found while the decorator runs."""


class LinkError(BandwidthCallbacksError):
    """A handler has no URL here, takes another event, or cannot be given the credentials it asks for."""


class InvalidBXML(BandwidthCallbacksError, ValueError):
    """A verb or a document breaks a rule of BXML; ``faults`` names every one that was found."""

    def __init__(self, faults: Sequence[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(self.faults))


class BandwidthCallbacksWarning(UserWarning):
    """Something that is probably a mistake but may be tomorrow's Bandwidth: kept, and told."""


class BXMLWarning(BandwidthCallbacksWarning):
    """An element or attribute that this version does not know; it is kept as it stands."""
