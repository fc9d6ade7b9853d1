"""Calls: make them, look at them, change them."""

from __future__ import annotations

from typing import Any

from werkzeug.wrappers import Response

from ...engine.call import Call, Calls
from ...exceptions import NotFound
from ...outbound import MachineDetection
from ..models import CallState, CreateCall, CreateCallResponse, ListCalls, UpdateCall, pair
from ..operation import Asked, operation
from ..pages import page
from ..problems import not_found

_CALLS = "/accounts/<account_id>/calls"
_CALL = f"{_CALLS}/<call_id>"


def find_call(asked: Asked, call_id: str) -> Call:
    """Return a call or leg; raises :class:`.Problem` if there is none."""
    try:
        return asked.bandwidth.find_call(call_id)
    except NotFound:
        raise not_found("Call", call_id) from None


@operation("POST", _CALLS, name="createCall", status=201)
def create_call(asked: Asked) -> Response | dict[str, Any]:
    """Reply, then make the call. Its callbacks carry the account and the application of the request."""
    body = asked.read(CreateCall())
    call = asked.bandwidth.dial(
        body["to"],
        body["answer_url"],
        var_from=body["var_from"],
        answer_method=body["answer_method"],
        answer_fallback_url=body["answer_fallback_url"],
        answer_fallback_method=body["answer_fallback_method"],
        disconnect_url=body["disconnect_url"],
        disconnect_method=body["disconnect_method"],
        credentials=pair(body),
        fallback_credentials=pair(body, "fallback_"),
        priority=body["priority"],
        privacy=body["privacy"],
        display_name=body["display_name"],
        uui=body["uui"],
        tag=body["tag"],
        call_timeout=body["call_timeout"],
        callback_timeout=body["callback_timeout"],
        machine_detection=_machine_detection(body["machine_detection"]),
    )
    call.account_id = asked.account_id
    call.application_id = body["application_id"]
    call.is_requested = True
    made = {
        **body,
        "account_id": call.account_id,
        "callback_timeout": call.callback_timeout,
        "call_id": call.call_id,
        "call_url": call.rest_url,
        "enqueued_time": call.enqueued_time,
    }
    return asked.written(CreateCallResponse(), made, status=201, headers={"Location": call.rest_url})


def _machine_detection(body: dict[str, Any] | None) -> MachineDetection | None:
    if body is None:
        return None
    plain = {name: value for name, value in body.items() if not name.endswith(("username", "password"))}
    return MachineDetection(**plain, credentials=pair(body), fallback_credentials=pair(body, "fallback_"))


@operation("GET", _CALLS, name="listCalls")
def list_calls(asked: Asked) -> Response:
    """List calls and legs of Transfers, ended ones too, oldest first, with all filters and in pages."""
    query = asked.read_query(ListCalls())
    calls = [call for call in asked.bandwidth.shared(Calls).all() if _fits(call, query)]
    return page(asked, query, calls, lambda call: call.call_id, CallState())


def _fits(call: Call, query: dict[str, Any]) -> bool:
    """Return whether a call is one that the query asks for."""
    return (
        query["to"] in (None, call.to)
        and query["var_from"] in (None, call.var_from)
        and query["disconnect_cause"] in (None, call.cause)
        and (query["min_start_time"] is None or query["min_start_time"] <= call.start_time)
        and (query["max_start_time"] is None or query["max_start_time"] >= call.start_time)
    )


@operation("GET", _CALL, name="getCallState")
def get_call_state(asked: Asked, call_id: str) -> Response:
    """Return the state of a call or leg, with its times, also after it has ended."""
    return asked.written(CallState(), find_call(asked, call_id))


@operation("POST", _CALL, name="updateCall")
def update_call(asked: Asked, call_id: str) -> None:
    """Redirect an answered call, or end a call, after the reply."""
    call = find_call(asked, call_id)
    body = asked.read(UpdateCall())
    if body["state"] == "completed":
        call.complete()
        call.set_tag(body["tag"])
    else:
        call.redirect(
            body["redirect_url"],
            body["redirect_method"],
            fallback_url=body["redirect_fallback_url"],
            fallback_method=body["redirect_fallback_method"],
            credentials=pair(body),
            fallback_credentials=pair(body, "fallback_"),
            tag=body["tag"],
        )


@operation("PUT", f"{_CALL}/bxml", name="updateCallBxml", status=204)
def update_call_bxml(asked: Asked, call_id: str) -> None:
    """Make an answered call run the document, after the reply."""
    find_call(asked, call_id).update(asked.read_document())
