"""Every check, in the order of the playbook's rows. A new check is its file and one line here."""

from __future__ import annotations

from actions.check import Check

CHECKS: tuple[Check, ...] = ()

CHECK_BY_NAME: dict[str, Check] = {check.name: check for check in CHECKS}
