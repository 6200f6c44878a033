"""Block Kit's rules: which blocks and elements exist, where they may stand, and how long their parts may be.

Figures are Slack's reference for Block Kit; the limit over a whole message is not documented and was observed.
"""

from collections.abc import Iterator
from typing import Any, cast

from sandbox.slack.checks import (
    Check,
    anything,
    boolean,
    choice,
    integer,
    many,
    one_of,
    problem,
    string,
    text,
    thing,
)
from sandbox.slack.models import JSON

MESSAGE_BLOCKS, VIEW_BLOCKS = 50, 100
MESSAGE_CHARACTERS = 13_200  # summed over all blocks of a message; beyond it: msg_blocks_too_long

ID, URL = string(255), string(3000)
PLACEHOLDER = text(150, plain=True)
CONFIRM = thing(
    {
        "title": text(100, plain=True), "text": text(300), "confirm": text(30, plain=True),
        "deny": text(30, plain=True), "style": choice("primary", "danger"),
    },
    {"title", "text", "confirm", "deny"},
)  # fmt: skip
OPTION = thing(
    {"text": text(75), "value": string(150), "description": text(75), "url": URL}, {"text", "value"}
)
OPTION_GROUP = thing({"label": text(75, plain=True), "options": many(OPTION, 100)}, {"label", "options"})
DISPATCH = thing({"trigger_actions_on": many(choice("on_enter_pressed", "on_character_entered"), 2)}, set())


def _element(required: set[str], **fields: Check) -> Check:
    known = {"type": anything, "action_id": ID, "focus_on_load": boolean, "confirm": CONFIRM, **fields}
    return thing(known, {"type", *required})


def _select(required: set[str], **fields: Check) -> Check:
    return _element(required, placeholder=PLACEHOLDER, **fields)


def _selects(kind: str, initial: str, **fields: Check) -> dict[str, Check]:
    required = {"options"} if kind == "static" and "option_groups" not in fields else set[str]()
    many_fields = {**fields, f"initial_{initial}s": anything, "max_selected_items": integer}
    return {
        f"{kind}_select": _select(
            required, **fields, **{f"initial_{initial}": anything}, response_url_enabled=boolean
        ),
        f"multi_{kind}_select": _select(required, **many_fields),
    }


BUTTON = _element(
    {"text", "action_id"},
    text=text(75, plain=True), value=string(2000), url=URL, style=choice("primary", "danger"),
    accessibility_label=string(75),
)  # fmt: skip
IMAGE_ELEMENT = thing(
    {"type": anything, "image_url": URL, "slack_file": anything, "alt_text": string(2000)},
    {"type", "alt_text"},
)
CHOICES: dict[str, Check] = {
    **_selects("static", "option", options=many(OPTION, 100), option_groups=many(OPTION_GROUP, 100)),
    **_selects("users", "user"),
    **_selects("channels", "channel"),
    **_selects("conversations", "conversation", default_to_current_conversation=boolean, filter=anything),
    "checkboxes": _element({"options"}, options=many(OPTION, 10), initial_options=many(OPTION, 10)),
    "radio_buttons": _element({"options"}, options=many(OPTION, 10), initial_option=OPTION),
    "datepicker": _select(set(), initial_date=string(10)),
    "timepicker": _select(set(), initial_time=string(5), timezone=string(64)),
    "datetimepicker": _element(set(), initial_date_time=integer),
}
CLICKABLE = {"button": BUTTON, "overflow": _element({"options"}, options=many(OPTION, 5)), **CHOICES}
_TYPED = {"initial_value": string(3000, 0), "dispatch_action_config": DISPATCH}
INPUTS = {
    **CHOICES,
    "plain_text_input": _select(
        set(), **_TYPED, multiline=boolean, min_length=integer, max_length=integer
    ),
    "number_input": _select(
        {"is_decimal_allowed"}, **_TYPED, is_decimal_allowed=boolean, min_value=anything, max_value=anything
    ),
    "email_text_input": _select(set(), **_TYPED),
    "url_text_input": _select(set(), **_TYPED),
    "file_input": _element(set(), filetypes=many(string(20), 100), max_files=integer),
}  # fmt: skip


def _block(required: set[str], **fields: Check) -> Check:
    return thing({"type": anything, "block_id": ID, **fields}, {"type", *required})


