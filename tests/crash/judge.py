"""What must be true when a run has ended, however many processes died on the way."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping

from playbook.ledger import breaks
from playbook.timeline import Entry, Event
from sandbox.aws.checker import Expectation, check, no_open_group
from sandbox.slack import Message
from tests.crash.scene import CIDR, Scene, times

STEPS = {"protect", "snapshot", "tag", "deregister", "isolate", "revoke"}
ONCE = {"CreateSnapshots", "EnterStandby", "DisassociateIamInstanceProfile"}
"""What a second call would do again, or be refused for."""
CONTAINED = Expectation(
    isolated=True, forensics_cidr=CIDR, snapshots=True, deregistered=True, revoked=True, protected=True
)


async def judge(scene: Scene, *, often: int = 0) -> None:
    """Everything was done, nothing twice, everybody was told once, and the records are whole.

    `often` is how often a call that is harmless to repeat may have been made; by default once in each life.
    """
    shown = await scene.ended()
    rows = {r.action.name: r.mark.value for s in shown.sections for r in s.rows if r.run}
    assert rows.keys() == STEPS
    assert set(rows.values()) <= {"proved", "waiting"}, rows
    assert shown.incident.contained is not None
    await _account(scene)
    await _once(scene, often or len(scene.workers))
    told_once(scene.posted())
    _told_of(scene.posted(), {name for name, mark in rows.items() if mark == "proved"})
    _recorded_once(await scene.timeline())
    await _whole(scene)


async def _account(scene: Scene) -> None:
    """Read by the box's own checker."""
    facts = await asyncio.to_thread(
        check, scene.box.client, scene.account, scene.account.web, CONTAINED, bystanders=(scene.bystander,)
    )
    left = await asyncio.to_thread(
        lambda: list(no_open_group(scene.box.client("ec2"), scene.account.network.vpc))
    )
    wrong = [fact.words for fact in (*facts, *left) if not fact.ok]
    assert not wrong, wrong


async def _once(scene: Scene, most: int) -> None:
    """Counted where the calls arrived."""
    writes = [e for e in await scene.writes() if e.status == 200]
    made = times(writes)
    assert made["CreateSnapshots"] == 1
    assert {name: made[name] for name in ONCE if made[name] > 1} == {}
    same = Counter((e.operation, _words(e.parameters)) for e in writes)
    often = {call: count for call, count in same.items() if count > most}
    assert not often, often


def _words(parameters: Mapping[str, object]) -> str:
    return " ".join(f"{k}={v}" for k, v in sorted(parameters.items()))


def told_once(posted: list[Message]) -> None:
    """By key, and by what it says: a second attempt's news has another key."""
    assert all(m.metadata for m in posted)
    keys = _twice(str(m.metadata["event_payload"]["key"]) for m in posted if m.metadata)
    assert not keys, keys
    said = _twice(f"{m.channel} {m.text}" for m in posted)
    assert not said, said


def _told_of(posted: list[Message], proved: set[str]) -> None:
    keys = [str(m.metadata["event_payload"]["key"]).split(":")[1:] for m in posted if m.metadata]
    kinds = Counter(key[0] for key in keys if key[-1] != "decided")
    assert {kind: kinds[kind] for kind in ("announce", "card", "plan", "approved", "contained")} == {
        "announce": 1, "card": 1, "plan": 1, "approved": 1, "contained": 1,
    }, kinds  # fmt: skip
    assert {key[2] for key in keys if key[0] == "step"} == proved


def _recorded_once(timeline: Iterable[Entry]) -> None:
    recorded = list(timeline)
    again = _twice(f"{e.event} {e.words}" for e in recorded)
    assert not again, again
    events = Counter(e.event for e in recorded)
    assert {e: events[e] for e in (Event.OPENED, Event.PROPOSED, Event.APPROVED, Event.CONTAINED)} == {
        Event.OPENED: 1, Event.PROPOSED: 1, Event.APPROVED: 1, Event.CONTAINED: 1,
    }  # fmt: skip


async def _whole(scene: Scene) -> None:
    async with scene.store.begin() as unit:
        for incident in await unit.ledger.incidents():
            assert breaks(await unit.ledger.of(incident)) == ()


def _twice(things: Iterable[str]) -> dict[str, int]:
    return {thing: count for thing, count in Counter(things).items() if count > 1}
