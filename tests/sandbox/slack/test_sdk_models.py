"""Whatever slack_sdk's models refuse, the workspace refuses: blocks and views made at random around the limits."""

from typing import Any

import pytest
from hypothesis import find, given
from hypothesis import strategies as st
from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

from sandbox.slack.blockkit import check_blocks, check_view

pytestmark = pytest.mark.slow

Json = dict[str, Any]
Strategy = st.SearchStrategy[Json]


def around(*limits: int) -> st.SearchStrategy[int]:
    """Sizes that matter: none, one, and each limit with its neighbours."""
    return st.sampled_from(sorted({0, 1, *(limit + by for limit in limits for by in (-1, 0, 1))}))


def letters(*limits: int) -> st.SearchStrategy[str]:
    return around(*limits).map(lambda size: "x" * size)


def plain(*limits: int) -> Strategy:
    return letters(*limits).map(lambda text: {"type": "plain_text", "text": text})


def some(required: dict[str, Any], **optional: Any) -> Strategy:
    return st.fixed_dictionaries(required, optional=optional)


def typed(kind: str, need: dict[str, Any] | None = None, /, **optional: Any) -> Strategy:
    return some({"type": st.just(kind), **(need or {})}, **optional)


def repeated(item: Strategy, *limits: int) -> st.SearchStrategy[list[Json]]:
    """One item as often as matters: lists of a hundred different ones say no more."""
    return st.tuples(item, around(*limits)).map(lambda drawn: [drawn[0]] * drawn[1])


def rows(element: Strategy) -> Strategy:
    """An element in a row of its own."""
    return typed("actions", {"elements": element.map(lambda one: [one])})


def asked(element: Strategy) -> Strategy:
    """An element in an input of its own."""
    return typed("input", {"label": st.just({"type": "plain_text", "text": "x"}), "element": element})


ACTION_ID = letters(255)
CONFIRM = some(
    {"title": plain(100), "text": plain(300), "confirm": plain(30), "deny": plain(30)},
    style=st.sampled_from(["primary", "danger", "warning"]),
)
OPTION = some({"text": plain(75), "value": letters(150)}, description=plain(75))
GROUP = some({"label": plain(75), "options": repeated(OPTION, 100)})
PLACEHOLDER = {"placeholder": plain(150)}
BUTTON = typed(
    "button",
    {"action_id": ACTION_ID, "text": plain(75)},
    value=letters(2000),
    url=letters(3000),
    style=st.sampled_from(["primary", "danger", "default", "warning"]),
    accessibility_label=letters(75),
)
SHORT = st.just({"type": "plain_text", "text": "x"})
OPTIONS = {"options": repeated(OPTION, 100), "option_groups": repeated(GROUP, 100)}
OVERFLOW = typed("overflow", {"action_id": ACTION_ID, "options": repeated(OPTION, 5)})
DATES = st.sampled_from(["2026-03-01", "2026-13-01", "1.3.2026", ""])
TIMES = st.sampled_from(["23:59", "24:00", "7pm", ""])
SECONDS = st.sampled_from([-1, 0, 9_999_999_999, 10_000_000_000])
IMAGE = {"image_url": letters(3000), "alt_text": letters(2000)}
BLOCK_ID = {"block_id": letters(255)}
BLOCKS: dict[str, Strategy] = {
    "section": typed("section", text=plain(3000), fields=repeated(plain(2000), 10), **BLOCK_ID),
    "header": typed("header", text=plain(150), **BLOCK_ID),
    "image": typed("image", IMAGE, title=plain(2000), **BLOCK_ID),
    "accessory": typed("section", {"text": SHORT, "accessory": typed("image", IMAGE)}),
    "actions": typed(
        "actions",
        {"elements": repeated(typed("button", {"text": SHORT, "action_id": ACTION_ID}), 25)},
    ),
    "context": typed("context", {"elements": repeated(SHORT, 10)}, **BLOCK_ID),
    "markdown": typed("markdown", {"text": letters(12_000)}),
    "input": typed("input", {"label": plain(2000), "element": typed("url_text_input")}, hint=plain(2000)),
    "table": typed("table", {"rows": st.sampled_from([[], [[{"type": "raw_text", "text": "x"}]]])}),
    "button": rows(BUTTON),
    "confirm": rows(typed("button", {"text": SHORT, "action_id": st.just("a"), "confirm": CONFIRM})),
    "overflow": rows(OVERFLOW),
    "select": rows(typed("static_select", {"action_id": ACTION_ID}, **OPTIONS, **PLACEHOLDER)),
    "multi-select": asked(typed("multi_static_select", **OPTIONS, **PLACEHOLDER)),
    "typed": asked(typed("plain_text_input", action_id=ACTION_ID, **PLACEHOLDER)),
    "date": rows(typed("datepicker", {"initial_date": DATES}, **PLACEHOLDER)),
    "time": rows(typed("timepicker", {"initial_time": TIMES}, **PLACEHOLDER)),
    "moment": rows(typed("datetimepicker", {"initial_date_time": SECONDS})),
}
VIEW = some(
    {"type": st.sampled_from(["modal", "home", "workflow_step"])},
    title=plain(24),
    submit=plain(24),
    close=plain(24),
    callback_id=letters(255),
    private_metadata=letters(3000),
    blocks=around(100).map(lambda count: [{"type": "divider"}] * count),
)


def sdk_takes_block(block: Json) -> bool:
    parsed: Any = Block.parse(block)  # pyright: ignore[reportUnknownMemberType]
    assert parsed is not None, "slack_sdk knows this kind of block"
    return _formed(parsed)


def sdk_takes_view(view: Json) -> bool:
    return _formed(View(**view))


def _formed(model: Any) -> bool:
    try:
        model.to_dict()
    except SlackObjectFormationError:
        return False
    return True


@pytest.mark.parametrize("kind", BLOCKS)
@given(data=st.data())
def test_a_block_that_the_sdk_refuses_is_refused(kind: str, data: st.DataObject) -> None:
    block = data.draw(BLOCKS[kind].filter(lambda made: not sdk_takes_block(made)))
    assert check_blocks([block], "message") != []


@given(view=VIEW.filter(lambda made: not sdk_takes_view(made)))
def test_a_view_that_the_sdk_refuses_is_refused(view: Json) -> None:
    assert check_view(view) != []


@pytest.mark.parametrize("kind", BLOCKS)
def test_some_blocks_of_every_kind_are_taken_by_both(kind: str) -> None:
    def both(block: Json) -> bool:
        return sdk_takes_block(block) and check_blocks([block], "message") == []

    assert find(BLOCKS[kind], both)
