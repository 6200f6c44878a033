"""The root cause in VERIS terms (playbook, Q1 to Q4): defaults, one change at a time, and VERIS's own JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import cast

from pydantic import TypeAdapter

from playbook import veris
from playbook.errors import BadInput
from playbook.finding import FindingType
from playbook.plan import Json
from playbook.text import plain

LONGEST = 1000
"""Characters of the summary."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RootCause:
    """Who, how, on what, and what of it suffered. Every word but the summary's is one of VERIS's.

    The defaults are the playbook's: from outside, malware and hacking, an EC2 instance, integrity and availability.
    VERIS knows no EC2 instance, so that the asset is a server of another kind, in somebody else's cloud.
    """

    summary: str = ""
    confidence: tuple[str, ...] = ("Low",)
    actor: tuple[str, ...] = ("external",)
    variety: tuple[str, ...] = ("Unknown",)
    motive: tuple[str, ...] = ("Unknown",)
    malware: tuple[str, ...] = ("Unknown",)
    malware_vector: tuple[str, ...] = ("Unknown",)
    hacking: tuple[str, ...] = ("Unknown",)
    hacking_vector: tuple[str, ...] = ("Unknown",)
    asset: tuple[str, ...] = ("S - Other",)
    integrity: tuple[str, ...] = ("Software installation",)
    availability: tuple[str, ...] = ("Degradation",)


CHOICES: Mapping[str, tuple[str, ...]] = {
    "confidence": veris.CONFIDENCE,
    "actor": veris.ACTOR,
    "variety": tuple(dict.fromkeys(v for several in veris.VARIETY_OF_ACTOR.values() for v in several)),
    "motive": veris.MOTIVE,
    "malware": veris.MALWARE,
    "malware_vector": veris.MALWARE_VECTOR,
    "hacking": veris.HACKING,
    "hacking_vector": veris.HACKING_VECTOR,
    "asset": veris.ASSET,
    "integrity": veris.INTEGRITY,
    "availability": veris.AVAILABILITY,
}
"""What each field can say."""
FIELDS: tuple[str, ...] = tuple(f.name for f in fields(RootCause))
_ONE = frozenset({"confidence", "actor"})
_MAY_BE_NONE = frozenset({"malware", "hacking", "integrity", "availability"})
_STORED: TypeAdapter[RootCause] = TypeAdapter(RootCause)


def default(types: Iterable[FindingType]) -> RootCause:
    """What the findings' types speak for, before anybody has said anything."""
    seen = tuple(types)
    if any(t.purpose == "CryptoCurrency" or "Bitcoin" in t.name or "CryptoMin" in t.name for t in seen):
        return RootCause(
            motive=("Financial",), malware=("Cryptocurrency mining",),
            integrity=("Software installation", "Repurpose"),
        )  # fmt: skip
    if any(t.purpose in ("Backdoor", "Trojan") for t in seen):
        return RootCause(malware=("Backdoor or C2",))
    return RootCause()


def stored(body: Json) -> RootCause:
    """The root cause in a stored body. Raises pydantic's ValidationError when it is none."""
    return _STORED.validate_python(body)


def changed(cause: RootCause, field: str, value: str) -> RootCause:
    """The same with one field said anew; several words are separated by commas, `none` takes all of them away.

    Raises BadInput for a field or a word that VERIS does not have.
    """
    name = field.strip().casefold().replace("-", "_")
    if name not in FIELDS:
        raise BadInput(
            f"“{plain(field, 40)}” is no part of a root cause.", then=f"There are: {', '.join(FIELDS)}."
        )
    if name == "summary":
        return replace(cause, summary=plain(value, LONGEST))
    said = _chosen(name, value)
    after = replace(cause, **{name: said})
    return replace(after, variety=_fitting(after))


def _chosen(name: str, value: str) -> tuple[str, ...]:
    if value.strip().casefold() == "none" and name in _MAY_BE_NONE:
        return ()
    known = {choice.casefold(): choice for choice in CHOICES[name]}
    words = [word for part in value.split(",") if (word := part.strip().casefold())]
    unknown = [word for word in words if word not in known]
    if unknown or not words or (len(words) > 1 and name in _ONE):
        what = f"“{plain(unknown[0], 60)}” is not among VERIS's words for {name}." if unknown else (
            f"{name} is {'one word' if words else 'empty'}."
        )  # fmt: skip
        raise BadInput(what, then=f"There are: {', '.join(CHOICES[name])}.")
    return tuple(dict.fromkeys(known[word] for word in words))


