"""Pictures of a phone line."""

from .parts import Arrow, Box, Picture

__all__ = ["Arrow", "Box", "Picture"]
