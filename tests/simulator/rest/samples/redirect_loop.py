"""FastAPI: keeps callers on the line in a loop of redirects, until a request ends it for one of them."""

from __future__ import annotations

from typing import Any

import uvicorn
from bandwidth import CallsApi, UpdateCall
from bandwidth.models.bxml import Redirect, Response, Ring, SpeakSentence
from fastapi import FastAPI
from fastapi import Response as Reply

from tests.simulator.rest.samples.client import ACCOUNT, BASE, api_client, listener

app = FastAPI()
calls = CallsApi(api_client())
active: list[str] = []


@app.post("/callbacks/initiate")
def initiate(event: dict[str, Any]) -> Reply:
    active.append(event["callId"])
    return loop()


@app.post("/callbacks/redirect")
def redirect(event: dict[str, Any]) -> Reply:
    return loop()


@app.get("/calls")
def list_calls() -> list[str]:
    return active


@app.delete("/calls/{call_id}")
def leave_the_loop(call_id: str) -> None:
    calls.update_call(ACCOUNT, call_id, UpdateCall(redirect_url=f"{BASE}/callbacks/goodbye"))


@app.post("/callbacks/goodbye")
def goodbye(event: dict[str, Any]) -> Reply:
    return bxml(SpeakSentence("The call has been updated. Goodbye."))


@app.post("/callbacks/disconnect", status_code=204)
def disconnect(event: dict[str, Any]) -> None:
    active.remove(event["callId"])


def loop() -> Reply:
    return bxml(Ring(duration=0.2), Redirect(redirect_url="/callbacks/redirect"))


def bxml(*verbs: Any) -> Reply:
    return Reply(Response(list(verbs)).to_bxml(), media_type="application/xml")


if __name__ == "__main__":
    uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[listener])