def _fitting(cause: RootCause) -> tuple[str, ...]:
    """The actor's variety, as far as that kind of actor has it."""
    allowed = veris.VARIETY_OF_ACTOR[cause.actor[0]]
    kept = tuple(v for v in cause.variety if v in allowed)
    return kept or (("Unknown",) if allowed else ())


def in_words(cause: RootCause) -> tuple[tuple[str, str], ...]:
    """The four parts as pairs of heading and words (Q1 to Q4), and how sure people are."""
    who = cause.actor[0] + (f": {_list(cause.variety)}" if cause.variety else "")
    how = [f"malware ({_list(cause.malware)}, by {_list(cause.malware_vector)})"] if cause.malware else []
    how += [f"hacking ({_list(cause.hacking)}, by {_list(cause.hacking_vector)})"] if cause.hacking else []
    lost = [f"integrity ({_list(cause.integrity)})"] if cause.integrity else []
    lost += [f"availability ({_list(cause.availability)})"] if cause.availability else []
    return (
        ("Actor (Q1)", f"{who}; motive: {_list(cause.motive)}"),
        ("Action (Q2)", "; ".join(how) or "none stated"),
        ("Asset (Q3)", f"{_list(cause.asset)}: AWS EC2 instance"),
        ("Attribute (Q4)", "; ".join(lost) or "none stated"),
        ("Confidence", _list(cause.confidence)),
    )


def _list(said: tuple[str, ...]) -> str:
    return ", ".join(said)


def veris_json(
    cause: RootCause,
    *,
    incident: str,
    opened: datetime,
    instances: int,
    alarmed: bool,
    minutes_to_contain: int | None = None,
) -> Json:
    """An incident in VERIS's JSON. What ec2ir can't know of the organisation is `Unknown` there.

    `alarmed`: whether a detection found it, and not a person.
    """
    actor: Json = {} if cause.actor == ("unknown",) else {"motive": list(cause.motive)}
    if cause.variety:
        actor["variety"] = list(cause.variety)
    timeline: Json = {"incident": {"year": opened.year, "month": opened.month, "day": opened.day}}
    if minutes_to_contain is not None:
        timeline["containment"] = {"unit": "Minutes", "value": minutes_to_contain}
    discovery = "Infrastructure monitoring" if alarmed else "Reported by employee"
    return {
        "schema_version": veris.SCHEMA_VERSION,
        "incident_id": incident,
        "source_id": "ec2ir",
        "security_incident": "Confirmed" if cause.confidence != ("None",) else "Suspected",
        "confidence": cause.confidence[0],
        "summary": cause.summary,
        "timeline": timeline,
        "victim": {
            "victim_id": "Unknown", "industry": "000", "employee_count": "Unknown", "country": ["Unknown"],
            "government": ["Unknown"],
        },
        "actor": {cause.actor[0]: actor},
        "action": _actions(cause) or {"unknown": {}},
        "asset": {
            "assets": [{"variety": variety, "amount": instances} for variety in cause.asset],
            "cloud": ["External Cloud Asset(s)"],
            "notes": "AWS EC2 instance",
        },
        "attribute": _attributes(cause),
        "discovery_method": {"internal": {"variety": [discovery]}},
    }  # fmt: skip


def _actions(cause: RootCause) -> Json:
    stated = {
        "malware": (cause.malware, cause.malware_vector),
        "hacking": (cause.hacking, cause.hacking_vector),
    }
    return {
        kind: {"variety": list(variety), "vector": list(vector)}
        for kind, (variety, vector) in stated.items()
        if variety
    }


def _attributes(cause: RootCause) -> Json:
    stated = {"integrity": cause.integrity, "availability": cause.availability}
    return cast("Json", {kind: {"variety": list(variety)} for kind, variety in stated.items() if variety})
