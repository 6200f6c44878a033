"""Views, selects and look-alike buttons: what a person fills in, and what the app may answer."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from sandbox.slack import Ack, CannotActError, Envelope, View, Workspace, texts


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def modal(title: str = "First", **more: Any) -> dict[str, Any]:
    return {"type": "modal", "title": plain(title), "submit": plain("Go"), "blocks": [REASON], **more}


REASON = {
    "type": "input", "block_id": "why", "label": plain("Reason"),
    "element": {"type": "plain_text_input", "action_id": "reason"},
}  # fmt: skip
LEVELS = [{"text": plain("High"), "value": "high"}, {"text": plain("Low"), "value": "low"}]


@dataclass(slots=True)
class Scripted:
    """An app that answers with what the test set."""

    answer: Any = ""
    envelopes: list[Envelope] = field(default_factory=list[Envelope])

    async def deliver(self, envelope: Envelope) -> Ack:
        self.envelopes.append(envelope)
        return Ack(status=200, body=self.answer)

    @property
    def payload(self) -> dict[str, Any]:
        return self.envelopes[-1].payload


@pytest.fixture
def app(workspace: Workspace) -> Scripted:
    app = Scripted()
    workspace.deliver_by(app)
    return app


async def opened(workspace: Workspace, view: dict[str, Any]) -> View:
    trigger = (await workspace.says("ana", "incidents", "/ec2ir x")).payload["trigger_id"]
    answer = workspace.call("views.open", trigger_id=trigger, view=view)
    assert answer["ok"], answer
    return workspace.modal("ana")


def posted(workspace: Workspace, *blocks: dict[str, Any], channel: str = "incidents") -> str:
    where = workspace.channel(channel).id
    answer = workspace.call("chat.postMessage", channel=where, text="x", blocks=list(blocks))
    assert answer["ok"], answer
    return answer["ts"]


async def test_a_submission_can_update_push_and_clear(workspace: Workspace, app: Scripted) -> None:
    first = await opened(workspace, modal())
    app.answer = {"response_action": "update", "view": modal("Changed")}
    await workspace.submit("ana", first, {"why": "x"})
    assert workspace.modal("ana") is first
    assert first.body["title"]["text"] == "Changed"

    app.answer = {"response_action": "push", "view": modal("Second")}
    await workspace.submit("ana", first, {"why": "x"})
    second = workspace.modal("ana")
    assert (second.body["title"]["text"], second.previous_id, second.root_id) == (
        "Second",
        first.id,
        first.id,
    )

    app.answer = ""
    await workspace.submit("ana", second, {"why": "x"})
    assert workspace.modal("ana") is first

    app.answer = {"response_action": "push", "view": modal("Third")}
    await workspace.submit("ana", first, {"why": "x"})
    app.answer = {"response_action": "clear"}
    await workspace.submit("ana", workspace.modal("ana"), {"why": "x"})
    with pytest.raises(LookupError):
        workspace.modal("ana")


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"response_action": "errors", "errors": {"no_such_block": "x"}}, "invalid_response_errors"),
        ({"response_action": "errors", "errors": {}}, "invalid_response_errors"),
        ({"response_action": "update", "view": {"type": "modal"}}, "invalid_arguments"),
        ({"response_action": "push"}, "invalid_arguments"),
    ],
)
async def test_a_wrong_answer_to_a_submission_shows_as_an_error(
    workspace: Workspace, app: Scripted, answer: dict[str, Any], error: str
) -> None:
    view = await opened(workspace, modal())
    app.answer = answer
    outcome = await workspace.submit("ana", view, {"why": "x"})
    assert outcome.error == error
    assert workspace.modal("ana") is view


async def test_opening_a_modal_takes_the_place_of_the_one_before(workspace: Workspace, app: Scripted) -> None:
    first = await opened(workspace, modal())
    second = await opened(workspace, modal("Second"))
    with pytest.raises(CannotActError):
        await workspace.submit("ana", first, {"why": "x"})
    await workspace.submit("ana", second, {"why": "x"})
    with pytest.raises(LookupError):
        workspace.modal("ana")


async def test_the_app_hears_of_a_closed_modal_only_if_it_asked(workspace: Workspace, app: Scripted) -> None:
    assert await workspace.closes("ana", await opened(workspace, modal())) is None
    assert await workspace.closes("ana", await opened(workspace, modal(notify_on_close=True))) is not None
    assert app.payload["type"] == "view_closed"
    assert "trigger_id" not in app.payload


async def test_a_view_is_updated_by_id_or_external_id(workspace: Workspace, app: Scripted) -> None:
    view = await opened(workspace, modal(external_id="plan-1"))
    old = view.hash
    assert workspace.call("views.update", view_id=view.id, hash=old, view=modal("B", external_id="plan-1"))[
        "ok"
    ]
    assert workspace.call("views.update", view_id=view.id, hash=old, view=modal())["error"] == "hash_conflict"
    assert workspace.call("views.update", external_id="plan-1", view=modal("C"))["ok"]
    assert view.body["title"]["text"] == "C"


async def test_buttons_that_look_alike_are_told_apart(workspace: Workspace, app: Scripted) -> None:
    def undo(value: str) -> dict[str, Any]:
        button = {"type": "button", "action_id": "undo", "value": value, "text": plain("Undo")}
        return {"type": "section", "block_id": f"row-{value}", "text": plain(value), "accessory": button}

    ts = posted(workspace, undo("isolate"), undo("tag"))
    with pytest.raises(CannotActError, match="stands on 2 buttons"):
        await workspace.click("ana", "incidents", ts, "Undo")
    await workspace.click("ana", "incidents", ts, "Undo", value="tag")
    assert app.payload["actions"][0]["block_id"] == "row-tag"
    await workspace.click("ana", "incidents", ts, "undo", block_id="row-isolate")
    assert app.payload["actions"][0]["value"] == "isolate"


async def test_selects_send_the_option_and_menus_too(workspace: Workspace, app: Scripted) -> None:
    select = {"type": "static_select", "action_id": "level", "options": LEVELS}
    menu = {"type": "overflow", "action_id": "more", "options": LEVELS}
    boxes = {"type": "checkboxes", "action_id": "boxes", "options": LEVELS, "initial_options": LEVELS[:1]}
    ts = posted(workspace, {"type": "actions", "block_id": "row", "elements": [select, menu, boxes]})

    await workspace.click("ana", "incidents", ts, "level", choose="Low", values={"level": "low"})
    assert app.payload["actions"][0]["selected_option"]["value"] == "low"
    values = app.payload["state"]["values"]["row"]
    assert values["level"]["selected_option"]["value"] == "low"
    assert [option["value"] for option in values["boxes"]["selected_options"]] == ["high"]

    await workspace.click("ana", "incidents", ts, "more", choose="high")
    assert app.payload["actions"][0]["selected_option"]["text"]["text"] == "High"
    with pytest.raises(CannotActError, match="no option 'Medium'"):
        await workspace.click("ana", "incidents", ts, "level", choose="Medium")
    with pytest.raises(CannotActError, match="no input for why"):
        await workspace.click("ana", "incidents", ts, "level", choose="low", values={"why": "x"})


async def test_an_ephemeral_button_works_for_its_reader_alone(workspace: Workspace, app: Scripted) -> None:
    button = {"type": "button", "action_id": "glass", "value": "1", "text": plain("Break glass")}
    workspace.call(
        "chat.postEphemeral",
        channel=workspace.channel("incidents").id,
        user=workspace.user("ana").id,
        text="refused",
        blocks=[{"type": "actions", "elements": [button]}],
    )
    (shown,) = workspace.ephemerals("ana")
    with pytest.raises(CannotActError, match="bo sees no message"):
        await workspace.click("bo", "incidents", shown.ts, "glass")
    await workspace.click("ana", "incidents", shown.ts, "glass")
    assert app.payload["container"]["is_ephemeral"]
    assert "message" not in app.payload


async def test_buttons_of_an_acknowledgement_can_be_clicked(workspace: Workspace, app: Scripted) -> None:
    button = {"type": "button", "action_id": "glass", "value": "1", "text": plain("Break glass")}
    app.answer = {"text": "refused", "blocks": [{"type": "actions", "elements": [button]}]}
    await workspace.says("ana", "incidents", "/ec2ir isolate i-1")
    (shown,) = workspace.ephemerals("ana")
    await workspace.click("ana", "incidents", shown.ts, "Break glass")
    assert app.payload["actions"][0]["value"] == "1"


async def test_payloads_hide_the_name_of_a_private_channel(workspace: Workspace, app: Scripted) -> None:
    await workspace.says("ana", "ir-secret", "/ec2ir status")
    assert app.payload["channel_name"] == "privategroup"
    await workspace.says("ana", "incidents", "/ec2ir status")
    assert app.payload["channel_name"] == "incidents"
    with pytest.raises(CannotActError, match="/deploy is not a valid command"):
        await workspace.says("ana", "incidents", "/deploy now")


async def test_an_archived_channel_takes_no_acts(workspace: Workspace, app: Scripted) -> None:
    workspace.channel("incidents").is_archived = True
    with pytest.raises(CannotActError, match="archived"):
        await workspace.says("ana", "incidents", "/ec2ir status")
    assert app.envelopes == []


async def test_an_answer_that_breaks_block_kit_is_not_shown(workspace: Workspace, app: Scripted) -> None:
    app.answer = {"text": "help", "blocks": [{"type": "section"}]}
    outcome = await workspace.says("ana", "incidents", "/ec2ir help")
    assert (outcome.error, outcome.ephemerals) == ("invalid_command_response", [])
    app.answer = {"response_type": "in_channel", "text": "for all"}
    assert (await workspace.says("ana", "incidents", "/ec2ir status")).ephemerals == []
    assert [texts(message) for message in workspace.messages("incidents")] == ["for all"]


def test_block_kit_wants_booleans_as_booleans(workspace: Workspace) -> None:
    block = {"type": "header", "text": {**plain("x"), "emoji": "yes"}}
    answer = workspace.call("chat.postMessage", channel=workspace.channel("incidents").id, blocks=[block])
    assert "must be a boolean" in answer["response_metadata"]["messages"][0]
