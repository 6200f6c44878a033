"""Channels and messages keep what the bot put there, and give it back as Slack does."""

from typing import Any

import pytest

from sandbox.slack import Workspace

Json = dict[str, Any]


@pytest.fixture
def channel(workspace: Workspace) -> str:
    return workspace.channel("incidents").id


def post(workspace: Workspace, channel: str, text: str, **more: Any) -> Json:
    answer = workspace.call("chat.postMessage", channel=channel, text=text, **more)
    assert answer["ok"], answer
    return answer


def test_timestamps_are_unique_and_rise_even_when_the_clock_stands_still(
    workspace: Workspace, channel: str
) -> None:
    stamps = [post(workspace, channel, str(number))["ts"] for number in range(20)]
    assert stamps == sorted(set(stamps))


def test_history_pages_newest_first_and_shows_metadata_only_if_asked(
    workspace: Workspace, channel: str
) -> None:
    for number in range(5):
        key = {"event_type": "outbox", "event_payload": {"key": str(number)}}
        post(workspace, channel, str(number), metadata=key)
    first = workspace.call("conversations.history", channel=channel, limit=3, include_all_metadata=True)
    assert [message["metadata"]["event_payload"]["key"] for message in first["messages"]] == ["4", "3", "2"]
    assert first["has_more"]
    cursor = first["response_metadata"]["next_cursor"]
    second = workspace.call("conversations.history", channel=channel, limit=3, cursor=cursor)
    assert [message["text"] for message in second["messages"]] == ["1", "0"]
    assert not second["has_more"]
    assert "metadata" not in second["messages"][0]


@pytest.mark.parametrize(("inclusive", "expected"), [(True, ["3", "2", "1"]), (False, ["2"])])
def test_history_keeps_to_its_bounds(
    workspace: Workspace, channel: str, inclusive: bool, expected: list[str]
) -> None:
    stamps = [post(workspace, channel, str(number))["ts"] for number in range(5)]
    found = workspace.call(
        "conversations.history", channel=channel, oldest=stamps[1], latest=stamps[3], inclusive=inclusive
    )
    assert [message["text"] for message in found["messages"]] == expected


def test_replies_stay_in_the_thread(workspace: Workspace, channel: str) -> None:
    parent = post(workspace, channel, "card")["ts"]
    post(workspace, channel, "Approved by @bo", thread_ts=parent)
    assert len(workspace.call("conversations.history", channel=channel)["messages"]) == 1
    thread = workspace.call("conversations.replies", channel=channel, ts=parent)["messages"]
    assert [message["text"] for message in thread] == ["card", "Approved by @bo"]
    assert thread[0]["reply_count"] == 1
    assert [message.text for message in workspace.thread("incidents", parent)] == ["Approved by @bo"]


def test_an_update_keeps_what_it_does_not_name(workspace: Workspace, channel: str, blocks: Any) -> None:
    key = {"event_type": "card", "event_payload": {"incident": "1"}}
    ts = post(workspace, channel, "card", blocks=blocks, metadata=key)["ts"]
    workspace.call("chat.update", channel=channel, ts=ts, text="new text")
    card = workspace.card("incidents", "card", incident="1")
    assert (card.text, len(card.blocks), card.edits) == ("new text", 2, 1)
    workspace.call("chat.update", channel=channel, ts=ts, text="bare", blocks=[], metadata={})
    assert (card.blocks, card.metadata) == ([], None)
    with pytest.raises(LookupError):
        workspace.card("incidents", "card", incident="1")


def test_a_new_private_channel_takes_the_invited_and_hides_from_others(workspace: Workspace) -> None:
    made = workspace.call("conversations.create", name="inc-42", is_private=True)["channel"]["id"]
    ana, bo = workspace.user("ana").id, workspace.user("bo").id
    answer = workspace.call("conversations.invite", channel=made, users=f"{ana},U404,{bo}", force=True)
    assert [each["error"] for each in answer["errors"]] == ["user_not_found"]
    members = workspace.call("conversations.members", channel=made)["members"]
    assert members == [workspace.app.bot_user, ana, bo]
    workspace.call("conversations.setTopic", channel=made, topic="web-prod-7")
    assert workspace.channel("inc-42").topic == "web-prod-7"
    public = workspace.call("conversations.list")["channels"]
    assert [each["name"] for each in public] == ["incidents"]
    private = workspace.call("conversations.list", types="private_channel")["channels"]
    assert [each["name"] for each in private] == ["ir-secret", "inc-42"]


def test_an_invitation_with_one_bad_name_invites_nobody(workspace: Workspace, channel: str) -> None:
    dee = workspace.user("dee").id
    answer = workspace.call("conversations.invite", channel=channel, users=f"{dee},U404")
    assert (answer["error"], answer["errors"][0]["user"]) == ("user_not_found", "U404")
    assert dee not in workspace.channel(channel).members


def test_an_ephemeral_message_is_seen_by_one_and_is_no_history(workspace: Workspace, channel: str) -> None:
    workspace.call("chat.postEphemeral", channel=channel, user=workspace.user("ana").id, text="no role")
    assert [shown.text for shown in workspace.ephemerals("ana")] == ["no role"]
    assert workspace.ephemerals("bo") == []
    assert workspace.call("conversations.history", channel=channel)["messages"] == []


def test_a_message_to_a_person_opens_a_direct_message(workspace: Workspace) -> None:
    dee = workspace.user("dee").id
    first, second = post(workspace, dee, "you are on call"), post(workspace, dee, "still")
    assert first["channel"] == second["channel"]
    assert workspace.channel(first["channel"]).members == [dee, workspace.app.bot_user]


def test_user_groups_are_read_fresh_and_a_disabled_one_shows_nobody(workspace: Workspace) -> None:
    def members(**more: Any) -> list[str]:
        return workspace.call("usergroups.users.list", usergroup="S0APPROVE", **more)["users"]

    bo, chai = workspace.user("bo").id, workspace.user("chai").id
    group = workspace.state.groups["S0APPROVE"]
    assert members() == [bo, chai]
    group.members.remove(chai)
    assert members() == [bo]
    group.enabled = False
    assert members() == []
    assert members(include_disabled=True) == [bo]
    assert workspace.call("usergroups.list")["usergroups"] == []
    shown = workspace.call("usergroups.list", include_disabled=True, include_users=True)["usergroups"]
    assert shown[0]["users"] == [bo]


def test_long_text_of_a_new_message_is_cut_by_slack(workspace: Workspace, channel: str) -> None:
    post(workspace, channel, "x" * 40_001)
    assert len(workspace.messages("incidents")[0].text) == 40_000


def test_pins_and_bookmarks_and_permalinks(workspace: Workspace, channel: str) -> None:
    ts = post(workspace, channel, "card")["ts"]
    assert workspace.call("pins.add", channel=channel, timestamp=ts)["ok"]
    assert workspace.channel("incidents").pins == [ts]
    link = {"title": "Runbook", "type": "link", "link": "https://wiki.example/ir"}
    assert workspace.call("bookmarks.add", channel_id=channel, **link)["bookmark"]["title"] == "Runbook"
    permalink = workspace.call("chat.getPermalink", channel=channel, message_ts=ts)["permalink"]
    assert permalink.endswith(f"/archives/{channel}/p{ts.replace('.', '')}")
