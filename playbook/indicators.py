"""Indicators of compromise (I1 to I6): kinds, and the one spelling under which each value is kept."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from playbook.errors import BadInput
from playbook.finding import Indicator
from playbook.text import plain


class IndicatorKind(StrEnum):
    """What an indicator is; `Indicator.kind` holds the value."""

    INSTANCE = "instance"
    PROCESS = "process"
    HASH = "hash"
    IP = "ip"
    DOMAIN = "domain"
    URL = "url"
    PORT = "port"
    IDENTITY = "identity"
    ACCESS_KEY = "access_key"
    SOURCE = "source"
    FILE = "file"

    @property
    def row(self) -> str:
        """The playbook's row."""
        return _ROWS[self]


_ROWS = {
    IndicatorKind.INSTANCE: "I1",
    IndicatorKind.PROCESS: "I2",
    IndicatorKind.HASH: "I2",
    IndicatorKind.IP: "I3",
    IndicatorKind.DOMAIN: "I3",
    IndicatorKind.URL: "I3",
    IndicatorKind.PORT: "I3",
    IndicatorKind.IDENTITY: "I4",
    IndicatorKind.ACCESS_KEY: "I4",
    IndicatorKind.SOURCE: "I5",
    IndicatorKind.FILE: "I6",
}

_DOMAIN = re.compile(r"(?=.{1,253}$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}")
_HASH = re.compile(r"[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}")
_INSTANCE = re.compile(r"i-(?:[0-9a-f]{8}|[0-9a-f]{17})")
_ACCESS_KEY = re.compile(r"A(?:KIA|SIA)[A-Z0-9]{12,124}")
_URL = re.compile(r"https?://\S+", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """An indicator of an incident, with where it was seen: `sources` in the order in which they came."""

    incident: str
    indicator: Indicator
    first: datetime
    sources: tuple[str, ...]


def refang(text: str) -> str:
    """What people write so that nobody clicks it, as the thing itself: `hxxp://evil[.]example`."""
    return re.sub(r"^hxxp", "http", text.strip(), flags=re.IGNORECASE).replace("[.]", ".").replace("[@]", "@")


def normal(indicator: Indicator) -> Indicator | None:
    """The indicator in its one spelling; None when its value is none of its kind.

    Addresses are compressed, domains and hashes lower case without a final dot, everything else one bounded line.
    """
    value = plain(refang(indicator.value), 500)
    try:
        kind = IndicatorKind(indicator.kind)
        kept = _normal(kind, value)
    except ValueError:
        return None
    return Indicator(kind=kind.value, value=kept, about=plain(indicator.about, 200)) if kept else None


def _normal(kind: IndicatorKind, value: str) -> str:
    match kind:
        case IndicatorKind.IP | IndicatorKind.SOURCE:
            return ipaddress.ip_address(value).compressed
        case IndicatorKind.DOMAIN:
            low = value.lower().rstrip(".")
            return low if _DOMAIN.fullmatch(low) else ""
        case IndicatorKind.HASH:
            low = value.lower().removeprefix("sha256:")
            return low if _HASH.fullmatch(low) else ""
        case IndicatorKind.INSTANCE:
            return value.lower() if _INSTANCE.fullmatch(value.lower()) else ""
        case IndicatorKind.PORT:
            return str(int(value)) if 0 < int(value) < 65_536 else ""
        case IndicatorKind.URL:
            return value if _URL.fullmatch(value) else ""
        case IndicatorKind.ACCESS_KEY:
            return value if _ACCESS_KEY.fullmatch(value) else ""
        case _:
            return value


def guess(text: str) -> Indicator:
    """The indicator that a person typed without saying what it is. Raises BadInput when nobody can tell."""
    value = refang(text)
    order = (
        IndicatorKind.IP,
        IndicatorKind.URL,
        IndicatorKind.HASH,
        IndicatorKind.INSTANCE,
        IndicatorKind.ACCESS_KEY,
        IndicatorKind.DOMAIN,
    )
    if value.startswith("/"):
        return Indicator(kind=IndicatorKind.FILE.value, value=plain(value, 500))
    if value.startswith("arn:"):
        return Indicator(kind=IndicatorKind.IDENTITY.value, value=plain(value, 500))
    for kind in order:
        found = normal(Indicator(kind=kind.value, value=value))
        if found is not None:
            return found
    raise BadInput(
        f"“{plain(text, 60)}” is no indicator that can be told by its look.",
        then=f"Say what it is: {', '.join(IndicatorKind)}.",
    )
