"""Operations of messaging, media and endpoints, which are not simulated: the reply is a 501 problem."""

from __future__ import annotations

from ..operation import Asked, Run, operation
from ..problems import NotSimulated

_USERS = "/users/<account_id>"
_ENDPOINTS = "/accounts/<account_id>/endpoints"

_NOT_SIMULATED = [
    ("Messaging", "POST", f"{_USERS}/messages", "createMessage"),
    ("Messaging", "GET", f"{_USERS}/messages", "listMessages"),
    ("Messaging", "POST", f"{_USERS}/messages/multiChannel", "createMultiChannelMessage"),
    ("Media", "GET", f"{_USERS}/media", "listMedia"),
    ("Media", "GET", f"{_USERS}/media/<path:media_id>", "getMedia"),
    ("Media", "PUT", f"{_USERS}/media/<path:media_id>", "uploadMedia"),
    ("Media", "DELETE", f"{_USERS}/media/<path:media_id>", "deleteMedia"),
    ("Endpoints (BRTC)", "POST", _ENDPOINTS, "createEndpoint"),
    ("Endpoints (BRTC)", "GET", _ENDPOINTS, "listEndpoints"),
    ("Endpoints (BRTC)", "GET", f"{_ENDPOINTS}/<endpoint_id>", "getEndpoint"),
    ("Endpoints (BRTC)", "DELETE", f"{_ENDPOINTS}/<endpoint_id>", "deleteEndpoint"),
    ("Endpoints (BRTC)", "PUT", f"{_ENDPOINTS}/<endpoint_id>/bxml", "updateEndpointBxml"),
]
"""The service, method, path and name of each."""


def _rejecting(service: str, name: str) -> Run:
    def reject(asked: Asked, **ids: str) -> None:
        """Reply with a 501 problem: not simulated."""
        raise NotSimulated(service, name)

    return reject


for _service, _method, _path, _name in _NOT_SIMULATED:
    operation(_method, _path, name=_name, status=501)(_rejecting(_service, _name))
