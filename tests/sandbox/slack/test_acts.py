"""What people do reaches a real Bolt app, without a socket."""

import asyncio
import time
from typing import Any

import pytest
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.errors import SlackApiError

from sandbox.slack import Ack, CannotActError, Envelope, InProcessDelivery, Workspace, buttons, texts
from sandbox.slack.interactivity import new_trigger
from tests.sandbox.slack.conftest import ManualClock

pytestmark = pytest.mark.slow


async def test_a_slash_command_is_answered_to_the_person_alone(workspace: Workspace, bot: Any) -> None:
    outcome = await workspace.says("ana", "incidents", "/ec2ir isolate i-0abc")

    assert outcome.acked
    assert outcome.text == "you said isolate i-0abc"
    assert [shown.text for shown in outcome.ephemerals] == ["you said isolate i-0abc"]
    assert workspace.messages("incidents") == []
    assert workspace.ephemerals("bo") == []
    assert bot.seen[0]["command"] == "/ec2ir"
    assert bot.seen[0]["user_id"] == workspace.user("ana").id


async def test_later_answers_come_over_the_response_url_and_as_ephemerals(
    workspace: Workspace, bot: Any
) -> None:
    outcome = await workspace.says("ana", "incidents", "/ec2ir later")
    await workspace.until(lambda: len(outcome.ephemerals) == 2)

    assert [post["text"] for post in outcome.responses] == ["done later"]
    assert [(shown.source, shown.text) for shown in outcome.ephemerals] == [
        ("response_url", "done later"),
        ("chat.postEphemeral", "only you"),
    ]


async def test_clicking_a_button_sends_a_whole_payload_and_the_card_changes(
    workspace: Workspace, client: Any, bot: Any, blocks: list[dict[str, Any]]
) -> None:
    metadata = {"event_type": "card", "event_payload": {"incident": "1"}}
    channel = workspace.channel("incidents")
    await client.chat_postMessage(channel=channel.id, text="card", blocks=blocks, metadata=metadata)
    card = workspace.card("incidents", "card", incident="1")
    assert [tuple(button) for button in buttons(card)] == [
        ("Contain now", "contain", "one"),
        ("Show plan", "plan", "two"),
    ]
    assert "web-prod-7" in texts(card)

    outcome = await workspace.click("bo", "incidents", card.ts, "Contain now")
    await workspace.until(lambda: card.text == "Contained")

    body = bot.seen[0]
    assert body["actions"][0]["value"] == "one"
    assert body["actions"][0]["block_id"] == body["message"]["blocks"][1]["block_id"]
    assert body["container"] == {
        "type": "message", "message_ts": card.ts, "channel_id": channel.id, "is_ephemeral": False,
    }  # fmt: skip
    assert body["message"]["metadata"] == metadata
    assert outcome.confirm is not None
    assert buttons(card) == []


async def test_a_button_that_is_gone_can_not_be_clicked(
    workspace: Workspace, client: Any, bot: Any, blocks: list[dict[str, Any]]
) -> None:
    channel = workspace.channel("incidents")
    await client.chat_postMessage(channel=channel.id, text="card", blocks=blocks)
    with pytest.raises(CannotActError, match="Contain now, Show plan"):
        await workspace.click("bo", "incidents", channel.messages[0].ts, "Approve")


async def test_outsiders_can_not_act_in_a_private_channel(
    workspace: Workspace, client: Any, bot: Any, blocks: list[dict[str, Any]]
) -> None:
    channel = workspace.channel("ir-secret")
    await client.chat_postMessage(channel=channel.id, text="card", blocks=blocks)
    for act in (
        workspace.says("dee", "ir-secret", "/ec2ir status"),
        workspace.click("dee", "ir-secret", channel.messages[0].ts, "contain"),
        workspace.posts("dee", "ir-secret", "hello"),
        workspace.joins("dee", "ir-secret"),
    ):
        with pytest.raises(CannotActError):
            await act
    assert bot.seen == []


async def test_a_modal_opens_once_is_checked_and_closes(workspace: Workspace, bot: Any) -> None:
    outcome = await workspace.says("ana", "incidents", "/ec2ir modal")
    await workspace.until(lambda: workspace.state.modals.get(outcome.user))
    modal = workspace.modal("ana")

    with pytest.raises(CannotActError, match="Reason"):
        await workspace.submit("ana", modal)
    with pytest.raises(CannotActError, match="characters"):
        await workspace.submit("ana", modal, {"Reason": "x"})
    with pytest.raises(CannotActError, match="does not have this view"):
        await workspace.submit("bo", modal, {"why": "scanner of ours"})

    refused = await workspace.submit("ana", modal, {"reason": "bad"})
    assert refused.errors == {"why": "Say more."}
    assert workspace.modal("ana") is modal

    accepted = await workspace.submit("ana", modal, {"Reason": "scanner of ours"})
    assert accepted.acked
    assert bot.seen[-1]["view"]["private_metadata"] == "plan-7f3a"
    with pytest.raises(LookupError):
        workspace.modal("ana")


