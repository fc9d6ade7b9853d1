"""The studio: a page in the browser with a telephone, its conversation and every callback of an application.

It stands on the public side of the simulator, of ``simulator.explore`` and of the call log. Nothing else of
the package knows it but its command, ``flask bandwidth studio``.

``session`` is a simulated Bandwidth in real time; what happens in it is published to the ``feed`` (the
protocol with the page is described there), and people act on it through ``actions``. ``web`` is the Flask
application that serves both, and the files of ``page/``, to the one browser that has the token.
"""

from .session import Session, StudioBandwidth
from .web import Studio, create_app

__all__ = ["Session", "Studio", "StudioBandwidth", "create_app"]