COMMON: dict[str, Check] = {
    "section": _block(
        set(),
        text=text(3000), fields=many(text(2000), 10), accessory=one_of({**CLICKABLE, "image": IMAGE_ELEMENT}),
        expand=boolean,
    ),
    "header": _block({"text"}, text=text(150, plain=True)),
    "divider": _block(set()),
    "context": _block(
        {"elements"},
        elements=many(
            one_of({"image": IMAGE_ELEMENT, "plain_text": text(2000), "mrkdwn": text(2000)}), 10
        ),
    ),
    "actions": _block({"elements"}, elements=many(one_of(CLICKABLE), 25)),
    "input": _block(
        {"label", "element"},
        label=text(2000, plain=True), element=one_of(INPUTS), hint=text(2000, plain=True), optional=boolean,
        dispatch_action=boolean,
    ),
    "image": _block(
        {"alt_text"},
        image_url=URL, slack_file=anything, alt_text=string(2000), title=text(2000, plain=True),
    ),
    "rich_text": _block({"elements"}, elements=many(anything, 1000)),
}  # fmt: skip
TABLES: dict[str, dict[str, Check]] = {
    "message": {
        **COMMON,
        "markdown": _block({"text"}, text=string(12_000)),
        "table": _block({"rows"}, rows=many(many(anything, 20), 100), column_settings=anything),
    },
    "home": COMMON,
    "modal": {**COMMON, "alert": _block({"text"}, text=text(3000), level=anything)},
}


def check_blocks(blocks: Any, surface: str) -> list[str]:
    """Return what is wrong with blocks on a `message`, `modal` or `home`, as Slack words it; empty if nothing."""
    problems: list[str] = []
    most = MESSAGE_BLOCKS if surface == "message" else VIEW_BLOCKS
    many(one_of(TABLES[surface]), most, least=0)(blocks, "/blocks", problems)
    if not problems:
        _check_together(cast("list[JSON]", blocks), problems)
    return problems


def _check_together(blocks: list[JSON], problems: list[str]) -> None:
    seen: set[str] = set()
    for index, block in enumerate(blocks):
        block_id = cast("str | None", block.get("block_id"))
        if block_id in seen:
            problem(problems, f"/blocks/{index}/block_id", f"block_id {block_id!r} already exists")
        seen |= {block_id} if block_id else set()
        if block["type"] == "section" and not (block.get("text") or block.get("fields")):
            problem(problems, f"/blocks/{index}", "missing required field: text or fields")
        actions = [element["action_id"] for element in elements_of(block) if element.get("action_id")]
        if len(actions) != len(set(actions)):
            problem(problems, f"/blocks/{index}/elements", "action_id already exists in this block")


def check_view(view: Any) -> list[str]:
    """Return what is wrong with a modal or Home view; empty if nothing."""
    if not isinstance(view, dict) or cast("JSON", view).get("type") not in {"modal", "home"}:
        return ["[ERROR] must be a valid view: type modal or home [json-pointer:/view/type]"]
    body, problems = cast("JSON", view), list[str]()
    short = text(24, plain=True)
    fields: dict[str, Check] = {
        "type": anything, "title": short, "submit": short, "close": short, "blocks": anything,
        "private_metadata": string(3000, 0), "callback_id": ID, "clear_on_close": boolean,
        "notify_on_close": boolean, "external_id": ID, "submit_disabled": boolean,
    }  # fmt: skip
    thing(fields, {"blocks"} | ({"title"} if body["type"] == "modal" else set()))(body, "/view", problems)
    problems += [
        each.replace("pointer:/", "pointer:/view/") for each in check_blocks(body.get("blocks"), body["type"])
    ]
    has_input = any(block.get("type") == "input" for block in as_blocks(body.get("blocks")))
    if body["type"] == "modal" and has_input and not body.get("submit"):
        problem(problems, "/view/submit", "submit is required when an input block is present")
    return problems


def as_blocks(value: Any) -> list[JSON]:
    """Return the objects of a list, and nothing of anything else."""
    items = cast("list[Any]", value) if isinstance(value, list) else []
    return [cast("JSON", item) for item in items if isinstance(item, dict)]


def elements_of(block: JSON) -> list[JSON]:
    """Return a block's interactive elements: of an actions row, a section's accessory, an input's element."""
    found = as_blocks(block.get("elements")) if block.get("type") == "actions" else []
    return [*found, *as_blocks([block.get("accessory"), block.get("element")])]


def texts_of(value: Any) -> Iterator[str]:
    """Yield every text that blocks show, in order: of text objects, and of rich text and markdown."""
    if isinstance(value, list):
        for item in cast("list[Any]", value):
            yield from texts_of(item)
    elif isinstance(value, dict):
        for name, field in cast("JSON", value).items():
            if name == "text" and isinstance(field, str):
                yield field
            elif name not in {"metadata", "confirm"}:
                yield from texts_of(field)


def characters(blocks: list[JSON]) -> int:
    """Return the number of characters over all blocks."""
    return sum(len(shown) for shown in texts_of(blocks))


def with_block_ids(blocks: list[JSON], new_id: str) -> list[JSON]:
    """Return the blocks as Slack stores them: each with a block_id, made from `new_id` where there was none."""
    return [
        {**block, "block_id": block.get("block_id") or f"{new_id}-{index}"}
        for index, block in enumerate(blocks)
    ]
