"""The instance that a step acts on."""

from __future__ import annotations

import re
from dataclasses import dataclass

from playbook.errors import BadInput

_INSTANCE_ID = re.compile(r"i-(?:[0-9a-f]{8}|[0-9a-f]{17})")
_ACCOUNT_ID = re.compile(r"[0-9]{12}")
_REGION = re.compile(r"[a-z]{2}(?:-[a-z]+)+-[0-9]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One EC2 instance, and the incident on whose behalf it is touched."""

    account: str
    region: str
    instance: str
    incident: str


def instance_id(text: str) -> str:
    """The instance id in `text`; AWS writes `i-` and 8 or 17 hexadecimal digits.

    Raises BadInput when it is none.
    """
    candidate = text.strip().lower()
    if not _INSTANCE_ID.fullmatch(candidate):
        raise BadInput(
            f"“{candidate[:40]}” is not an instance id.",
            then="Write it as AWS does: i- and 17 hexadecimal digits, such as i-0123456789abcdef0.",
        )
    return candidate


def account_id(text: str) -> str:
    """The account id in `text`: 12 digits. Raises BadInput when it is none."""
    if not _ACCOUNT_ID.fullmatch(text):
        raise BadInput(f"“{text[:40]}” is not an AWS account id.", then="Write its 12 digits.")
    return text


def region_name(text: str) -> str:
    """The region in `text`, such as `eu-west-1`. Raises BadInput when it does not look like one."""
    if not _REGION.fullmatch(text):
        raise BadInput(f"“{text[:40]}” is not an AWS region.", then="Write it as in ap-southeast-1.")
    return text
