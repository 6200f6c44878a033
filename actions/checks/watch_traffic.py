"""R7: whether the instance talked to a known indicator since it was contained."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import datetime, timedelta

from actions.check import Check, When
from actions.checks.reading_flows import FLOWS, Flow, Question, flows
from actions.scene import Scene
from playbook.answer import Answer, Verdict, answer
from playbook.errors import DoesNotApply
from playbook.gathering import both
from playbook.rows import Phase
from playbook.text import defang, many

HOURS = 72
"""How far back a look goes at most: the playbook's watch."""
UNCONTAINED = 24
"""Hours that are looked at while the incident does not count as contained."""


def since(scene: Scene) -> datetime:
    """From when on traffic and calls count: containment, but no longer ago than the watch lasts."""
    first = scene.now - timedelta(hours=HOURS)
    contained = scene.brief.contained
    return max(contained, first) if contained else scene.now - timedelta(hours=UNCONTAINED)


def hours_since(scene: Scene) -> int:
    """The same in whole hours, at least one."""
    return max(1, math.ceil((scene.now - since(scene)) / timedelta(hours=1)))


def lately(found: Iterable[Flow], moment: datetime) -> list[Flow]:
    """The conversations that went on after that moment."""
    return [f for f in found if f.last > moment]


async def look(scene: Scene) -> Answer:
    """The flow logs of its interfaces, in both directions."""
    peers = scene.brief.values("ip", "source")
    if not peers:
        raise DoesNotApply("No address is known as an indicator of this incident.")
    hours, moment = hours_since(scene), since(scene)
    out, into = await both(
        flows(scene, Question(opened="out", peers=peers, hours=hours)),
        flows(scene, Question(opened="in", peers=peers, hours=hours)),
    )
    gaps = tuple(dict.fromkeys((*out.gaps, *into.gaps)))
    found = lately((*out.flows, *into.flows), moment)
    passed = [f for f in found if f.verdict == "ACCEPT"]
    stopped = [f for f in found if f.verdict != "ACCEPT"]
    evidence = {
        "since": moment.isoformat(),
        "peers": list(peers[:100]),
        "passed": [f"{f.peer}:{f.port} {f.bytes} bytes until {f.last.isoformat()}" for f in passed[:100]],
        "stopped": [
            f"{f.peer}:{f.port} {f.packets} packets until {f.last.isoformat()}" for f in stopped[:100]
        ],
    }
    asked = f"since {moment:%Y-%m-%d %H:%M} UTC"
    if not (out.read or into.read):
        return answer(Verdict.GAP, *gaps, evidence=evidence)
    tries = f"Stopped: {many(len(stopped), 'conversation')} with them. Somebody on it still tries."
    if passed:
        return answer(
            Verdict.NOTABLE,
            f"It talked to {len({f.peer for f in passed})} of {many(len(peers), 'indicator')} {asked}.",
            *(
                f"{defang(f.peer)}, port {f.port}: {f.bytes:,} bytes, last {f.last:%H:%M} UTC"
                for f in passed[:6]
            ),
            tries if stopped else "",
            evidence=evidence,
            gaps=gaps,
        )
    says = (
        f"Nothing passed between it and {many(len(peers), 'indicator')} {asked}; records come minutes late."
    )
    return answer(
        Verdict.CLEAR if not gaps else Verdict.GAP,
        says,
        tries if stopped else "",
        evidence=evidence,
        gaps=gaps,
    )


watch_traffic = Check(
    name="watch-traffic",
    title="Watch: traffic to the indicators",
    row="R7",
    phase=Phase.RECOVER,
    permissions=FLOWS,
    look=look,
    when=When.ASKED,
)
