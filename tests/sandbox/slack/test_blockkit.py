"""Block Kit's limits: what slack_sdk's own models allow is taken, one more is refused, with a pointer to it."""

from collections.abc import Callable
from typing import Any

import pytest
from slack_sdk.models.blocks import (
    ActionsBlock,
    ButtonElement,
    ConfirmObject,
    ContextBlock,
    HeaderBlock,
    InputBlock,
    MarkdownBlock,
    Option,
    OverflowMenuElement,
    SectionBlock,
    StaticSelectElement,
)
from slack_sdk.models.views import View

from sandbox.slack import Workspace
from sandbox.slack.blockkit import check_blocks, check_view
from tests.sandbox.slack.samples import (
    Blocks,
    actions,
    button,
    confirm,
    context,
    dividers,
    letters,
    many_buttons,
    options,
    placeholder,
    plain,
    question,
    section,
    select,
)

# (what is limited, the limit, blocks of a given size, where the refusal must point)
LIMITS: list[tuple[str, int, Callable[[int], Blocks], str]] = [
    ("header", HeaderBlock.text_max_length, lambda n: [{"type": "header", "text": plain(n)}], "/0/text/text"),
    ("section text", SectionBlock.text_max_length, lambda n: section(text=plain(n)), "/0/text/text"),
    ("fields", SectionBlock.fields_max_length, lambda n: section(fields=[plain(1)] * n), "/0/fields"),
    ("field", 2000, lambda n: section(fields=[plain(n)]), "/0/fields/0/text"),
    ("block id", 255, lambda n: section(block_id="x" * n), "/0/block_id"),
    ("elements", ActionsBlock.elements_max_length, many_buttons, "/0/elements"),
    ("button text", ButtonElement.text_max_length, lambda n: actions(button(text=plain(n))), "/elements/0/text/text"),
    ("button value", ButtonElement.value_max_length, lambda n: actions(button(value="x" * n)), "/elements/0/value"),
    ("action id", ButtonElement.action_id_max_length, lambda n: actions(button(action_id="x" * n)), "/action_id"),
    ("label", 75, lambda n: actions(button(accessibility_label="x" * n)), "/accessibility_label"),
    ("confirm title", ConfirmObject.title_max_length, lambda n: confirm(title=plain(n)), "/confirm/title/text"),
    ("confirm text", ConfirmObject.text_max_length, lambda n: confirm(text=plain(n)), "/confirm/text/text"),
    ("confirm yes", ConfirmObject.confirm_max_length, lambda n: confirm(confirm=plain(n)), "/confirm/confirm/text"),
    ("confirm no", ConfirmObject.deny_max_length, lambda n: confirm(deny=plain(n)), "/confirm/deny/text"),
    ("context", ContextBlock.elements_max_length, context, "/0/elements"),
    ("options", StaticSelectElement.options_max_length, lambda n: select(options(n)), "/elements/0/options"),
    ("option text", Option.label_max_length, lambda n: select(options(1, text=n)), "/options/0/text/text"),
    ("option value", Option.value_max_length, lambda n: select(options(1, value=n)), "/options/0/value"),
    ("overflow", OverflowMenuElement.options_max_length, lambda n: select(options(n), "overflow"), "/0/options"),
    ("checkboxes", 10, lambda n: select(options(n), "checkboxes"), "/0/options"),
    ("radio buttons", 10, lambda n: select(options(n), "radio_buttons"), "/0/options"),
    ("input label", InputBlock.label_max_length, lambda n: question(label=plain(n)), "/0/label/text"),
    ("input hint", InputBlock.hint_max_length, lambda n: question(hint=plain(n)), "/0/hint/text"),
    ("placeholder", 150, placeholder, "/placeholder/text"),
    ("markdown", MarkdownBlock.text_max_length, lambda n: [{"type": "markdown", "text": "x" * n}], "/0/text"),
    ("blocks", 50, dividers, "/blocks"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("limit", "build", "pointer"),
    [(limit, build, pointer) for _, limit, build, pointer in LIMITS],
    ids=[row[0] for row in LIMITS],
)
def test_a_limit_is_exact(limit: int, build: Callable[[int], Blocks], pointer: str) -> None:
    assert check_blocks(build(limit), "message") == []
    (complaint,) = check_blocks(build(limit + 1), "message")
    assert complaint.endswith(f"{pointer}]"), complaint


WRONG: list[tuple[Any, str]] = [
    ([{"type": "header", "text": None}], "missing required field: text"),
    ([{"type": "sektion"}], "unsupported type: sektion"),
    ([{}], "missing required field: type"),
    ("no list", "must be an array"),
    (["no object"], "missing required field: type"),
    ([{"type": "section"}], "text or fields"),
    ([{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}], "valid enum value: plain_text"),
    (section(text=plain(0)), "more than 0 characters"),
    (section(text={"type": "mrkdwn", "text": "x", "emoji": True}), "invalid additional property: emoji"),
    (section(colour="red"), "invalid additional property: colour"),
    (actions(), "no fewer than 1"),
    (actions(button(style="warning")), "primary, danger"),
    (actions(button(), button()), "action_id already exists"),
    ([*section(block_id="b"), *section(block_id="b")], "'b' already exists"),
    (actions({"type": "plain_text_input", "action_id": "a"}), "unsupported type: plain_text_input"),
    ([{"type": "alert", "text": plain(1)}], "unsupported type: alert"),
]


@pytest.mark.parametrize(("wrong", "complaint"), WRONG)
def test_what_is_no_block_kit_is_refused(wrong: Any, complaint: str) -> None:
    assert any(complaint in problem for problem in check_blocks(wrong, "message"))


@pytest.mark.parametrize(
    ("field", "limit", "build"),
    [
        ("title", View.title_max_length, plain),
        ("submit", View.submit_max_length, plain),
        ("close", View.close_max_length, plain),
        ("private_metadata", View.private_metadata_max_length, letters),
        ("callback_id", View.callback_id_max_length, letters),
        ("blocks", View.blocks_max_length, dividers),
    ],
)
def test_a_limit_of_views_is_exact(field: str, limit: int, build: Callable[[int], Any]) -> None:
    modal: dict[str, Any] = {"type": "modal", "title": plain(1), "blocks": dividers(1)}
    assert check_view({**modal, field: build(limit)}) == []
    (complaint,) = check_view({**modal, field: build(limit + 1)})
    assert f"/view/{field}" in complaint


def test_views_have_rules_of_their_own() -> None:
    modal: dict[str, Any] = {"type": "modal", "title": plain(1), "blocks": question()}
    assert "submit is required" in check_view(modal)[0]
    assert check_view({"type": "modal", "blocks": []}) != []
    assert "unsupported type: table" in check_view({**modal, "blocks": [{"type": "table", "rows": []}]})[0]
    assert check_view({"type": "home", "blocks": [{"type": "divider"}]}) == []
    assert check_view({"type": "popup", "blocks": []}) != []


def test_a_refusal_carries_the_pointers_and_posts_nothing(workspace: Workspace) -> None:
    channel = workspace.channel("incidents")
    answer = workspace.call(
        "chat.postMessage", channel=channel.id, text="x", blocks=section(text=plain(3001))
    )
    assert answer == {
        "ok": False,
        "error": "invalid_blocks",
        "response_metadata": {
            "messages": ["[ERROR] must be less than 3001 characters [json-pointer:/blocks/0/text/text]"]
        },
    }
    assert channel.messages == []
