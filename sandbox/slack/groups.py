"""User groups: usergroups.list, usergroups.update, usergroups.users.list, usergroups.users.update."""

from sandbox.slack.arguments import Arguments
from sandbox.slack.errors import SlackError
from sandbox.slack.models import JSON, UserGroup
from sandbox.slack.state import State


def listing(state: State, args: Arguments) -> JSON:
    """Serve usergroups.list."""
    _require_plan(state, "plan_upgrade_required")
    shown = [
        _group_json(state, group, args)
        for group in state.groups.values()
        if group.enabled or args.flag("include_disabled")
    ]
    return {"usergroups": shown}


def members(state: State, args: Arguments) -> JSON:
    """Serve usergroups.users.list: a disabled group is no error, and shows nobody unless asked for."""
    _require_plan(state, "plan_upgrade_required")
    group = state.groups.get(args.text("usergroup"))
    if group is None:
        raise SlackError("no_such_subteam")
    return {"users": list(group.members) if group.enabled or args.flag("include_disabled") else []}


def update(state: State, args: Arguments) -> JSON:
    """Serve usergroups.update: name, handle and description; who is inside is another method's."""
    _require_plan(state, "paid_teams_only")
    group = _editable(state, args)
    group.name = args.text("name") or group.name
    group.handle = args.text("handle") or group.handle
    group.description = args.text("description", group.description)
    return {"usergroup": _group_json(state, group, args)}


def replace_members(state: State, args: Arguments) -> JSON:
    """Serve usergroups.users.update: the list given becomes the group, whole."""
    _require_plan(state, "plan_upgrade_required")
    group = _editable(state, args)
    users = list(dict.fromkeys(args.items("users")))
    if any(user not in state.users or state.users[user].deleted for user in users):
        raise SlackError("invalid_users")
    group.members[:] = users
    return {"usergroup": {**_group_json(state, group, args), "users": users}}


def _require_plan(state: State, refusal: str) -> None:
    """Refuse a workspace on the free plan, which has no user groups."""
    if not state.is_paid:
        raise SlackError(refusal)


def _editable(state: State, args: Arguments) -> UserGroup:
    """Return the group named. Slack documents no code for an unknown one here; a locked one needs an administrator."""
    group = state.groups.get(args.text("usergroup"))
    if group is None:
        raise SlackError("invalid_arguments", "[ERROR] no such user group: usergroup")
    if group.locked:
        raise SlackError("permission_denied")
    return group


def _group_json(state: State, group: UserGroup, args: Arguments) -> JSON:
    row: JSON = {
        "id": group.id, "team_id": state.team_id, "is_usergroup": True, "name": group.name,
        "description": group.description, "handle": group.handle, "date_delete": 0 if group.enabled else 1,
    }  # fmt: skip
    row |= {"users": list(group.members)} if args.flag("include_users") else {}
    return row | ({"user_count": len(group.members)} if args.flag("include_count") else {})
