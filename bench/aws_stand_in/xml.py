"""XML from boto3's output shape: one writer per service-model shape, made once and kept."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from xml.sax.saxutils import escape

from botocore.model import ListShape, MapShape, Shape, StructureShape

Write = Callable[[Any], str]


def element(tag: str, shape: Shape) -> Write:
    """A writer of `<tag>…</tag>` for values of the shape."""
    content = content_of(shape)
    return lambda value: f"<{tag}>{content(value)}</{tag}>"


def content_of(shape: Shape) -> Write:
    """A writer of what stands between the tags."""
    if isinstance(shape, StructureShape):
        return members_of(shape)
    if isinstance(shape, ListShape):
        item = element(str(shape.member.serialization.get("name", "member")), shape.member)
        return lambda values: "".join(map(item, values))
    if isinstance(shape, MapShape):
        raise NotImplementedError(f"no operation here answers with a map such as {shape.name}")
    return scalar


def members_of(shape: StructureShape) -> Write:
    """A writer of a structure's members, each prepared at its first use: EC2's shapes are large."""
    prepared: dict[str, Write] = {}

    def write(value: dict[str, Any]) -> str:
        parts: list[str] = []
        for name, member in value.items():
            if member is None:
                continue
            writer = prepared.get(name)
            if writer is None:
                of = shape.members[name]
                writer = prepared[name] = element(str(of.serialization.get("name", name)), of)
            parts.append(writer(member))
        return "".join(parts)

    return write


def scalar(value: Any) -> str:
    """A string, number, truth value or time as XML text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return escape(str(value))
