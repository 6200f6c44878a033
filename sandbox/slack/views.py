"""Modals and the Home tab: views.open, views.push, views.update, views.publish."""

import json
from typing import Any, cast

from sandbox.slack.arguments import Arguments
from sandbox.slack.blockkit import check_view, with_block_ids
from sandbox.slack.errors import SlackError
from sandbox.slack.interactivity import spend_trigger
from sandbox.slack.models import JSON, View
from sandbox.slack.render import view_json
from sandbox.slack.state import State

STACK = 3  # views that may lie on one another
VIEW_BYTES = 250_000


def open_view(state: State, args: Arguments) -> JSON:
    """Serve views.open: spends the trigger, and opens over whatever was open."""
    body = _body(args)
    _require(body, "modal")
    _require_unique(state, body)
    user = _spend(state, args)
    view = new_view(state, user, body)
    state.modals[user] = [view]
    state.changed("view", user=user)
    return {"view": view_json(state, view)}


def push_view(state: State, args: Arguments) -> JSON:
    """Serve views.push: lays a view over the open one, three deep at most."""
    body = _body(args)
    _require(body, "modal")
    _require_unique(state, body)
    user = _spend(state, args)
    if not state.modals.get(user):
        raise SlackError("not_found")
    if len(state.modals[user]) >= STACK:
        raise SlackError("push_limit_reached")
    return {"view": view_json(state, push(state, user, body))}


def update_view(state: State, args: Arguments) -> JSON:
    """Serve views.update, by id or external id; a stale `hash` is refused."""
    body = _body(args)
    view = state.view(args.text("view_id")) if args.has("view_id") else _external(state, args)
    if view is None:
        raise SlackError("not_found")
    _require(body, view.body["type"])
    _require_hash(view, args)
    _require_unique(state, body, besides=view)
    replace(state, view, body)
    return {"view": view_json(state, view)}


def publish_view(state: State, args: Arguments) -> JSON:
    """Serve views.publish: one Home for each user."""
    body, user = _body(args), args.text("user_id")
    _require(body, "home")
    if not state.app.home_tab:
        raise SlackError("not_enabled")
    known = state.users.get(user)
    if known is None or known.is_bot:
        raise SlackError("invalid_arguments", "[ERROR] no such user [json-pointer:/user_id]")
    view = state.homes.get(user)
    _require_unique(state, body, besides=view)
    if view is None:
        view = state.homes[user] = new_view(state, user, body)
        state.changed("view", user=user)
    else:
        _require_hash(view, args)
        replace(state, view, body)
    return {"view": view_json(state, view)}


def new_view(state: State, user: str, body: JSON, below: View | None = None) -> View:
    """Return a view with an id and block ids, which nobody sees yet."""
    view_id = state.new_id("V")
    return View(
        id=view_id,
        user=user,
        body={**body, "blocks": with_block_ids(body["blocks"], view_id)},
        hash=state.new_ts(),
        root_id=below.root_id if below else view_id,
        previous_id=below.id if below else None,
    )


def push(state: State, user: str, body: JSON) -> View:
    """Lay a view over the user's open one."""
    view = new_view(state, user, body, state.modals[user][-1])
    state.modals[user].append(view)
    state.changed("view", user=user)
    return view


def replace(state: State, view: View, body: JSON) -> None:
    """Change what a view shows; its hash changes too."""
    view.body = {**body, "blocks": with_block_ids(body["blocks"], view.id)}
    view.hash = state.new_ts()
    view.errors = {}
    state.changed("view", user=view.user)


def validated(view: Any) -> JSON:
    """Return a view that keeps Slack's rules. Raises: SlackError `invalid_arguments`, `view_too_large`."""
    problems = check_view(view)
    if problems:
        raise SlackError("invalid_arguments", *problems)
    if len(json.dumps(view)) > VIEW_BYTES:
        raise SlackError("view_too_large")
    return cast("JSON", view)


def _body(args: Arguments) -> JSON:
    return validated(args.structure("view", "invalid_arguments"))


def _require(body: JSON, kind: str) -> None:
    if body["type"] != kind:
        raise SlackError("invalid_arguments", f"[ERROR] must be a {kind} view [json-pointer:/view/type]")


def _spend(state: State, args: Arguments) -> str:
    """Spend the trigger, under either of its names. Returns the user it was given for."""
    return spend_trigger(state, args.text("trigger_id") or args.text("interactivity_pointer"))


def _require_unique(state: State, body: JSON, besides: View | None = None) -> None:
    """Refuse an external id that another open view has: it names one view of a workspace."""
    wanted = body.get("external_id")
    stacks = [view for stack in state.modals.values() for view in stack]
    others = [view for view in (*stacks, *state.homes.values()) if view is not besides]
    if wanted and any(view.body.get("external_id") == wanted for view in others):
        raise SlackError("duplicate_external_id")


def _require_hash(view: View, args: Arguments) -> None:
    if args.has("hash") and args.text("hash") != view.hash:
        raise SlackError("hash_conflict")


def _external(state: State, args: Arguments) -> View | None:
    wanted = args.text("external_id")
    stacks = [view for stack in state.modals.values() for view in stack]
    return next((view for view in stacks if wanted and view.body.get("external_id") == wanted), None)
