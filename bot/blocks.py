"""The few shapes of Block Kit that ec2ir uses, made so that outside text can't link by itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    ConfirmObject,
    ContextBlock,
    DividerBlock,
    InteractiveElement,
    MarkdownTextObject,
    Option,
    OverflowMenuElement,
    PlainTextObject,
    SectionBlock,
)

from bot.check import SECTION
from playbook.text import plain


def marked(text: str) -> MarkdownTextObject:
    """Mrkdwn that is shown as written: Slack makes no links of addresses and names in it."""
    return MarkdownTextObject(text=text, verbatim=True)


def section(text: str, beside: InteractiveElement | None = None) -> Block:
    """A paragraph, with a button or a menu at its right."""
    return SectionBlock(text=marked(text), accessory=beside)


def facts(fields: Iterable[tuple[str, str]]) -> Block:
    """Names and values in two columns; at most ten."""
    return SectionBlock(fields=[marked(f"*{name}*\n{value}") for name, value in fields])


def context(*texts: str) -> Block:
    """Small print; at most ten parts."""
    return ContextBlock(elements=[marked(text) for text in texts])


def row(buttons: Sequence[InteractiveElement]) -> Block:
    """Buttons and menus side by side."""
    return ActionsBlock(elements=buttons)


def divider() -> Block:
    """A line."""
    return DividerBlock()


def button(
    label: str,
    click: str,
    value: str,
    *,
    style: Literal["primary", "danger"] | None = None,
    confirm: ConfirmObject | None = None,
) -> ButtonElement:
    """A button; `click` names what it asks for, `value` what it was drawn for."""
    words = PlainTextObject(text=label, emoji=False)
    return ButtonElement(text=words, action_id=click, value=value, style=style, confirm=confirm)


def menu(click: str, choices: Iterable[tuple[str, str]]) -> OverflowMenuElement:
    """A menu behind three dots; each choice is what it says, and the value that it carries. At most five."""
    return OverflowMenuElement(
        action_id=click, options=[Option(text=label, value=value) for label, value in choices]
    )


def sure(title: str, text: str, yes: str) -> ConfirmObject:
    """The question that Slack asks before a click counts; plain text only."""
    return ConfirmObject(
        title=PlainTextObject(text=plain(title, 100), emoji=False),
        text=PlainTextObject(text=plain(text, 300), emoji=False),
        confirm=PlainTextObject(text=yes, emoji=False),
        deny=PlainTextObject(text="Back", emoji=False),
    )


def paragraphs(lines: Iterable[str], *, most: int = SECTION - 100) -> list[str]:
    """Lines packed into as few paragraphs of at most `most` characters as hold them; longer lines are divided."""
    packed: list[str] = []
    for line in (piece for whole in lines for piece in _pieces(whole, most)):
        if packed and len(packed[-1]) + 1 + len(line) <= most:
            packed[-1] += f"\n{line}"
        else:
            packed.append(line)
    return packed


def _pieces(line: str, most: int) -> Iterable[str]:
    while len(line) > most:
        cut = line.rfind(" ", most // 2, most)
        cut = cut if cut > 0 else _before_entity(line, most)
        yield line[:cut]
        line = line[cut:].lstrip()
    yield line


def _before_entity(line: str, most: int) -> int:
    """Where to divide without a space: never inside an entity such as `&lt;`."""
    start = line.rfind("&", most - 5, most)
    return start if start > 0 and ";" not in line[start:most] else most