async def test_a_trigger_serves_once_and_for_three_seconds(
    workspace: Workspace, client: Any, bot: Any, clock: Any
) -> None:
    view: dict[str, Any] = {
        "type": "modal",
        "title": {"type": "plain_text", "text": "T"},
        "blocks": [{"type": "divider"}],
    }
    trigger = (await workspace.says("ana", "incidents", "/ec2ir x")).payload["trigger_id"]
    await client.views_open(trigger_id=trigger, view=view)
    with pytest.raises(SlackApiError, match="exchanged_trigger_id"):
        await client.views_open(trigger_id=trigger, view=view)

    late = (await workspace.says("ana", "incidents", "/ec2ir x")).payload["trigger_id"]
    clock.pass_by(seconds=3.1)
    with pytest.raises(SlackApiError, match="expired_trigger_id"):
        await client.views_open(trigger_id=late, view=view)
    with pytest.raises(SlackApiError, match="invalid_trigger_id"):
        await client.views_open(trigger_id="1.2", view=view)


async def test_home_opens_and_its_buttons_click(workspace: Workspace, bot: Any) -> None:
    await workspace.opens_home("dee")
    await workspace.until(lambda: workspace.state.homes)
    home = workspace.home("dee")
    assert [button.label for button in buttons(home)] == ["Contain now", "Show plan"]
    outcome = await workspace.click_in_view("dee", home, "plan")
    assert outcome.payload["container"] == {"type": "view", "view_id": home.id}
    assert outcome.error == "dispatch_failed"  # the bot has no listener for it, and the person is told


async def test_the_next_payload_can_come_twice(workspace: Workspace, bot: Any) -> None:
    for concurrent in (False, True):
        bot.seen.clear()
        workspace.faults.duplicate_next(concurrent=concurrent)
        outcome = await workspace.says("ana", "incidents", "/ec2ir status")
        assert [ack.ok for ack in outcome.acks] == [True, True]
        assert bot.seen[0] == bot.seen[1]
        assert len((await workspace.says("ana", "incidents", "/ec2ir status")).acks) == 1


async def test_an_app_that_is_late_fails_before_the_person(workspace: Workspace, client: Any) -> None:
    release = asyncio.Event()
    app: Any = AsyncApp(client=client, signing_secret=workspace.app.signing_secret)

    async def slow(ack: Any) -> None:
        await release.wait()
        await ack()

    app.command("/ec2ir")(slow)
    workspace.deliver_by(
        InProcessDelivery(app, workspace.endpoint, workspace.app.signing_secret, ack_seconds=0.01)
    )
    outcome = await workspace.says("ana", "incidents", "/ec2ir status")
    release.set()
    assert (outcome.acked, outcome.error) == (False, "operation_timeout")


async def test_a_forged_or_skewed_signature_is_refused_by_the_app(
    workspace: Workspace, client: Any, bot: Any
) -> None:
    def skewed() -> float:
        return time.time() - 301

    for delivery in (
        InProcessDelivery(bot.app, workspace.endpoint, "another-secret"),
        InProcessDelivery(bot.app, workspace.endpoint, workspace.app.signing_secret, timestamp=skewed),
    ):
        workspace.deliver_by(delivery)
        outcome = await workspace.says("ana", "incidents", "/ec2ir status")
        assert outcome.acks[0].status == 401
    assert bot.seen == []


async def test_failed_events_are_retried_at_once_then_by_the_clock_and_clicks_are_not(
    workspace: Workspace, clock: Any
) -> None:
    class Deaf:
        envelopes: list[Envelope]

        def __init__(self) -> None:
            self.envelopes = []

        async def deliver(self, envelope: Envelope) -> Ack:
            self.envelopes.append(envelope)
            return Ack(status=500, error="dispatch_failed")

    deaf = Deaf()
    workspace.deliver_by(deaf)
    await workspace.posts("ana", "incidents", "hello")
    assert [envelope.retry for envelope in deaf.envelopes] == [0, 1]
    assert await workspace.retry_due() == 0
    clock.pass_by(minutes=1)
    assert await workspace.retry_due() == 1
    clock.pass_by(minutes=5)
    assert await workspace.retry_due() == 1
    clock.pass_by(hours=1)
    assert await workspace.retry_due() == 0
    assert [envelope.retry for envelope in deaf.envelopes] == [0, 1, 2, 3]
    assert deaf.envelopes[1].retry_reason == "http_error"

    deaf.envelopes.clear()
    outcome = await workspace.says("ana", "incidents", "/ec2ir status")
    assert outcome.error == "dispatch_failed"
    assert len(deaf.envelopes) == 1


async def test_messages_and_mentions_are_events(workspace: Workspace, bot: Any) -> None:
    await workspace.posts("ana", "incidents", f"<@{workspace.app.bot_user}> help")
    assert {body["event"]["type"] for body in bot.seen} == {"message", "app_mention"}
    assert (await workspace.joins("dee", "incidents"))[0].ok
    assert bot.seen[-1]["event"]["user"] == workspace.user("dee").id
    bot.seen.clear()
    await workspace.posts("ana", "ir-secret", "private")  # message.groups is not subscribed
    assert bot.seen == []


async def test_a_workspace_is_settled_when_no_trigger_can_be_spent_any_more(
    workspace: Workspace, clock: ManualClock
) -> None:
    assert workspace.settled()
    new_trigger(workspace.state, "U0000000001")
    assert not workspace.settled()
    clock.pass_by(seconds=4)
    assert workspace.settled()
