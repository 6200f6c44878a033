"""Limits as slackblocks knows them, which we did not write: ours are the same, each of them."""

from collections.abc import Callable
from typing import Any

import pytest
from slackblocks import _limits as limits  # pyright: ignore[reportPrivateUsage]

from sandbox.slack.blockkit import check_blocks, check_view
from sandbox.slack.content import ATTACHMENTS
from tests.sandbox.slack import samples
from tests.sandbox.slack.samples import (
    actions,
    button,
    confirm,
    options,
    picker,
    plain,
    question,
    section,
    select,
)

Build = Callable[[int], Any]


def modal(**more: Any) -> dict[str, Any]:
    return {"type": "modal", "title": plain(1), "blocks": samples.dividers(1), **more}


def wide_option(**more: Any) -> Any:
    return select([{"text": plain(1), "value": "v", **more}])


# slackblocks' name of a limit → blocks of that size; what is one more must be refused.
MOST: dict[str, Build] = {
    "TEXT_MAX_LENGTH": lambda n: section(text=plain(n)),
    "ACTION_ID_MAX_LENGTH": lambda n: actions(button(action_id="x" * n)),
    "BLOCK_ID_MAX_LENGTH": lambda n: section(block_id="x" * n),
    "BUTTON_TEXT_MAX_LENGTH": lambda n: actions(button(text=plain(n))),
    "BUTTON_URL_MAX_LENGTH": lambda n: actions(button(url="x" * n)),
    "BUTTON_VALUE_MAX_LENGTH": lambda n: actions(button(value="x" * n)),
    "BUTTON_ACCESSIBILITY_LABEL_MAX_LENGTH": lambda n: actions(button(accessibility_label="x" * n)),
    "CONFIRMATION_TITLE_MAX_LENGTH": lambda n: confirm(title=plain(n)),
    "CONFIRMATION_TEXT_MAX_LENGTH": lambda n: confirm(text=plain(n)),
    "CONFIRMATION_CONFIRM_MAX_LENGTH": lambda n: confirm(confirm=plain(n)),
    "CONFIRMATION_DENY_MAX_LENGTH": lambda n: confirm(deny=plain(n)),
    "OPTION_TEXT_MAX_LENGTH": lambda n: select(options(1, text=n)),
    "OPTION_VALUE_MAX_LENGTH": lambda n: select(options(1, value=n)),
    "OPTION_DESCRIPTION_MAX_LENGTH": lambda n: wide_option(description=plain(n)),
    "OPTION_URL_MAX_LENGTH": lambda n: wide_option(url="x" * n),
    "OPTION_GROUP_LABEL_MAX_LENGTH": lambda n: picker(
        "static_select", option_groups=samples.group(1, label=n)
    ),
    "OPTION_GROUP_OPTIONS_MAX_ITEMS": lambda n: picker(
        "static_select", option_groups=samples.group(1, each=n)
    ),
    "SELECT_PLACEHOLDER_MAX_LENGTH": lambda n: picker("users_select", placeholder=plain(n)),
    "SELECT_OPTIONS_MAX_ITEMS": lambda n: picker("multi_static_select", options=options(n)),
    "SELECT_OPTION_GROUPS_MAX_ITEMS": lambda n: picker("multi_static_select", option_groups=samples.group(n)),
    "OVERFLOW_OPTIONS_MAX_ITEMS": lambda n: select(options(n), "overflow"),
    "CHECKBOXES_OPTIONS_MAX_ITEMS": lambda n: select(options(n), "checkboxes"),
    "RADIO_BUTTONS_OPTIONS_MAX_ITEMS": lambda n: select(options(n), "radio_buttons"),
    "FILE_INPUT_MAX_FILES_MAX": lambda n: picker("file_input", max_files=n),
    "PLAIN_TEXT_INPUT_MIN_LENGTH_MAX": lambda n: picker("plain_text_input", min_length=n),
    "PLAIN_TEXT_INPUT_MAX_LENGTH_MAX": lambda n: picker("plain_text_input", max_length=n),
    "PLAIN_TEXT_INPUT_PLACEHOLDER_MAX_LENGTH": lambda n: picker("plain_text_input", placeholder=plain(n)),
    "EMAIL_INPUT_PLACEHOLDER_MAX_LENGTH": lambda n: picker("email_text_input", placeholder=plain(n)),
    "URL_INPUT_PLACEHOLDER_MAX_LENGTH": lambda n: picker("url_text_input", placeholder=plain(n)),
    "NUMBER_INPUT_PLACEHOLDER_MAX_LENGTH": lambda n: picker(
        "number_input", is_decimal_allowed=False, placeholder=plain(n)
    ),
    "DATE_PICKER_PLACEHOLDER_MAX_LENGTH": lambda n: picker("datepicker", placeholder=plain(n)),
    "TIME_PICKER_PLACEHOLDER_MAX_LENGTH": lambda n: picker("timepicker", placeholder=plain(n)),
    "DISPATCH_ACTION_CONFIGURATION_TRIGGER_ACTIONS_ON_MAX_ITEMS": lambda n: picker(
        "plain_text_input", dispatch_action_config={"trigger_actions_on": ["on_enter_pressed"] * n}
    ),
    "ACTIONS_ELEMENTS_MAX_ITEMS": samples.many_buttons,
    "CONTEXT_ELEMENTS_MAX_ITEMS": samples.context,
    "TABLE_ROWS_MAX_ITEMS": samples.table,
    "TABLE_COLUMNS_MAX_ITEMS": lambda n: samples.table(1, n),
    "TABLE_COLUMN_SETTINGS_MAX_ITEMS": lambda n: samples.table(1, 1, column_settings=[{"align": "left"}] * n),
    "HEADER_TEXT_MAX_LENGTH": lambda n: [{"type": "header", "text": plain(n)}],
    "IMAGE_IMAGE_URL_MAX_LENGTH": lambda n: samples.image(image_url="x" * n),
    "IMAGE_ALT_TEXT_MAX_LENGTH": lambda n: samples.image(alt_text="x" * n),
    "IMAGE_TITLE_MAX_LENGTH": lambda n: samples.image(title=plain(n)),
    "IMAGE_ELEMENT_IMAGE_URL_MAX_LENGTH": lambda n: section(accessory=samples.image(image_url="x" * n)[0]),
    "IMAGE_ELEMENT_ALT_TEXT_MAX_LENGTH": lambda n: section(accessory=samples.image(alt_text="x" * n)[0]),
    "INPUT_LABEL_MAX_LENGTH": lambda n: question(label=plain(n)),
    "INPUT_HINT_MAX_LENGTH": lambda n: question(hint=plain(n)),
    "MARKDOWN_TEXT_MAX_LENGTH": lambda n: [{"type": "markdown", "text": "x" * n}],
    "MARKDOWN_TOTAL_TEXT_MAX_LENGTH": lambda n: (
        [{"type": "markdown", "text": "x" * (n // 2)}] * 2
        + ([{"type": "markdown", "text": "x"}] if n % 2 else [])
    ),
    "RICH_TEXT_LIST_INDENT_MAX": lambda n: samples.rich("rich_text_list", style="bullet", indent=n),
    "RICH_TEXT_LIST_BORDER_MAX": lambda n: samples.rich("rich_text_list", style="bullet", border=n),
    "RICH_TEXT_QUOTE_BORDER_MAX": lambda n: samples.rich("rich_text_quote", border=n),
    "RICH_TEXT_PREFORMATTED_BORDER_MAX": lambda n: samples.rich("rich_text_preformatted", border=n),
    "SECTION_TEXT_MAX_LENGTH": lambda n: section(text=plain(n)),
    "SECTION_FIELDS_MAX_ITEMS": lambda n: section(fields=[plain(1)] * n),
    "SECTION_FIELDS_ITEM_MAX_LENGTH": lambda n: section(fields=[plain(n)]),
    "MESSAGE_BLOCKS_MAX_ITEMS": samples.dividers,
}
VIEWS: dict[str, Build] = {
    "VIEW_BLOCKS_MAX_ITEMS": lambda n: modal(blocks=samples.dividers(n)),
    "VIEW_PRIVATE_METADATA_MAX_LENGTH": lambda n: modal(private_metadata="x" * n),
    "VIEW_CALLBACK_ID_MAX_LENGTH": lambda n: modal(callback_id="x" * n),
    "VIEW_EXTERNAL_ID_MAX_LENGTH": lambda n: modal(external_id="x" * n),
    "VIEW_TITLE_MAX_LENGTH": lambda n: modal(title=plain(n)),
    "VIEW_CLOSE_MAX_LENGTH": lambda n: modal(close=plain(n)),
    "VIEW_SUBMIT_MAX_LENGTH": lambda n: modal(submit=plain(n)),
    "ALERT_TEXT_MAX_LENGTH": lambda n: modal(blocks=[{"type": "alert", "text": plain(n)}]),
}
LEAST: dict[str, Build] = {
    "TEXT_MIN_LENGTH": MOST["SECTION_TEXT_MAX_LENGTH"],
    "OPTION_GROUP_OPTIONS_MIN_ITEMS": MOST["OPTION_GROUP_OPTIONS_MAX_ITEMS"],
    "SELECT_OPTIONS_MIN_ITEMS": MOST["SELECT_OPTIONS_MAX_ITEMS"],
    "SELECT_OPTION_GROUPS_MIN_ITEMS": MOST["SELECT_OPTION_GROUPS_MAX_ITEMS"],
    "OVERFLOW_OPTIONS_MIN_ITEMS": MOST["OVERFLOW_OPTIONS_MAX_ITEMS"],
    "CHECKBOXES_OPTIONS_MIN_ITEMS": MOST["CHECKBOXES_OPTIONS_MAX_ITEMS"],
    "RADIO_BUTTONS_OPTIONS_MIN_ITEMS": MOST["RADIO_BUTTONS_OPTIONS_MAX_ITEMS"],
    "FILE_INPUT_MAX_FILES_MIN": MOST["FILE_INPUT_MAX_FILES_MAX"],
    "PLAIN_TEXT_INPUT_MIN_LENGTH_MIN": MOST["PLAIN_TEXT_INPUT_MIN_LENGTH_MAX"],
    "PLAIN_TEXT_INPUT_MAX_LENGTH_MIN": MOST["PLAIN_TEXT_INPUT_MAX_LENGTH_MAX"],
    "MULTI_SELECT_MAX_SELECTED_ITEMS_MIN": lambda n: picker("multi_users_select", max_selected_items=n),
    "CONVERSATION_FILTER_INCLUDE_MIN_ITEMS": lambda n: picker(
        "conversations_select", filter={"include": ["im"] * n}
    ),
    "DISPATCH_ACTION_CONFIGURATION_TRIGGER_ACTIONS_ON_MIN_ITEMS": MOST[
        "DISPATCH_ACTION_CONFIGURATION_TRIGGER_ACTIONS_ON_MAX_ITEMS"
    ],
    "RICH_TEXT_LIST_INDENT_MIN": MOST["RICH_TEXT_LIST_INDENT_MAX"],
    "RICH_TEXT_LIST_OFFSET_MIN": lambda n: samples.rich("rich_text_list", style="ordered", offset=n),
    "RICH_TEXT_LIST_BORDER_MIN": MOST["RICH_TEXT_LIST_BORDER_MAX"],
    "RICH_TEXT_QUOTE_BORDER_MIN": MOST["RICH_TEXT_QUOTE_BORDER_MAX"],
    "RICH_TEXT_PREFORMATTED_BORDER_MIN": MOST["RICH_TEXT_PREFORMATTED_BORDER_MAX"],
}
REFUSED_WHOLE = (
    "BUTTON_AGENT_PROMPT", "CARD_", "CAROUSEL_", "CONTAINER_", "CONTEXT_ACTIONS_", "DATA_TABLE_", "DATA_VISUALIZATION_",
    "FEEDBACK_BUTTON_", "ICON_BUTTON_", "MESSAGE_DATA_VISUALIZATIONS", "PLAN_", "RICH_TEXT_INPUT_", "TASK_", "VIDEO_",
    "WORKFLOW_BUTTON_", "SELECT_MIN_QUERY_LENGTH", "URL_SOURCE_", "AUTH_PROVIDER_",
)  # fmt: skip
"""Blocks and elements that this workspace has no use for, and refuses as unsupported."""
ELSEWHERE = {"MESSAGE_ATTACHMENTS_MAX_ITEMS", "MESSAGE_CHANNEL_MIN_LENGTH"}


def constant(name: str) -> int:
    return int(getattr(limits, name))


@pytest.mark.parametrize("name", MOST)
def test_as_much_as_slackblocks_allows_is_taken_and_no_more(name: str) -> None:
    assert check_blocks(MOST[name](constant(name)), "message") == []
    assert check_blocks(MOST[name](constant(name) + 1), "message") != []


@pytest.mark.parametrize("name", VIEWS)
def test_as_much_of_a_view_as_slackblocks_allows_is_taken_and_no_more(name: str) -> None:
    assert check_view(VIEWS[name](constant(name))) == []
    assert check_view(VIEWS[name](constant(name) + 1)) != []


@pytest.mark.parametrize("name", LEAST)
def test_as_little_as_slackblocks_allows_is_taken_and_no_less(name: str) -> None:
    assert check_blocks(LEAST[name](constant(name)), "message") == []
    assert check_blocks(LEAST[name](constant(name) - 1), "message") != []


def test_no_limit_of_slackblocks_is_left_out() -> None:
    known = {name for name in vars(limits) if name.isupper()}
    compared = MOST.keys() | VIEWS.keys() | LEAST.keys() | ELSEWHERE
    assert {name for name in known - compared if not name.startswith(REFUSED_WHOLE)} == set()
    assert compared <= known
    assert constant("MESSAGE_ATTACHMENTS_MAX_ITEMS") == ATTACHMENTS
