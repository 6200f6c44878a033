"""Rate limits and ordered faults behave as Slack's do, through slack_sdk's own client."""

from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncConnectionErrorRetryHandler
from slack_sdk.http_retry.builtin_interval_calculators import FixedValueRetryIntervalCalculator

from sandbox.slack import Fault, Limits, Workspace
from sandbox.slack.interactivity import respond


@pytest.fixture
def strict(clock: Any) -> Workspace:
    workspace = Workspace(clock=clock, limits=Limits.slack())
    workspace.add_user("ana")
    workspace.add_channel("one", ["ana"])
    workspace.add_channel("two", ["ana"])
    return workspace


def response_of(error: Any) -> Any:
    return error.response


def post(workspace: Workspace, channel: str = "one") -> int:
    workspace.call("chat.postMessage", channel=workspace.channel(channel).id, text="x")
    return workspace.calls[-1].status


def test_a_channel_takes_one_message_a_second(strict: Workspace, clock: Any) -> None:
    assert [post(strict), post(strict), post(strict, "two")] == [200, 429, 200]
    clock.pass_by(seconds=0.9)
    assert post(strict) == 429
    clock.pass_by(seconds=0.1)
    assert post(strict) == 200
    assert len(strict.messages("one")) == 2


def test_a_tier_counts_calls_a_minute_by_method(strict: Workspace, clock: Any) -> None:
    def listing() -> int:
        strict.call("usergroups.list")
        return strict.calls[-1].status

    assert [listing() for _ in range(20)] == [200] * 20
    refused = strict.api.call("usergroups.list", {}, f"Bearer {strict.app.bot_token}")
    assert (refused.status, refused.headers["Retry-After"]) == (429, "60")
    strict.call("conversations.list")
    assert strict.calls[-1].status == 200
    clock.pass_by(seconds=60)
    assert listing() == 200


async def test_the_client_sees_429_with_retry_after(workspace: Workspace, client: Any) -> None:
    workspace.faults.order("auth.test", Fault.rate_limited(7))
    with pytest.raises(SlackApiError) as caught:
        await client.auth_test()
    refused = response_of(caught.value)
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "7")
    assert (await client.auth_test())["ok"]


async def test_a_lost_answer_is_ambiguous_the_message_is_there(workspace: Workspace, client: Any) -> None:
    channel = workspace.channel("incidents")
    client.retry_handlers.clear()
    for fault, error in ((Fault.timeout(), TimeoutError), (Fault.dropped(), aiohttp.ServerDisconnectedError)):
        workspace.faults.order("chat.postMessage", fault)
        with pytest.raises(error):
            await client.chat_postMessage(channel=channel.id, text="posted all the same")
    assert len(channel.messages) == 2


async def test_connection_retries_of_the_client_can_double_a_post(workspace: Workspace, client: Any) -> None:
    at_once = FixedValueRetryIntervalCalculator(fixed_internal=0)
    client.retry_handlers[:] = [AsyncConnectionErrorRetryHandler(interval_calculator=at_once)]
    workspace.faults.order("chat.postMessage", Fault.dropped())
    await client.chat_postMessage(channel=workspace.channel("incidents").id, text="twice")
    assert [message.text for message in workspace.messages("incidents")] == ["twice", "twice"]


async def test_a_failing_server_did_nothing(workspace: Workspace, client: Any) -> None:
    channel = workspace.channel("incidents")
    workspace.faults.order("chat.postMessage", Fault.server_error(503), times=2)
    workspace.faults.order("chat.postMessage", Fault.refused("internal_error"))
    for status in (503, 503, 200):
        with pytest.raises(SlackApiError) as caught:
            await client.chat_postMessage(channel=channel.id, text="x")
        assert response_of(caught.value).status_code == status
    assert channel.messages == []


async def test_a_response_url_serves_five_times_in_half_an_hour(
    workspace: Workspace, bot: Any, clock: Any
) -> None:
    async def fresh_url() -> str:
        outcome = await workspace.says("ana", "incidents", "/ec2ir x")
        return str(outcome.payload["response_url"]).rsplit("/", 1)[1]

    key = await fresh_url()
    assert [respond(workspace.state, key, {"text": str(n)})[0] for n in range(6)] == [200] * 5 + [404]
    assert respond(workspace.state, key, {"text": "x"})[1] == "used_url"

    key = await fresh_url()
    assert respond(workspace.state, key, {"text": "x", "blocks": [{"type": "section"}]}) == (
        400,
        "invalid_blocks",
    )
    clock.pass_by(minutes=30, seconds=1)
    assert respond(workspace.state, key, {"text": "late"}) == (404, "expired_url")
    assert respond(workspace.state, "R404", {"text": "x"}) == (404, "no_service")


async def test_a_response_url_can_replace_and_delete_what_was_clicked(
    workspace: Workspace, bot: Any, blocks: list[dict[str, Any]]
) -> None:
    workspace.call("chat.postMessage", channel=workspace.channel("incidents").id, text="card", blocks=blocks)
    card = workspace.messages("incidents")[0]
    outcome = await workspace.click("bo", "incidents", card.ts, "contain")
    await workspace.until(lambda: card.text == "Contained")
    key = str(outcome.payload["response_url"]).rsplit("/", 1)[1]
    respond(workspace.state, key, {"replace_original": True, "text": "replaced"})
    assert card.text == "replaced"
    respond(workspace.state, key, {"response_type": "in_channel", "text": "for all"})
    respond(workspace.state, key, {"delete_original": True})
    assert [message.text for message in workspace.messages("incidents")] == ["for all"]
