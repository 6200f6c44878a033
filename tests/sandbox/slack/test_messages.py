"""What becomes of messages: deleted, reacted to, pinned and unpinned; and of bookmarks and names beside them."""

from dataclasses import replace

from sandbox.slack import Workspace, texts


def post(workspace: Workspace, **more: object) -> str:
    channel = workspace.channel("incidents").id
    return str(workspace.call("chat.postMessage", channel=channel, **{"text": "card", **more})["ts"])


def test_a_deleted_message_is_gone_and_unpinned(workspace: Workspace) -> None:
    channel, ts = workspace.channel("incidents"), post(workspace)
    workspace.call("pins.add", channel=channel.id, timestamp=ts)
    assert workspace.call("chat.delete", channel=channel.id, ts=ts)["ok"]
    assert (channel.messages, channel.pins) == ([], [])


def test_a_pin_is_taken_away(workspace: Workspace) -> None:
    channel, ts = workspace.channel("incidents"), post(workspace)
    workspace.call("pins.add", channel=channel.id, timestamp=ts)
    assert workspace.call("pins.remove", channel=channel.id, timestamp=ts)["ok"]
    assert channel.pins == []


def test_reactions_show_who_gave_them(workspace: Workspace) -> None:
    channel, ts = workspace.channel("incidents"), post(workspace)
    workspace.call("reactions.add", channel=channel.id, timestamp=ts, name="eyes")
    (shown,) = workspace.call("conversations.history", channel=channel.id)["messages"]
    assert shown["reactions"] == [{"name": "eyes", "users": [workspace.app.bot_user], "count": 1}]


def test_markdown_shows_as_a_block_and_attachments_are_kept(workspace: Workspace) -> None:
    post(workspace, text="", markdown_text="# Contained")
    post(workspace, text="", attachments=[{"text": "older style"}])
    markdown, attached = workspace.messages("incidents")
    assert texts(markdown) == "# Contained"
    assert attached.attachments == [{"text": "older style"}]
    channel = workspace.channel("incidents").id
    too_long = workspace.call("chat.postMessage", channel=channel, markdown_text="x" * 12_001)
    assert too_long["error"] == "msg_blocks_too_long"


def test_a_bookmark_is_edited_in_part(workspace: Workspace) -> None:
    channel = workspace.channel("incidents").id
    made = workspace.call(
        "bookmarks.add", channel_id=channel, title="Runbook", type="link", link="https://a.example"
    )["bookmark"]
    edited = workspace.call(
        "bookmarks.edit", channel_id=channel, bookmark_id=made["id"], title="Playbook", emoji=":book:"
    )["bookmark"]
    assert (edited["title"], edited["link"], edited["emoji"]) == ("Playbook", "https://a.example", ":book:")


def test_the_bot_renames_what_it_made(workspace: Workspace) -> None:
    made = workspace.call("conversations.create", name="inc-1")["channel"]["id"]
    assert (
        workspace.call("conversations.rename", channel=made, name="inc-1-web")["channel"]["name"]
        == "inc-1-web"
    )


def test_without_joining_a_bot_posts_only_with_the_scope_for_it(workspace: Workspace) -> None:
    lounge = workspace.add_channel("lounge", ["ana"], bot=False).id
    assert workspace.call("chat.postMessage", channel=lounge, text="x")["error"] == "not_in_channel"
    workspace.state.app = replace(workspace.app, scopes=workspace.app.scopes | {"chat:write.public"})
    assert workspace.call("chat.postMessage", channel=lounge, text="x")["ok"]
