"""An app has what its manifest asks for, and nothing else."""

from datetime import UTC, datetime
from typing import Any

from sandbox.slack import Workspace, app_of

MANIFEST: dict[str, Any] = {
    "features": {
        "app_home": {"home_tab_enabled": True, "messages_tab_enabled": False},
        "bot_user": {"display_name": "watchman"},
        "slash_commands": [{"command": "/watch"}],
    },
    "oauth_config": {"scopes": {"bot": ["chat:write", "commands"]}},
    "settings": {"event_subscriptions": {"bot_events": ["app_home_opened"]}},
}


def test_what_a_manifest_asks_for() -> None:
    app = app_of(MANIFEST)
    assert (app.name, app.commands, app.events) == ("watchman", {"/watch"}, {"app_home_opened"})
    assert (app.home_tab, app.messages_tab) == (True, False)
    assert app.scopes == {"chat:write", "commands"}


def test_what_it_does_not_ask_for_is_refused() -> None:
    workspace = Workspace(clock=lambda: datetime(2026, 3, 1, tzinfo=UTC), app=app_of(MANIFEST))
    refused = workspace.call("usergroups.list")
    assert (refused["error"], refused["needed"]) == ("missing_scope", "usergroups:read")


def test_of_tabs_that_it_does_not_mention_only_messages_is_there() -> None:
    bare = app_of({})
    assert (bare.home_tab, bare.messages_tab, bare.scopes) == (False, True, frozenset())
