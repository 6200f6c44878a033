"""What a row of the methods' table says, and the refusals that any method may give."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sandbox.slack.arguments import Arguments
from sandbox.slack.models import JSON
from sandbox.slack.state import State

Handler = Callable[[State, Arguments], JSON]

COMMON = frozenset(
    {
        "account_inactive", "invalid_arg_name", "invalid_array_arg", "invalid_charset", "invalid_form_data",
        "invalid_post_type", "missing_post_type", "missing_scope", "not_allowed_token_type", "not_authed",
        "ratelimited", "service_unavailable", "unknown_method",
    }
)  # fmt: skip
"""Slack's reference lists these for every method."""

UNLISTED: Mapping[str, str] = {
    "invalid_arguments": "a missing argument or a bad view; the reference listed it for every method until 2023",
    "invalid_auth": "a token that Slack does not know; listed for every method until 2023",
    "invalid_json": "a JSON body that can't be read; named where Slack describes POST bodies",
    "json_not_object": "a JSON body that is no object; named where Slack describes POST bodies",
}
"""What Slack really sends and today's lists of codes leave out, and why it is known."""

EVERYWHERE = COMMON | UNLISTED.keys()


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """One row. In `scope`, `*` stands for `channels`, `groups` or `im`, by the kind of the channel.

    `tier` is Slack's rate limit tier; 0 is that of posting. `missing` says, by argument, with which code its absence
    is refused where that is not `invalid_arguments`. A method that `reads` takes no JSON body.
    """

    serve: Handler
    required: frozenset[str] = frozenset()
    errors: frozenset[str] = frozenset()
    scope: str = ""
    tier: int = 3
    missing: Mapping[str, str] = field(default_factory=dict[str, str])
    app_token: bool = False
    reads: bool = False


def writing(serve: Handler, required: str, scope: str, tier: int, errors: str, **missing: str) -> Method:
    """Return a row of a method that changes something. Words stand for sets; `missing` is by argument."""
    return Method(
        serve=serve,
        required=frozenset(required.split()),
        scope=scope,
        tier=tier,
        errors=frozenset(errors.split()) | frozenset(missing.values()),
        missing=missing,
    )


def reading(serve: Handler, required: str, scope: str, tier: int, errors: str, **missing: str) -> Method:
    """Return a row of a method that only reads, and whose arguments a JSON body can't carry."""
    return Method(
        serve=serve,
        required=frozenset(required.split()),
        scope=scope,
        tier=tier,
        errors=frozenset(errors.split()) | frozenset(missing.values()),
        missing=missing,
        reads=True,
    )
