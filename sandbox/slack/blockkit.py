"""Block Kit's rules: which blocks exist, where they may stand, and how long their parts may be.

Figures are Slack's reference for Block Kit; the limit over a whole message is not documented and was observed.
"""

from collections.abc import Iterator
from typing import Any, cast

from sandbox.slack.checks import (
    Check,
    anything,
    between,
    boolean,
    choice,
    exactly_one,
    many,
    one_of,
    problem,
    string,
    text,
    thing,
)
from sandbox.slack.elements import ANY_NUMBER, CLICKABLE, ID, IMAGE_ELEMENT, INPUTS, URL
from sandbox.slack.models import JSON

MESSAGE_BLOCKS, VIEW_BLOCKS = 50, 100
MESSAGE_CHARACTERS = 13_200  # summed over all blocks of a message; beyond it: msg_blocks_too_long
MARKDOWN_CHARACTERS = 12_000  # of one markdown block, and of all in a message together


def _block(required: set[str], **fields: Check) -> Check:
    return thing({"type": anything, "block_id": ID, **fields}, {"type", *required})


_PARTS = {"type": anything, "elements": many(anything, 1000, least=0)}
_BORDERED = {**_PARTS, "border": between(0, 1)}
RICH_TEXT: dict[str, Check] = {
    "rich_text_section": thing(_PARTS, {"elements"}),
    "rich_text_quote": thing(_BORDERED, {"elements"}),
    "rich_text_preformatted": thing({**_BORDERED, "language": string(100)}, {"elements"}),
    "rich_text_list": thing(
        {
            **_BORDERED, "style": choice("bullet", "ordered"), "indent": between(0, 8),
            "offset": between(0, ANY_NUMBER),
        },
        {"elements", "style"},
    ),
}  # fmt: skip
LEVEL = choice("default", "info", "warning", "error", "success")

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
    "image": exactly_one(
        _block(
            {"alt_text"},
            image_url=URL, slack_file=anything, alt_text=string(2000), title=text(2000, plain=True),
        ),
        "image_url", "slack_file",
    ),
    "rich_text": _block({"elements"}, elements=many(one_of(RICH_TEXT), 1000)),
}  # fmt: skip
TABLES: dict[str, dict[str, Check]] = {
    "message": {
        **COMMON,
        "markdown": _block({"text"}, text=string(MARKDOWN_CHARACTERS)),
        "table": _block({"rows"}, rows=many(many(anything, 20), 100), column_settings=many(anything, 20)),
    },
    "home": COMMON,
    "modal": {**COMMON, "alert": _block({"text"}, text=text(200), level=LEVEL)},
}


def check_blocks(blocks: Any, surface: str) -> list[str]:
    """Return what is wrong with blocks on a `message`, `modal` or `home`, as Slack words it; empty if nothing."""
    problems: list[str] = []
    most = MESSAGE_BLOCKS if surface == "message" else VIEW_BLOCKS
    least = 0 if surface == "message" else 1
    many(one_of(TABLES[surface]), most, least)(blocks, "/blocks", problems)
    if not problems:
        _check_together(cast("list[JSON]", blocks), problems)
    return problems


def _check_together(blocks: list[JSON], problems: list[str]) -> None:
    seen: set[str] = set()
    markdown = sum(len(block["text"]) for block in blocks if block["type"] == "markdown")
    if markdown > MARKDOWN_CHARACTERS:
        problem(
            problems, "/blocks", f"markdown must be less than {MARKDOWN_CHARACTERS + 1} characters in all"
        )
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
    for field in ("submit", "close") if body["type"] == "home" else ():
        if body.get(field):
            problem(problems, f"/view/{field}", f"invalid additional property: {field}")
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
