"""How IAM decides by identity policies: an explicit deny wins, an allow is needed, else it is denied implicitly."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address, ip_network
from typing import Any, Final, Literal, cast

Decision = Literal["allowed", "explicitDeny", "implicitDeny"]
Context = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A policy document as it was written; `kind` as the simulator names it, such as role or aws-managed."""

    id: str
    kind: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement, and from where to where it stands in its policy's text, in characters."""

    policy: Policy
    body: dict[str, Any]
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The decision, the statements that made it, and the context keys that conditions asked for in vain."""

    decision: Decision
    statements: tuple[Statement, ...]
    missing: tuple[str, ...]


def like(value: str, pattern: str) -> bool:
    """Whether it matches, with `*` and `?` as the only wildcards (IAM user guide, condition operators: StringLike)."""
    return (
        re.fullmatch(re.escape(pattern).replace(r"\*", ".*").replace(r"\?", "."), value, re.DOTALL)
        is not None
    )


def _moment(text: str) -> float:
    """ISO 8601 or epoch seconds (IAM user guide, "Date condition operators")."""
    return float(text) if text.isdigit() else datetime.fromisoformat(text).timestamp()


_TESTS: Final[Mapping[str, Callable[[str, str], bool]]] = {
    "StringEquals": lambda value, wanted: value == wanted,
    "StringEqualsIgnoreCase": lambda value, wanted: value.lower() == wanted.lower(),
    "StringLike": like,
    "ArnEquals": like,
    "ArnLike": like,
    "Bool": lambda value, wanted: value.lower() == wanted.lower(),
    "DateEquals": lambda value, wanted: _moment(value) == _moment(wanted),
    "DateLessThan": lambda value, wanted: _moment(value) < _moment(wanted),
    "DateLessThanEquals": lambda value, wanted: _moment(value) <= _moment(wanted),
    "DateGreaterThan": lambda value, wanted: _moment(value) > _moment(wanted),
    "DateGreaterThanEquals": lambda value, wanted: _moment(value) >= _moment(wanted),
    "NumericEquals": lambda value, wanted: float(value) == float(wanted),
    "NumericLessThan": lambda value, wanted: float(value) < float(wanted),
    "NumericLessThanEquals": lambda value, wanted: float(value) <= float(wanted),
    "NumericGreaterThan": lambda value, wanted: float(value) > float(wanted),
    "NumericGreaterThanEquals": lambda value, wanted: float(value) >= float(wanted),
    "IpAddress": lambda value, wanted: ip_address(value) in ip_network(wanted, strict=False),
}


def _listed(one_or_many: Any) -> list[str]:
    """As policies write it: one value or a list; booleans as `true` and `false`."""
    many = cast("list[Any]", one_or_many) if isinstance(one_or_many, list) else [one_or_many]
    return [str(each).lower() if isinstance(each, bool) else str(each) for each in many]


def holds(operator: str, values: Sequence[str] | None, wanted: list[str]) -> bool:
    """Whether a condition holds for a context key's values, None where the request has no such key.

    Source: IAM user guide, "IAM JSON policy elements: Condition operators" (a key that is missing fails a match and
    passes a negated one; `IfExists`; `Null`), "Set operators for multivalued context keys".
    """
    quantifier, _, name = operator.rpartition(":")
    optional, name = name.endswith("IfExists"), name.removesuffix("IfExists")
    if name == "Null":
        return (values is None) == (wanted[0].lower() == "true")
    negated, test = "Not" in name, _TESTS[name.replace("Not", "", 1)]
    if not values:
        return optional or quantifier == "ForAllValues" or (negated and not quantifier)
    met = [any(test(value, each) for each in wanted) != negated for value in values]
    return all(met) if quantifier == "ForAllValues" else any(met)


def statements_of(policy: Policy) -> Iterator[Statement]:
    """The statements of a document with their places in it."""
    found: Any = json.loads(policy.text)["Statement"]
    end, decoder = 0, json.JSONDecoder()
    for body in cast("list[dict[str, Any]]", found if isinstance(found, list) else [found]):
        start = policy.text.index("{", end or 1)
        here, end = decoder.raw_decode(policy.text, start)
        while here != body:
            start = policy.text.index("{", start + 1)
            here, end = decoder.raw_decode(policy.text, start)
        yield Statement(policy=policy, body=body, start=start, end=end)


def _named(body: dict[str, Any], element: str, value: str, *, fold: bool) -> bool:
    """Whether `Action` or `Resource`, or the opposite of `NotAction` or `NotResource`, covers the value."""
    key = element if element in body else f"Not{element}"
    patterns = _listed(body[key])
    hit = any(like(value.lower(), each.lower()) if fold else like(value, each) for each in patterns)
    return hit == (key == element)


def _conditions(body: dict[str, Any]) -> Iterator[tuple[str, str, list[str]]]:
    """Operator, context key in lower case, wanted values."""
    for operator, tests in cast("dict[str, dict[str, Any]]", body.get("Condition", {})).items():
        for key, wanted in tests.items():
            yield operator, key.lower(), _listed(wanted)


def applies(body: dict[str, Any], action: str, resource: str, context: Context) -> bool:
    """Whether a statement is about this request. `context` has its keys in lower case.

    Source: IAM user guide, "IAM JSON policy elements reference": actions in any case, resources and values exactly.
    """
    return (
        _named(body, "Action", action, fold=True)
        and _named(body, "Resource", resource, fold=False)
        and all(holds(operator, context.get(key), wanted) for operator, key, wanted in _conditions(body))
    )


def decide(policies: Sequence[Policy], action: str, resource: str, context: Context) -> Outcome:
    """Decide one request. Source: IAM user guide, "Policy evaluation logic", "Evaluating identity-based policies"."""
    statements = [each for policy in policies for each in statements_of(policy)]
    asked = dict.fromkeys(key for each in statements for _, key, _ in _conditions(each.body))
    about = [each for each in statements if applies(each.body, action, resource, context)]
    deny = tuple(each for each in about if each.body["Effect"] == "Deny")
    allow = tuple(each for each in about if each.body["Effect"] == "Allow")
    decision: Decision = "explicitDeny" if deny else "allowed" if allow else "implicitDeny"
    missing = tuple(key for key in asked if key not in context)
    return Outcome(decision=decision, statements=deny or allow, missing=missing)


def policies_of(principal: Any, kind: str) -> list[Policy]:
    """The inline and attached policies of moto's role, user or group."""
    inline = [Policy(id=name, kind=kind, text=_text(text)) for name, text in principal.policies.items()]
    return inline + [
        Policy(
            id=managed.name,
            kind="aws-managed" if ":iam::aws:" in arn else "user-managed",
            text=next(
                _text(v.document) for v in managed.versions if v.version_id == managed.default_version_id
            ),
        )
        for arn, managed in principal.managed_policies.items()
    ]


def _text(document: Any) -> str:
    return document if isinstance(document, str) else json.dumps(document)
