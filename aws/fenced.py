"""Sessions that reach one address only: how demo and drill keep away from every real account."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import boto3

from aws.clients import SessionFor
from playbook.errors import Unreachable


def fenced(endpoint: str) -> SessionFor:
    """Sessions for any account id, whose every request is looked at before it leaves: only `endpoint` gets any.

    A request to somewhere else raises Unreachable, whatever made the SDK send it there.
    """
    inside = urlsplit(endpoint)

    def look(request: Any, **_named: object) -> None:
        to = urlsplit(str(request.url))
        if (to.scheme, to.netloc) != (inside.scheme, inside.netloc):
            raise Unreachable(
                f"A request to {to.netloc} was held back: this process may reach {inside.netloc} only.",
                means="Nothing elsewhere was asked or changed.",
            )

    def session(_account: str) -> boto3.Session:
        made = boto3.Session()
        register: Callable[..., object] = made.events.register_first
        register("before-send", look)
        return made

    return session
