"""FastAPI: calls people when it is asked to, and has them press a key."""

from __future__ import annotations

from typing import Any

import uvicorn
from bandwidth import CallsApi, CreateCall
from bandwidth.models.bxml import Gather, Response, SpeakSentence
from fastapi import Body, FastAPI
from fastapi import Response as Reply

from tests.simulator.rest.samples.client import ACCOUNT, APPLICATION, BASE, COMPANY, api_client, listener

CHOICES = {"1": "sales", "2": "support"}

app = FastAPI()
calls = CallsApi(api_client())


@app.post("/calls")
def call(to: str = Body(embed=True)) -> dict[str, str]:
    created = calls.create_call(
        ACCOUNT,
        CreateCall(
            to=to,
            var_from=COMPANY,
            application_id=APPLICATION,
            answer_url=f"{BASE}/callbacks/answer",
            disconnect_url=f"{BASE}/callbacks/disconnect",
        ),
    )
    return {"call_id": created.call_id}


@app.post("/callbacks/answer")
def answer(event: dict[str, Any]) -> Reply:
    return bxml(
        Gather(
            [SpeakSentence("Press 1 for sales, 2 for support.")], gather_url="/callbacks/gather", max_digits=1
        )
    )


@app.post("/callbacks/gather")
def gather(event: dict[str, Any]) -> Reply:
    choice = CHOICES.get(event["digits"])
    if choice is None:
        return bxml(SpeakSentence("Once more."), Gather(gather_url="/callbacks/gather", max_digits=1))
    return bxml(SpeakSentence(f"You chose {choice}."))


@app.post("/callbacks/disconnect", status_code=204)
def disconnect(event: dict[str, Any]) -> None:
    pass


def bxml(*verbs: Any) -> Reply:
    return Reply(Response(list(verbs)).to_bxml(), media_type="application/xml")


if __name__ == "__main__":
    uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[listener])
