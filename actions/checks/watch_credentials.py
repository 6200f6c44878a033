"""R7: use of the role's revoked sessions, or of the keys that gave the attacker away, since containment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from actions.check import Check, When
from actions.checks.outside import outside
from actions.checks.reading_trail import EVENTS, TrailEvent, events
from actions.checks.watch_traffic import since
from actions.scene import Scene
from playbook.answer import Answer, Verdict, answer
from playbook.errors import Ec2irError
from playbook.rows import Phase
from playbook.text import many, words

MOST = 10
"""Keys that one look asks for: each takes half a second of CloudTrail's two look-ups."""


def strangers(used: Iterable[TrailEvent], own: frozenset[str]) -> tuple[str, ...]:
    """Addresses on the internet from which credentials were used, other than the instance's own."""
    return tuple(sorted({e.address for e in used if outside(e.address) and e.address not in own}))


async def look(scene: Scene) -> Answer:
    """CloudTrail by session name, which for a role on EC2 is the instance's id, and by each key."""
    moment, keys = since(scene), scene.brief.values("access_key")
    first = scene.brief.first
    own = frozenset(first.public_ips) if first is not None else frozenset[str]()
    gaps = [f"{len(keys) - MOST} more access keys were not asked for."] if len(keys) > MOST else []
    used: dict[str, TrailEvent] = {}
    asked = 0
    for attribute, value in (("Username", scene.target.instance), *(("AccessKeyId", k) for k in keys[:MOST])):
        try:
            found = await events(scene, "Username" if attribute == "Username" else "AccessKeyId", value)
        except Ec2irError as trouble:
            gaps.append(f"CloudTrail could not be asked for {value}. {trouble}")
            continue
        asked += 1
        used |= {e.id: e for e in found.events if e.at > moment}
    worked, failed = [e for e in used.values() if not e.error], [e for e in used.values() if e.error]
    names = Counter(e.name for e in worked)
    foreign = strangers(used.values(), own)
    evidence = {
        "since": moment.isoformat(),
        "asked": [scene.target.instance, *keys[:MOST]],
        "worked": [f"{e.at.isoformat()} {e.name} {e.identity} {e.address}" for e in worked[:100]],
        "failed": [f"{e.at.isoformat()} {e.name} {e.identity} {e.address} {e.error}" for e in failed[:100]],
    }
    after = f"since {moment:%Y-%m-%d %H:%M} UTC"
    if not asked:
        return answer(Verdict.GAP, "CloudTrail told nothing.", evidence=evidence, gaps=tuple(gaps))
    denied = f"{many(len(failed), 'call')} failed, as should be."
    from_outside = (
        f"They came from {words(foreign)}, which is not the instance: the credentials were taken away."
    )
    if worked or foreign:
        return answer(
            Verdict.NOTABLE,
            f"{many(len(worked), 'call')} worked with revoked credentials {after}"
            + (f": {words([f'{n} {name}' for name, n in names.most_common()])}." if names else "."),
            from_outside if foreign else "",
            denied if failed else "",
            evidence=evidence,
            gaps=tuple(gaps),
        )
    known = f", nor with {many(len(keys), 'known key')}," if keys else ""
    says = f"No call worked with the role's sessions on it{known} {after}."
    return answer(
        Verdict.CLEAR if not gaps else Verdict.GAP,
        says,
        denied if failed else "",
        evidence=evidence,
        gaps=tuple(gaps),
    )


watch_credentials = Check(
    name="watch-credentials",
    title="Watch: use of revoked credentials",
    row="R7",
    phase=Phase.RECOVER,
    permissions=EVENTS,
    look=look,
    when=When.ASKED,
)
