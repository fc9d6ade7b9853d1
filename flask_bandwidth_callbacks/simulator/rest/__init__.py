"""Bandwidth's REST interface over a simulation: a WSGI application that Bandwidth's own clients can use.

The way of one request: ``application`` finds the operation in the table of ``operation`` and has
``authentication`` look at the credentials; the operation reads its model (``models``), acts on the simulation
or reads it, and returns what the reply holds. Whatever is wrong becomes one of the errors of ``problems``.
What a request has begun, such as a call, goes on when its response is closed: after the client has it.

This folder stands above the simulation's front door; nothing below imports it.
"""

from .application import RestApplication
from .intercepting import intercepted
from .operation import OPERATIONS, Operation
from .serving import served
from .views import AfterViews

__all__ = ["OPERATIONS", "AfterViews", "Operation", "RestApplication", "intercepted", "served"]
