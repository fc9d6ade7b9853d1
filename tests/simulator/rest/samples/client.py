"""Bandwidth's SDK for the samples, pointed at the simulated Bandwidth, and what all of them need."""

from __future__ import annotations

import os
import socket
import sys

from bandwidth import ApiClient, Configuration

ACCOUNT = "9900000"
APPLICATION = "04e88489-df02-4e34-a0ee-27a91849555f"
COMPANY = "+13035550100"

listener = socket.socket(fileno=int(sys.argv[1]))
"""The socket that the sample serves on."""
BASE = f"http://127.0.0.1:{listener.getsockname()[1]}"
"""URL of the sample, where its callbacks begin."""


def api_client() -> ApiClient:
    """Return the SDK's client for the simulated Bandwidth at ``BANDWIDTH_URL``."""
    url = os.environ["BANDWIDTH_URL"]
    return ApiClient(
        Configuration(
            client_id="sample",
            client_secret="s3cret",
            host=f"{url}/api/v2",
            ignore_operation_servers=True,
            access_token_url=f"{url}/api/v1/oauth2/token",
        )
    )
