"""The Web API's front: token, arguments, scope, limits and ordered faults, then the method itself."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from sandbox.slack.arguments import Arguments
from sandbox.slack.errors import SlackError
from sandbox.slack.limits import Fault, Faults, Meter
from sandbox.slack.method import EVERYWHERE, Method
from sandbox.slack.methods import METHODS
from sandbox.slack.models import JSON, Call, Channel
from sandbox.slack.reading import check_names
from sandbox.slack.state import State

MANAGE = {"channels": "channels:manage", "groups": "groups:write", "im": "im:write", "mpim": "mpim:write"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What goes back. `lost` is `timeout` or `dropped` when the caller must not get it."""

    status: int
    body: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    lost: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebApi:
    """The Web API over a state. Every call is kept in `state.calls`."""

    state: State
    meter: Meter
    faults: Faults

    def call(self, name: str, arguments: Mapping[str, Any], authorization: str = "") -> Answer:
        """Answer one call. `authorization` is the header; a `token` argument serves as well."""
        values = {key: value for key, value in arguments.items() if key != "token"}
        token = authorization.removeprefix("Bearer ").strip() or str(arguments.get("token") or "")
        fault = self.faults.take(name)
        answer = (
            self._faulty(fault) if fault and not fault.after else self._serve(name, Arguments(values), token)
        )
        answer = Answer(
            status=answer.status, body=answer.body, headers=answer.headers, lost=fault.lost if fault else ""
        )
        known = cast("JSON", json.loads(answer.body)) if answer.body.startswith("{") else JSON()
        self.state.calls.append(Call(method=name, arguments=values, status=answer.status, answer=known))
        return answer

    def _faulty(self, fault: Fault) -> Answer:
        if fault.retry_after is not None:
            return _rate_limited(fault.retry_after)
        if not fault.error:
            return Answer(status=fault.status, body="upstream failure", headers={"content-type": "text/html"})
        return _json({"ok": False, "error": fault.error}, status=fault.status)

    def _serve(self, name: str, args: Arguments, token: str) -> Answer:
        method = METHODS.get(name)
        if method is None:
            return _json({"ok": False, "error": "unknown_method", "req_method": name})
        try:
            check_names(list(args.values))
            self._admit(method, args, token)
            wait = self.meter.retry_after(name, method.tier, args.text("channel"), self.state.clock())
            if wait is not None:
                return _rate_limited(wait)
            missing = sorted(argument for argument in method.required if not self._given(args, argument))
            if missing:
                code = method.missing.get(missing[0], "invalid_arguments")
                raise SlackError(code, *(f"[ERROR] missing required field: {each}" for each in missing))
            return _json(
                {"ok": True, **method.serve(self.state, args)}, scopes=",".join(sorted(self.state.app.scopes))
            )
        except SlackError as refusal:
            if refusal.code not in method.errors | EVERYWHERE:
                raise LookupError(
                    f"{name} answered {refusal.code}, which its row does not declare"
                ) from refusal
            metadata = {"response_metadata": {"messages": list(refusal.messages)}} if refusal.messages else {}
            return _json({"ok": False, "error": refusal.code, **metadata, **refusal.extra})

    def _given(self, args: Arguments, name: str) -> bool:
        return name in args.values if name == "topic" else args.has(name)

    def _admit(self, method: Method, args: Arguments, token: str) -> None:
        app = self.state.app
        if not token:
            raise SlackError("not_authed")
        if token not in {app.bot_token, app.app_token}:
            raise SlackError("invalid_auth")
        if not self.state.installed:
            raise SlackError("account_inactive")
        if (token == app.app_token) != method.app_token:
            raise SlackError("not_allowed_token_type")
        for scope in self._needed(method.scope, args):
            if scope not in app.scopes:
                raise SlackError("missing_scope", needed=scope, provided=",".join(sorted(app.scopes)))

    def _needed(self, scope: str, args: Arguments) -> set[str]:
        if not scope.startswith("*:"):
            return {scope} if scope else set()
        right = scope.removeprefix("*:")
        return {MANAGE[kind] if right == "manage" else f"{kind}:{right}" for kind in self._kinds(args)}

    def _kinds(self, args: Arguments) -> set[str]:
        channel = self.state.channels.get(args.text("channel"))
        if channel is not None:
            return {_kind_of(channel)}
        if args.has("types"):
            kinds = {"public_channel": "channels", "private_channel": "groups", "im": "im", "mpim": "mpim"}
            return {kinds[each] for each in args.items("types") if each in kinds}
        return {"groups" if args.flag("is_private") else "channels"}


def _kind_of(channel: Channel) -> str:
    if channel.is_im:
        return "im"
    if channel.is_group_message:
        return "mpim"
    return "groups" if channel.is_private else "channels"


def _json(body: JSON, *, status: int = 200, scopes: str = "") -> Answer:
    headers = {"content-type": "application/json; charset=utf-8"}
    return Answer(
        status=status, body=json.dumps(body), headers=headers | ({"x-oauth-scopes": scopes} if scopes else {})
    )


def refusal_answer(code: str) -> Answer:
    """Return the answer to a call that could not even be read."""
    return _json({"ok": False, "error": code})


def _rate_limited(seconds: int) -> Answer:
    refused = _json({"ok": False, "error": "ratelimited"}, status=429)
    return Answer(status=429, body=refused.body, headers={**refused.headers, "Retry-After": str(seconds)})
