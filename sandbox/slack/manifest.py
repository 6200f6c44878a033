"""Installing an app from its manifest: what the manifest does not ask for, the app does not have."""

from typing import Any, cast

from sandbox.slack.models import JSON, App


def app_of(manifest: JSON) -> App:
    """Return the app that a manifest describes, with the box's own ids, tokens and secret.

    Of tabs that it does not mention, Home is off and Messages is on, as for a new app.
    """
    features, settings = _part(manifest, "features"), _part(manifest, "settings")
    home, scopes = _part(features, "app_home"), _part(_part(manifest, "oauth_config"), "scopes")
    commands = cast("list[JSON]", features.get("slash_commands") or [])
    return App(
        name=str(_part(features, "bot_user").get("display_name") or "app"),
        commands=frozenset(str(each["command"]) for each in commands),
        scopes=frozenset(cast("list[str]", scopes.get("bot") or [])),
        events=frozenset(cast("list[str]", _part(settings, "event_subscriptions").get("bot_events") or [])),
        home_tab=bool(home.get("home_tab_enabled", False)),
        messages_tab=bool(home.get("messages_tab_enabled", True)),
    )


def _part(whole: JSON, name: str) -> JSON:
    part: Any = whole.get(name)
    return cast("JSON", part) if isinstance(part, dict) else {}
