"""The query protocols' flat forms (`Filter.1.Value.2=…`) turned into boto3's parameters."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from botocore.model import ListShape, MapShape, Shape, StructureShape

Read = Callable[[Any], Any]


def tree(body: bytes) -> dict[str, Any]:
    """The form's fields nested by the dots in their names."""
    root: dict[str, Any] = {}
    for name, value in parse_qsl(body.decode(), keep_blank_values=True):
        *path, last = name.split(".")
        node = root
        for step in path:
            node = node.setdefault(step, {})
        node[last] = value
    return root


def reader(shape: Shape, *, ec2: bool) -> Read:
    """A reader of the shape; EC2 names its fields, and numbers its lists, in its own way."""
    if isinstance(shape, StructureShape):
        return structure(shape, ec2=ec2)
    if isinstance(shape, ListShape):
        item = reader(shape.member, ec2=ec2)
        step = None if ec2 else str(shape.member.serialization.get("name", "member"))
        return lambda node: items(node if step is None or not node else node[step], item)
    if isinstance(shape, MapShape):
        raise NotImplementedError(f"no operation here takes a map such as {shape.name}")
    return SCALARS.get(shape.type_name, str)


def structure(shape: StructureShape, *, ec2: bool) -> Read:
    """A reader of a structure's members, each prepared at its first use: EC2's shapes are large."""
    names = {wire_name(name, of, ec2=ec2): name for name, of in shape.members.items()}
    prepared: dict[str, Read] = {}

    def read(node: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for wire, value in node.items():
            name = names.get(wire)
            if name is None:
                continue
            if wire not in prepared:
                prepared[wire] = reader(shape.members[name], ec2=ec2)
            found[name] = prepared[wire](value)
        return found

    return read


def wire_name(name: str, shape: Shape, *, ec2: bool) -> str:
    """What a member is called in the form."""
    given = str(shape.serialization.get("name", name))
    if not ec2:
        return given
    named = shape.serialization.get("queryName")
    return str(named) if named else given[0].upper() + given[1:]


def items(node: Any, item: Read) -> list[Any]:
    """A numbered list; a bare empty value is the empty list."""
    return [item(node[number]) for number in sorted(node, key=int)] if node else []


SCALARS: dict[str, Read] = {
    "integer": int,
    "long": int,
    "boolean": lambda text: text == "true",
}
