"""Text from outside, made harmless before a person or Slack sees it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

CUT = "…"
_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "`": "ˋ", "*": "∗", "_": "＿", "~": "∼"})
_KEPT = frozenset("\n")
# Format characters can reorder or hide what is read: bidirectional marks, zero-width letters, soft hyphens.
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_SCHEME = re.compile(r"\b(h)tt(ps?)(?=://)", re.IGNORECASE)

_PATH = re.compile(r"/[^\s/@:]+(?:/[^\s/@:]+)*")


def plain(text: str, limit: int = 200) -> str:
    """`text` on one line, without control or invisible characters, at most `limit` characters long."""
    seen = " ".join(text[: limit * 4].split())
    # Most text is printable, which excludes all that is hidden; looking at each letter takes twenty times as long.
    kept = seen if seen.isprintable() else "".join(c for c in seen if unicodedata.category(c) not in _HIDDEN)
    return kept if len(kept) <= limit and len(text) <= limit * 4 else kept[: limit - 1].rstrip() + CUT


def mrkdwn(text: str, limit: int = 200) -> str:
    """`text` as Slack's mrkdwn that can neither mention, link nor format anything.

    The limit counts characters as read: entities such as `&lt;` count once.
    """
    return plain(text, limit).translate(_ENTITIES)


def visible(text: str) -> str:
    """`text` with each control or invisible character written as its code point: `[U+202E]`, for records."""
    if text.isprintable():
        return text
    return "".join(c if unicodedata.category(c) not in _HIDDEN else f"[U+{ord(c):04X}]" for c in text)


def block(text: str, limit: int = 2500) -> str:
    """Several lines of outside text for a code block: no backticks, no hidden characters, bounded."""
    kept = "".join(c for c in text if c in _KEPT or unicodedata.category(c) not in _HIDDEN)
    bounded = kept if len(kept) <= limit else kept[: limit - 1] + CUT
    return bounded.translate(str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "`": "ˋ"}))


def defang(indicator: str) -> str:
    """An address, domain or URL that nobody can click: `198[.]51[.]100[.]7`, `hxxp://evil[.]example`.

    The path of a file stays as it is: nothing makes a link of it.
    """
    if _PATH.fullmatch(indicator):
        return plain(indicator)
    return _SCHEME.sub(r"\1xx\2", plain(indicator)).replace(".", "[.]").replace("@", "[@]")


def sentences(lines: Iterable[str]) -> str:
    """Lines as one: what ends as a sentence is followed by a space, anything else by a semicolon."""
    said = ""
    for line in lines:
        said += f"{'' if not said else ' ' if said.endswith(('.', '!', '?', CUT)) else '; '}{line}"
    return said


def many(count: int, thing: str) -> str:
    """`1 gap`, `2 gaps`, `1,024 gaps`; a thing whose plural is not made with an s is given as `entry/entries`."""
    one, _, more = thing.partition("/")
    return f"{count:,} {one if count == 1 else more or f'{one}s'}"


def words(items: tuple[str, ...] | list[str], *, most: int = 5, joint: str = ", ") -> str:
    """`items` as a list in words; what is over `most` is counted, never dropped in silence."""
    shown = joint.join(items[:most])
    return shown if len(items) <= most else f"{shown} and {len(items) - most} more"
