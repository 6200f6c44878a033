"""Findings come back as they were stored, and the leading one stands first."""

from dataclasses import replace
from datetime import timedelta

import pytest

from playbook.finding import Indicator
from playbook.ports import Store
from storage.store import SqlStore
from tests.storage.values import MINUTE, NOON, facts, finding, incident, key


async def stored(store: Store, *findings: object) -> None:
    async with store.begin() as unit:
        await unit.incidents.add(incident(), [facts()])


async def test_a_finding_comes_back_equal(store: SqlStore) -> None:
    seen = finding(caller="arn:aws:iam::111111111111:user/x", actor=True, archived=True)
    async with store.begin() as unit:
        await unit.findings.save(seen, "{}", "")
    async with store.begin() as unit:
        assert await unit.findings.get(key()) == seen
        assert await unit.findings.get(key("other")) is None
        assert await unit.findings.incident_of(key()) == ""
