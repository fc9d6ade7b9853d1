"""The picture of the studio in the README."""

from __future__ import annotations

from generators import studio_picture


def test_the_picture_is_of_this_page() -> None:
    """The picture was taken of the page as it is now. If it was not: ``make docs``."""
    assert studio_picture.digest_in(studio_picture.PATH.read_bytes()) == studio_picture.digest()


def test_a_picture_of_another_page() -> None:
    """A picture without the digest of the page is recognized."""
    assert studio_picture.digest_in(b"\x89PNG") == ""
