"""The body of a Web API call, read by its content type, and refused where Slack's front would refuse it."""

import json
import re
from typing import Any, cast
from urllib.parse import parse_qsl

from sandbox.slack.errors import SlackError
from sandbox.slack.models import JSON

FORM = "application/x-www-form-urlencoded"
CHARSETS = {"utf-8", "iso-8859-1"}
ARGUMENT = re.compile(r"\w{1,100}", re.ASCII)


def arguments_of(query: str, content_type: str, body: str, *, reads: bool = False) -> dict[str, Any]:
    """Return the arguments of a call, whatever way they came; the body wins over the query.

    A method that `reads` does not look into JSON, and no method takes a token from it: that stands in the
    Authorization header. Multipart bodies are read by the server and come here as a form. Raises: SlackError.
    """
    merged: dict[str, Any] = dict(parse_qsl(query, keep_blank_values=True))
    if not body:
        return merged
    kind, _, parameters = content_type.partition(";")
    _check_charset(parameters)
    match kind.strip().lower():
        case "application/json":
            given = _object(body)
            return merged if reads else {**merged, **{k: v for k, v in given.items() if k != "token"}}
        case "application/x-www-form-urlencoded" | "text/plain":
            pairs = parse_qsl(body, keep_blank_values=True)
            if not pairs:
                raise SlackError("invalid_form_data")
            return {**merged, **dict(pairs)}
        case "":
            raise SlackError("missing_post_type")
        case _:
            raise SlackError("invalid_post_type")


def check_names(names: list[str]) -> None:
    """Refuse names that no argument has. Raises: SlackError `invalid_array_arg` for `users[0]`, `invalid_arg_name`."""
    for name in names:
        if re.fullmatch(r"\w+\[\w*\]", name):
            raise SlackError("invalid_array_arg")
        if not ARGUMENT.fullmatch(name):
            raise SlackError("invalid_arg_name")


def _check_charset(parameters: str) -> None:
    found = re.search(r"charset=\"?([^\s;\"]+)", parameters, re.IGNORECASE)
    if found and found[1].lower() not in CHARSETS:
        raise SlackError("invalid_charset")


def _object(body: str) -> JSON:
    try:
        parsed = json.loads(body)
    except ValueError:
        raise SlackError("invalid_json") from None
    if not isinstance(parsed, dict):
        raise SlackError("json_not_object")
    return cast("JSON", parsed)
