"""What Bandwidth can call and what a caller's number may look like: patterns and words.

Each pattern is a regular expression for the whole text.
"""

from __future__ import annotations

PHONE_NUMBER = r"\+[0-9]+"
"""A phone number: ``+`` and digits."""

SIP_URI = r"(?i:sips?):[^\s\x00-\x1f\x7f-\x9f]+"
"""A SIP URI, such as ``sip:user@host``."""

WITHHELD = ("Private", "Restricted", "Unavailable", "Anonymous")
"""Words that stand for a number that the caller does not show."""
