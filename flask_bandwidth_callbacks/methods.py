"""The methods of callbacks, and the set of them in the application's URL map."""

from __future__ import annotations

METHODS = ("POST", "GET")
"""The methods that Bandwidth uses for callbacks."""


class EveryMethod(set[str]):
    """The methods of a rule that takes every method.

    Tools that read the URL map see the methods that Bandwidth uses. Werkzeug, which asks whether a method is
    in the set, finds every one: requests by other methods are challenged too, before they learn anything.
    """

    def __contains__(self, method: object) -> bool:
        return True
