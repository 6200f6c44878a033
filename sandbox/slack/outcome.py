"""What a person clicks, and what came of an act."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from sandbox.slack.delivery import Ack
from sandbox.slack.models import JSON, Ephemeral, ResponseUrl
from sandbox.slack.state import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of an act. `error` is what the person sees when the app failed: empty if all went well."""

    state: State
    user: str
    channel: str
    since: str
    payload: JSON
    acks: tuple[Ack, ...]
    error: str = ""
    response_url: ResponseUrl | None = None
    confirm: JSON | None = None
    errors: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def acked(self) -> bool:
        """Tell whether the app took the (first) payload in time."""
        return self.acks[0].ok

    @property
    def text(self) -> str:
        """Return the text of the acknowledgement."""
        body = self.acks[0].body
        return str(cast("JSON", body).get("text", "")) if isinstance(body, dict) else str(body or "")

    @property
    def blocks(self) -> list[JSON]:
        """Return the blocks of the acknowledgement."""
        body = self.acks[0].body
        return cast("list[JSON]", cast("JSON", body).get("blocks") or []) if isinstance(body, dict) else []

    @property
    def responses(self) -> list[JSON]:
        """Return what has come to the response_url so far."""
        return self.response_url.posts if self.response_url else []

    @property
    def ephemerals(self) -> list[Ephemeral]:
        """Return what only this person has been shown since the act, whichever way it came."""
        return [each for each in self.state.ephemerals if each.user == self.user and each.ts > self.since]


@dataclass(frozen=True, slots=True, kw_only=True)
class Click:
    """What is clicked `on`: an action_id, or a button's label; `value` and `block_id` tell equals apart.

    `choose` is the option taken in a select; `values` is what stands in the inputs beside it.
    """

    on: str
    value: str | None = None
    block_id: str | None = None
    choose: Any = None
    values: Mapping[str, Any] = field(default_factory=dict[str, Any])
