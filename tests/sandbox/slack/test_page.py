"""The page shows one person what they may see, and lets them act, from this machine only."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from sandbox.slack import Server, Workspace, serving
from sandbox.slack.errors import CannotActError
from sandbox.slack.models import File
from sandbox.slack.page.routes import MEDIA, STATIC

pytestmark = pytest.mark.process


@pytest.fixture
async def server(workspace: Workspace) -> AsyncIterator[Server]:
    async with serving(workspace) as server:
        yield server


@pytest.fixture
async def browser(server: Server) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(server.base_url) as session:
        yield session


async def seen(
    browser: aiohttp.ClientSession, workspace: Workspace, who: str, channel: str = ""
) -> dict[str, Any]:
    query = {"as": workspace.user(who).id, "channel": workspace.channel(channel).id if channel else ""}
    return await (await browser.get("/sandbox/state", params=query)).json()


async def act(browser: aiohttp.ClientSession, workspace: Workspace, who: str, **body: Any) -> dict[str, Any]:
    answer = await browser.post("/sandbox/act", json={"as": workspace.user(who).id, **body})
    assert answer.status == 200, await answer.text()
    return await answer.json()


async def test_the_page_and_its_parts_are_served_with_a_policy(browser: aiohttp.ClientSession) -> None:
    served = ["/", *(f"/static/{path.name}" for path in STATIC.iterdir())]
    assert {"/static/app.js", "/static/theme.css"} < set(served)
    for path in served:
        answer = await browser.get(path)
        assert (answer.status, answer.content_type) == (200, MEDIA[Path(path).suffix or ".html"])
        assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
        body = await answer.text()
        assert "innerHTML" not in body
        assert "https://" not in body
    assert (await browser.get("/static/../page.py")).status == 404
    assert (await browser.get("/static/%2e%2e%2fpage.py")).status == 404


@pytest.mark.parametrize(
    "path",
    ["/", "/static/app.js", "/sandbox/state", "/sandbox/changes", "/sandbox/offers", "/sandbox/files/F1"],
)
@pytest.mark.parametrize(
    "headers", [{"Host": "evil.example"}, {"Origin": "https://evil.example"}, {"Origin": "null"}]
)
async def test_other_hosts_and_origins_are_refused(
    browser: aiohttp.ClientSession, path: str, headers: dict[str, str]
) -> None:
    assert (await browser.get(path, headers=headers)).status == 403
    assert (await browser.post("/sandbox/act", json={}, headers=headers)).status == 403
    assert (await browser.post("/sandbox/lever", json={}, headers=headers)).status == 403


async def test_private_channels_and_whispers_show_only_to_those_concerned(
    browser: aiohttp.ClientSession, workspace: Workspace
) -> None:
    channel = workspace.channel("ir-secret").id
    workspace.call("chat.postEphemeral", channel=channel, user=workspace.user("ana").id, text="only ana")
    workspace.call("chat.postMessage", channel=channel, text="for members")
    ana, bo, dee = [await seen(browser, workspace, who, "ir-secret") for who in ("ana", "bo", "dee")]
    assert [each["text"] for each in ana["channel"]["messages"]] == ["only ana", "for members"]
    assert [each["text"] for each in bo["channel"]["messages"]] == ["for members"]
    assert [each["name"] for each in dee["channels"]] == ["incidents"]
    assert dee["channel"]["id"] == workspace.channel("incidents").id


async def test_acts_go_through_the_same_engine(
    browser: aiohttp.ClientSession, workspace: Workspace, bot: Any, blocks: list[dict[str, Any]]
) -> None:
    channel = workspace.channel("incidents").id
    await act(browser, workspace, "ana", act="say", channel=channel, text="/ec2ir status")
    shown = (await seen(browser, workspace, "ana", "incidents"))["channel"]["messages"]
    assert [(each["text"], each["ephemeral"]) for each in shown] == [("you said status", True)]

    workspace.call("chat.postMessage", channel=channel, text="card", blocks=blocks)
    card = workspace.messages("incidents")[0]
    click = {"act": "click", "channel": channel, "ts": card.ts, "action": "contain", "value": "one"}
    assert (await act(browser, workspace, "bo", **click))["error"] == ""
    await workspace.until(lambda: card.text == "Contained")
    assert "no 'contain' to click" in (await act(browser, workspace, "bo", **click))["error"]

    await act(browser, workspace, "ana", act="say", channel=channel, text="/ec2ir modal")
    await workspace.until(lambda: any(workspace.state.modals.values()))
    view = (await seen(browser, workspace, "ana"))["modal"]["id"]
    answer = await act(browser, workspace, "ana", act="submit", view=view, values={"why": "bad"})
    assert answer["errors"] == {"why": "Say more."}
    assert (await seen(browser, workspace, "ana"))["modal"]["errors"] == {"why": "Say more."}
    await act(browser, workspace, "ana", act="close", view=view)
    assert (await seen(browser, workspace, "ana"))["modal"] is None

    await act(browser, workspace, "dee", act="home")
    await workspace.until(lambda: workspace.state.homes)
    assert (await seen(browser, workspace, "dee"))["home"]["blocks"]

    await act(browser, workspace, "dee", act="join", channel=channel)
    await act(browser, workspace, "dee", act="say", channel=channel, text="hello")
    assert workspace.messages("incidents")[-1].user == workspace.user("dee").id


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (b"no json", 400, "must be JSON"),
        (b"[]", 400, "The acts are"),
        (b'{"act": "reboot"}', 400, "The acts are"),
        (b'{"act": "say", "as": "nobody", "channel": "x", "text": "y"}', 200, "no user 'nobody'"),
        (b'{"act": "submit", "as": "ana", "view": "V404"}', 200, "no longer open"),
    ],
)
async def test_bad_acts_are_refused_with_words(
    browser: aiohttp.ClientSession, body: bytes, status: int, words: str
) -> None:
    answer = await browser.post("/sandbox/act", data=body, headers={"Content-Type": "application/json"})
    assert answer.status == status
    assert words in await answer.text()
    plain = await browser.post("/sandbox/act", data=body, headers={"Content-Type": "text/plain"})
    assert plain.status == 415


async def test_changes_are_streamed(browser: aiohttp.ClientSession, workspace: Workspace) -> None:
    async with browser.get("/sandbox/changes") as stream:
        assert await stream.content.readline() == b": connected\n"
        channel = workspace.channel("incidents").id
        posted = workspace.call("chat.postMessage", channel=channel, text="x")
        await stream.content.readline()
        line = await stream.content.readline()
        change = json.loads(line.removeprefix(b"data: "))
        assert change == {"kind": "message", "channel": channel, "ts": posted["ts"]}
    assert workspace.call("auth.test")["ok"]


async def test_a_click_on_a_card_that_was_drawn_anew_still_counts(
    browser: aiohttp.ClientSession, workspace: Workspace, bot: Any, blocks: list[dict[str, Any]]
) -> None:
    channel = workspace.channel("incidents").id
    ts = workspace.call("chat.postMessage", channel=channel, text="card", blocks=blocks)["ts"]
    card = workspace.messages("incidents")[0]
    seen_block = card.blocks[1]["block_id"]
    workspace.call("chat.update", channel=channel, ts=ts, text="card again", blocks=blocks)
    assert card.blocks[1]["block_id"] != seen_block
    click = {"channel": channel, "ts": ts, "action": "contain", "value": "one", "block_id": seen_block}
    assert (await act(browser, workspace, "bo", act="click", **click))["error"] == ""


async def test_a_file_goes_to_those_who_see_its_channel(
    browser: aiohttp.ClientSession, workspace: Workspace
) -> None:
    secret = workspace.channel("ir-secret").id
    workspace.state.files["F1"] = File(
        id="F1", name='a"b/report.pdf', length=3, content=b"pdf", channels=[secret], completed=True
    )
    answer = await browser.get("/sandbox/files/F1", params={"as": workspace.user("ana").id})
    assert (answer.status, await answer.read()) == (200, b"pdf")
    assert answer.headers["Content-Disposition"] == "attachment; filename*=UTF-8''a%22b%2Freport.pdf"
    assert answer.content_type == "application/octet-stream"
    for who, file in (("dee", "F1"), ("ana", "F404")):
        refused = await browser.get(f"/sandbox/files/{file}", params={"as": workspace.user(who).id})
        assert refused.status == 404


@dataclass(slots=True)
class OneLever:
    """What stands beside Slack, as small as it can be."""

    pulled: list[str] = field(default_factory=list[str])

    def offers(self) -> dict[str, Any]:
        return {"levers": [{"name": "forward", "title": "Forward", "choices": []}]}

    async def now(self) -> dict[str, Any]:
        return {"pulled": list(self.pulled)}

    async def pull(self, lever: str, choice: str) -> str:
        if lever != "forward":
            raise CannotActError("There is no such lever.")
        self.pulled.append(choice)
        return f"forward by {choice}"


async def test_nothing_stands_beside_a_workspace_unless_it_is_handed_in(
    browser: aiohttp.ClientSession,
) -> None:
    assert await (await browser.get("/sandbox/offers")).json() == {}
    assert (await browser.post("/sandbox/lever", json={"lever": "forward"})).status == 404


async def test_what_stands_beside_is_offered_pulled_and_streamed(
    browser: aiohttp.ClientSession, server: Server
) -> None:
    beside = OneLever()
    server.page.stand_beside(beside)
    assert (await (await browser.get("/sandbox/offers")).json()) == beside.offers()
    async with browser.get("/sandbox/changes") as stream:
        assert await told(stream) == {"kind": "beside", "pulled": []}
        answer = await browser.post("/sandbox/lever", json={"lever": "forward", "choice": "10"})
        assert await answer.json() == {"words": "forward by 10", "error": ""}
        assert await told(stream) == {"kind": "beside", "pulled": ["10"]}
    refused = await browser.post("/sandbox/lever", json={"lever": "reboot"})
    assert (await refused.json())["error"] == "There is no such lever."


async def told(stream: aiohttp.ClientResponse) -> dict[str, Any]:
    """The next change of the stream."""
    while not (line := await stream.content.readline()).startswith(b"data: "):
        assert line
    return json.loads(line.removeprefix(b"data: "))
