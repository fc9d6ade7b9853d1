"""An application that gives its work to Celery; real workers import it: ``celery -A`` and its name."""

from __future__ import annotations

import os
import time
from pathlib import Path

from celery import Celery
from flask import Flask

from flask_bandwidth_callbacks import (
    ANYONE,
    CallbackBlueprint,
    CeleryBackground,
    RecordingAvailableCallback,
)


def create(broker: str, folder: Path) -> tuple[Celery, Flask]:
    """Return an application whose handler writes into a folder what it does.

    The handler hangs at its first try of a call that is named so, until its process is killed.
    """
    celery_app = Celery("served", broker=broker)
    celery_app.conf.broker_transport_options = {
        "visibility_timeout": 2,
        "unacked_restore_interval": 1,
        "unacked_restore_throttle": 1,
        "unacked_mutex_expire": 2,
    }
    celery_app.conf.task_serializer = "pickle"  # which the message of a job must not be
    phone = CallbackBlueprint("phone", __name__, credentials=ANYONE, background=CeleryBackground(celery_app))

    @phone.on(RecordingAvailableCallback, background=True)
    def keep(recording: RecordingAvailableCallback) -> None:
        begun = folder / f"{recording.call_id} begun"
        is_first = not begun.exists()
        begun.write_text(str(os.getpid()))
        if is_first and recording.call_id.startswith("hangs"):
            time.sleep(600)
        if is_first and recording.call_id.startswith("fails"):
            raise ValueError("no disk")
        (folder / f"{recording.call_id} done").write_text(recording.repeat_key or "")

    app = Flask("served")
    app.register_blueprint(phone)
    return celery_app, app


if "CELERY_TEST_BROKER" in os.environ:
    celery_app, _ = create(os.environ["CELERY_TEST_BROKER"], Path(os.environ["CELERY_TEST_FOLDER"]))
