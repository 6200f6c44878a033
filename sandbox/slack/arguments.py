"""Arguments of a Web API call: query, form, JSON and multipart merged into one, read as Slack reads them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from sandbox.slack.errors import SlackError


@dataclass(frozen=True, slots=True)
class Arguments:
    """Merged arguments. Values are strings, or what JSON bodies carried."""

    values: Mapping[str, Any]

    def has(self, name: str) -> bool:
        """Tell whether the argument came with a value; an empty string is none."""
        return self.values.get(name) not in (None, "")

    def text(self, name: str, default: str = "") -> str:
        """Return a string; numbers are written out, as Slack does for `ts`."""
        value = self.values.get(name)
        return default if value is None else str(value)

    def flag(self, name: str, *, default: bool = False) -> bool:
        """Return a boolean, from JSON or from `1`, `true`, `0`, `false`."""
        value = self.values.get(name)
        if value is None or value == "":
            return default
        return value if isinstance(value, bool) else str(value).lower() in {"1", "true", "t", "yes"}

    def number(self, name: str, default: int) -> int:
        """Return an integer. Raises: SlackError `invalid_arguments`."""
        try:
            return int(self.text(name, str(default)) or default)
        except ValueError:
            raise SlackError("invalid_arguments", f"[ERROR] must be an integer: {name}") from None

    def items(self, name: str) -> list[str]:
        """Return a list from a JSON array or a comma-separated string."""
        value = self.values.get(name)
        if isinstance(value, list):
            return [str(item) for item in cast("list[Any]", value)]
        return [item.strip() for item in self.text(name).split(",") if item.strip()]

    def structure(self, name: str, refusal: str) -> Any:
        """Return an argument that is itself JSON: as it is, or parsed from a string. Raises: SlackError."""
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        if not value:
            return None
        try:
            return json.loads(value)
        except ValueError:
            raise SlackError(refusal) from None
