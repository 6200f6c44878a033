"""What a button was drawn for: carried in its value, and the key under which one click of it counts."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any, cast

from playbook.errors import BadInput


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """`drawn` changes with whatever would make the same button mean something else; `hash` is the plan's, whole.

    `row` is a row or a phase of the playbook, `said` what the button says of it.
    """

    incident: str
    instance: str = ""
    action: str = ""
    run: str = ""
    proposal: str = ""
    hash: str = ""
    drawn: str = ""
    channel: str = ""
    row: str = ""
    said: str = ""

    def pack(self) -> str:
        """As text, for a button's value or a dialog's metadata."""
        return json.dumps({k: v for k, v in asdict(self).items() if v}, separators=(",", ":"))

    def key(self, verb: str) -> str:
        """The single-use id of one click of this button."""
        parts = (verb, self.incident, self.instance, self.action, self.run, self.proposal, self.drawn)
        said = (self.row, self.said) if self.row or self.said else ()
        return ":".join(("click", *parts, *said))


def unpack(text: str) -> Value:
    """The value in `text`. Raises BadInput when it is none: a button of an older version, or none of ours."""
    try:
        parts = json.loads(text)
        if isinstance(parts, dict) and all(
            isinstance(v, str) for v in cast("dict[str, Any]", parts).values()
        ):
            return Value(**cast("dict[str, str]", parts))
    except (ValueError, TypeError):
        pass
    raise BadInput(
        "This button could not be read.",
        means="Nothing was done by your click.",
        then="Use /ec2ir status instead.",
    )
