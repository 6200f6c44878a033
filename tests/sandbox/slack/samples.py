"""Blocks of a given size, for tests of limits."""

from typing import Any

Blocks = list[dict[str, Any]]


def letters(count: int) -> str:
    return "x" * count


def plain(length: int) -> dict[str, Any]:
    return {"type": "plain_text", "text": "x" * length}


def button(**more: Any) -> dict[str, Any]:
    return {"type": "button", "action_id": "a", "text": plain(1), **more}


def actions(*elements: dict[str, Any]) -> Blocks:
    return [{"type": "actions", "elements": list(elements)}]


def confirm(**more: Any) -> Blocks:
    dialog = {"title": plain(1), "text": plain(1), "confirm": plain(1), "deny": plain(1), **more}
    return actions(button(confirm=dialog))


def section(**more: Any) -> Blocks:
    return [{"type": "section", "text": plain(1), **more}]


def question(**more: Any) -> Blocks:
    return [{"type": "input", "label": plain(1), "element": {"type": "plain_text_input"}, **more}]


def select(options: Blocks, kind: str = "static_select") -> Blocks:
    return actions({"type": kind, "action_id": "a", "options": options})


def options(count: int, text: int = 1, value: int = 1) -> Blocks:
    return [{"text": plain(text), "value": "v" * value}] * count


def context(count: int) -> Blocks:
    return [{"type": "context", "elements": [plain(1)] * count}]


def placeholder(length: int) -> Blocks:
    return question(element={"type": "plain_text_input", "placeholder": plain(length)})


def dividers(count: int) -> Blocks:
    return [{"type": "divider"}] * count


def many_buttons(count: int) -> Blocks:
    return actions(*(button(action_id=f"a{number}") for number in range(count)))


def group(count: int, label: int = 1, each: int = 1) -> Blocks:
    return [{"label": plain(label), "options": options(each)}] * count


def picker(kind: str, **more: Any) -> Blocks:
    return question(element={"type": kind, "action_id": "a", **more})


def image(**more: Any) -> Blocks:
    return [{"type": "image", "image_url": "https://a.example/x.png", "alt_text": "x", **more}]


def table(rows: int, columns: int = 1, **more: Any) -> Blocks:
    cell = {"type": "raw_text", "text": "x"}
    return [{"type": "table", "rows": [[cell] * columns] * rows, **more}]


def rich(kind: str, **more: Any) -> Blocks:
    return [{"type": "rich_text", "elements": [{"type": kind, "elements": [], **more}]}]
