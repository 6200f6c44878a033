"""Every method row agrees with Slack's reference, and every refusal that a row declares is really given."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest

from sandbox.slack import App, Workspace
from sandbox.slack.interactivity import new_trigger
from sandbox.slack.methods import METHODS

REFERENCE = Path(__file__).parents[3].parent / "shared" / "data" / "slack" / "methods.json"
NOT_IN_REFERENCE = {"conversations.replies"}
MODAL: dict[str, Any] = {"type": "modal", "title": {"type": "plain_text", "text": "T"}, "blocks": []}
SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3000}}
BULKY = {**MODAL, "blocks": [SECTION] * 100}
METADATA = {"event_type": "card", "event_payload": {"text": "x" * 17_000}}


def reference() -> dict[str, Any]:
    if not REFERENCE.exists():
        pytest.skip(f"Slack's method reference is not beside the repository: {REFERENCE}")
    return cast("dict[str, Any]", json.loads(REFERENCE.read_text()))


@pytest.mark.parametrize("name", sorted(METHODS.keys() - NOT_IN_REFERENCE))
def test_a_row_agrees_with_the_reference(name: str) -> None:
    documented = reference()[name]
    required = {argument for argument, facts in documented["args"].items() if facts["required"]}
    assert METHODS[name].required == required
    assert METHODS[name].errors <= set(documented["errors"])


def test_only_what_is_known_to_be_missing_is_missing_from_the_reference() -> None:
    assert METHODS.keys() - reference().keys() == NOT_IN_REFERENCE


@dataclass(slots=True)
class World:
    workspace: Workspace
    names: dict[str, str]

    def fill(self, value: Any) -> Any:
        return self.names.get(value, value) if isinstance(value, str) else value


@pytest.fixture
def world(workspace: Workspace, clock: Any) -> World:
    """A workspace in which everything that can be refused is at hand, under a `$name`."""
    ana, bo, chai = (workspace.user(name).id for name in ("ana", "bo", "chai"))
    state, names = workspace.state, {"$ana": ana, "$dee": workspace.user("dee").id}
    names["$bot"] = workspace.app.bot_user
    names["$open"] = workspace.channel("incidents").id
    names["$secret"] = workspace.add_channel("no-bots", ["ana"], private=True, bot=False).id
    names["$outside"] = workspace.add_channel("lounge", ["ana"], bot=False).id
    names["$im"] = state.direct_message(ana).id
    for kind in ("$archived", "$full", "$open"):
        channel = (
            workspace.channel(names[kind]) if kind in names else workspace.add_channel(kind[1:], ["ana"])
        )
        names[kind] = channel.id
        posted = workspace.call("chat.postMessage", channel=channel.id, text="card")
        names[f"{kind}_card"] = posted["ts"]
    archived, full = workspace.channel(names["$archived"]), workspace.channel(names["$full"])
    archived.is_archived = True
    full.pins = [str(number) for number in range(100)]
    full.bookmarks = [{}] * 100
    workspace.call("pins.add", channel=names["$open"], timestamp=names["$open_card"])
    names["$reply"] = workspace.call(
        "chat.postMessage", channel=names["$open"], text="r", thread_ts=names["$open_card"]
    )["ts"]

    names["$old"] = new_trigger(state, ana)
    clock.pass_by(seconds=4)
    for name, who in (
        ("$used", ana),
        ("$live", ana),
        ("$first", bo),
        ("$second", bo),
        ("$third", bo),
        ("$deep", bo),
    ):
        names[name] = new_trigger(state, who)
    workspace.call("views.open", trigger_id=names["$used"], view=MODAL)
    workspace.call("views.open", trigger_id=names["$first"], view=MODAL)
    workspace.call("views.push", trigger_id=names["$second"], view=MODAL)
    workspace.call("views.push", trigger_id=names["$third"], view=MODAL)
    names["$modal"] = workspace.modal("bo").id
    names["$modal_less"] = new_trigger(state, chai)
    workspace.call("views.publish", user_id=ana, view={"type": "home", "blocks": []})
    return World(workspace, names)


def posting(channel: str = "$open", **more: Any) -> dict[str, Any]:
    return {"channel": channel, "text": "x", **more}


LONG = [SECTION] * 5  # 15,000 characters
BLOCKS: dict[str, dict[str, Any]] = {
    "no_text": {"text": ""},
    "invalid_blocks": {"blocks": [{"type": "section"}]},
    "invalid_blocks_format": {"blocks": "[{"},
}
META: dict[str, dict[str, Any]] = {
    "invalid_metadata_format": {"metadata": {"event_type": "card"}},
    "metadata_too_large": {"metadata": METADATA},
}
CARD = {"ts": "$open_card"}

REFUSALS: dict[str, dict[str, dict[str, Any]]] = {
    "users.info": {"user_not_found": {"user": "U404"}},
    "usergroups.users.list": {"no_such_subteam": {"usergroup": "S404"}},
    "chat.postMessage": {
        **{error: posting(**more) for error, more in {**BLOCKS, **META}.items()},
        "channel_not_found": posting("$secret"),
        "is_archived": posting("$archived"),
        "not_in_channel": posting("$outside"),
        "cannot_reply_to_message": posting(thread_ts="$reply"),
        "msg_blocks_too_long": posting(blocks=LONG),
    },
    "chat.update": {
        **{error: posting(**CARD, **more) for error, more in {**BLOCKS, **META}.items()},
        "no_text": {"channel": "$open", **CARD},
        "channel_not_found": posting("C404", **CARD),
        "message_not_found": posting(ts="1.0"),
        "cant_update_message": posting(ts="$anas"),
        "is_inactive": posting("$archived", ts="$archived_card"),
        "msg_too_long": {"channel": "$open", **CARD, "text": "x" * 4001},
    },
    "chat.postEphemeral": {
        **{error: posting(user="$ana", **more) for error, more in BLOCKS.items()},
        "channel_not_found": posting("$secret", user="$ana"),
        "is_archived": posting("$archived", user="$ana"),
        "not_in_channel": posting("$outside", user="$ana"),
        "user_not_in_channel": posting(user="$dee"),
        "msg_too_long": posting(user="$ana", blocks=LONG),
    },
    "chat.getPermalink": {
        "channel_not_found": {"channel": "C404", "message_ts": "$open_card"},
        "message_not_found": {"channel": "$open", "message_ts": "1.0"},
    },
    "conversations.create": {
        "invalid_name_required": {},
        "invalid_name_maxlength": {"name": "x" * 81},
        "invalid_name_specials": {"name": "Has Capitals"},
        "invalid_name_punctuation": {"name": "--"},
        "name_taken": {"name": "incidents"},
    },
    "conversations.invite": {
        "channel_not_found": {"channel": "$secret", "users": "$dee"},
        "not_in_channel": {"channel": "$outside", "users": "$dee"},
        "is_archived": {"channel": "$archived", "users": "$dee"},
        "no_user": {"channel": "$open", "users": ","},
        "user_not_found": {"channel": "$open", "users": "S0APPROVE"},
        "cant_invite_self": {"channel": "$open", "users": "$bot"},
        "already_in_channel": {"channel": "$open", "users": "$ana"},
        "method_not_supported_for_channel_type": {"channel": "$im", "users": "$dee"},
    },
    "conversations.setTopic": {
        "channel_not_found": {"channel": "$secret", "topic": "x"},
        "not_in_channel": {"channel": "$outside", "topic": "x"},
        "is_archived": {"channel": "$archived", "topic": "x"},
        "too_long": {"channel": "$open", "topic": "x" * 251},
        "method_not_supported_for_channel_type": {"channel": "$im", "topic": "x"},
    },
    "conversations.archive": {
        "channel_not_found": {"channel": "$secret"},
        "not_in_channel": {"channel": "$outside"},
        "already_archived": {"channel": "$archived"},
        "method_not_supported_for_channel_type": {"channel": "$im"},
    },
    "conversations.join": {
        "channel_not_found": {"channel": "$secret"},
        "is_archived": {"channel": "$archived"},
        "method_not_supported_for_channel_type": {"channel": "$im"},
    },
    "conversations.info": {"channel_not_found": {"channel": "$secret"}},
    "conversations.list": {"invalid_types": {"types": "channel"}, "invalid_cursor": {"cursor": "zzz"}},
    "conversations.members": {
        "channel_not_found": {"channel": "$secret"},
        "invalid_cursor": {"channel": "$open", "cursor": "zzz"},
    },
    "conversations.history": {
        "channel_not_found": {"channel": "$secret"},
        "not_in_channel": {"channel": "$outside"},
        "invalid_cursor": {"channel": "$open", "cursor": "zzz"},
        "invalid_ts_latest": {"channel": "$open", "latest": "noon"},
        "invalid_ts_oldest": {"channel": "$open", "oldest": "dawn"},
    },
    "conversations.replies": {
        "channel_not_found": {"channel": "$secret", "ts": "1.0"},
        "not_in_channel": {"channel": "$outside", "ts": "1.0"},
        "thread_not_found": {"channel": "$open", "ts": "1.0"},
        "invalid_cursor": {"channel": "$open", **CARD, "cursor": "zzz"},
        "invalid_ts_latest": {"channel": "$open", **CARD, "latest": "noon"},
        "invalid_ts_oldest": {"channel": "$open", **CARD, "oldest": "dawn"},
    },
    "pins.add": {
        "channel_not_found": {"channel": "$secret", "timestamp": "1.0"},
        "not_in_channel": {"channel": "$outside", "timestamp": "1.0"},
        "no_item_specified": {"channel": "$open"},
        "message_not_found": {"channel": "$open", "timestamp": "1.0"},
        "already_pinned": {"channel": "$open", "timestamp": "$open_card"},
        "too_many_pins": {"channel": "$full", "timestamp": "$full_card"},
    },
    "bookmarks.add": {
        "channel_not_found": {
            "channel_id": "$secret",
            "title": "x",
            "type": "link",
            "link": "https://a.example",
        },
        "invalid_bookmark_type": {"channel_id": "$open", "title": "x", "type": "file"},
        "invalid_link": {"channel_id": "$open", "title": "x", "type": "link", "link": "javascript:alert(1)"},
        "too_many_bookmarks": {
            "channel_id": "$full",
            "title": "x",
            "type": "link",
            "link": "https://a.example",
        },
    },
    "views.open": {
        "invalid_trigger_id": {"trigger_id": "1.T", "view": MODAL},
        "expired_trigger_id": {"trigger_id": "$old", "view": MODAL},
        "exchanged_trigger_id": {"trigger_id": "$used", "view": MODAL},
        "view_too_large": {"trigger_id": "$live", "view": BULKY},
    },
    "views.push": {
        "invalid_trigger_id": {"trigger_id": "1.T", "view": MODAL},
        "expired_trigger_id": {"trigger_id": "$old", "view": MODAL},
        "exchanged_trigger_id": {"trigger_id": "$used", "view": MODAL},
        "view_too_large": {"trigger_id": "$live", "view": BULKY},
        "not_found": {"trigger_id": "$modal_less", "view": MODAL},
        "push_limit_reached": {"trigger_id": "$deep", "view": MODAL},
    },
    "views.update": {
        "not_found": {"view_id": "V404", "view": MODAL},
        "hash_conflict": {"view_id": "$modal", "view": MODAL, "hash": "1.0"},
        "view_too_large": {"view_id": "$modal", "view": BULKY},
    },
    "views.publish": {
        "hash_conflict": {"user_id": "$ana", "view": {"type": "home", "blocks": []}, "hash": "1.0"},
        "view_too_large": {"user_id": "$ana", "view": {"type": "home", "blocks": [SECTION] * 100}},
    },
    "files.getUploadURLExternal": {"missing_argument": {"filename": "a.json"}},
    "files.completeUploadExternal": {
        "file_not_found": {"files": '[{"id": "F404"}]'},
        "channel_not_found": {"files": "$uploaded", "channel_id": "$secret"},
        "not_in_channel": {"files": "$uploaded", "channel_id": "$outside"},
    },
}
CASES = [(method, error) for method, refusals in REFUSALS.items() for error in refusals]


@pytest.mark.parametrize(("method", "error"), CASES)
async def test_a_declared_refusal_is_given(world: World, method: str, error: str) -> None:
    workspace = world.workspace
    world.names["$anas"] = (await workspace.posts("ana", "incidents", "mine")).ts
    upload = workspace.call("files.getUploadURLExternal", filename="a", length=1)
    workspace.state.files[upload["file_id"]].content = b"x"
    world.names["$uploaded"] = json.dumps([{"id": upload["file_id"]}])

    arguments = {name: world.fill(value) for name, value in REFUSALS[method][error].items()}
    answer = workspace.call(method, **arguments)

    assert (answer["ok"], answer.get("error")) == (False, error)
    assert workspace.calls[-1].status == 200


def test_no_declared_refusal_is_left_untried() -> None:
    assert {name: set(REFUSALS.get(name, {})) for name in METHODS} == {
        name: set(row.errors) for name, row in METHODS.items()
    }


@pytest.mark.parametrize("method", [name for name, row in METHODS.items() if row.required])
def test_a_missing_argument_is_refused_and_named(workspace: Workspace, method: str) -> None:
    answer = workspace.call(method)
    assert answer["error"] == METHODS[method].missing
    first = min(METHODS[method].required)
    assert f"missing required field: {first}" in answer["response_metadata"]["messages"][0]


def test_unknown_methods_are_never_ok(workspace: Workspace) -> None:
    assert workspace.call("chat.postMesage", channel="C1")["error"] == "unknown_method"


def test_tokens_are_checked(workspace: Workspace) -> None:
    def error(token: str, method: str = "auth.test") -> str:
        return json.loads(workspace.api.call(method, {}, f"Bearer {token}" if token else "").body)["error"]

    assert error("") == "not_authed"
    assert error("xoxb-another") == "invalid_auth"
    assert error(workspace.app.app_token) == "not_allowed_token_type"
    assert error(workspace.app.bot_token, "apps.connections.open") == "not_allowed_token_type"
    answer = workspace.api.call("auth.test", {"token": workspace.app.bot_token})
    assert json.loads(answer.body)["ok"]
    assert "chat:write" in answer.headers["x-oauth-scopes"]


@pytest.mark.parametrize("method", [name for name, row in METHODS.items() if row.scope])
def test_a_missing_scope_is_named(clock: Callable[[], Any], method: str) -> None:
    workspace = Workspace(clock=clock, app=App(scopes=frozenset()))
    answer = workspace.call(method)
    assert answer["error"] == "missing_scope"
    assert answer["needed"] in App().scopes
