"""Every way through a phone line: walked on simulated calls, drawn, and checked for faults.

``search`` walks: ``options`` says what a person can do at a point of a call, ``states`` which points are the
same, ``line`` makes the calls. ``checks`` finds faults in what was walked, one module for what belongs
together; ``announcements`` reads prompts for them. ``report`` is what comes back, and ``picture`` draws it.
"""

from .exploring import explore
from .findings import Finding
from .report import Report
from .states import State

__all__ = ["Finding", "Report", "State", "explore"]
