"""E6: everything that the same identity launched, also what is gone, for a person to go through."""

from __future__ import annotations

from actions.check import Check
from actions.checks.launched import LAUNCHED, UNKNOWN, launches
from actions.scene import Scene
from playbook.answer import Answer, Verdict, answer, gap
from playbook.errors import DoesNotApply
from playbook.rows import Phase
from playbook.text import many, words


async def look(scene: Scene) -> Answer:
    """The list: id, region, type, state, time and where it was launched from."""
    try:
        found = await launches(scene)
    except DoesNotApply:
        return gap(UNKNOWN)
    every = found.instances
    alone = all(i.instance == scene.target.instance for i in every)
    evidence = {
        "identities": list(found.by),
        "regions": list(found.asked),
        "launched": [
            {
                "id": i.instance,
                "region": i.region,
                "type": i.kind,
                "state": i.state,
                "at": i.at.isoformat(),
                "from": i.address,
                "by": i.by,
            }
            for i in every[:500]
        ],
    }
    head = (
        f"{words(found.by)} launched {many(len(every), 'instance')} in 90 days: {sum(i.lives for i in every)} still "
        f"there, {sum(not i.lives for i in every)} gone."
    )
    verdict = Verdict.NOTABLE if not alone else Verdict.GAP if found.gaps else Verdict.CLEAR
    return answer(verdict, head, *(i.words for i in every), evidence=evidence, gaps=found.gaps)


review = Check(
    name="review",
    title="Review everything launched by the same identity",
    row="E6",
    phase=Phase.ERADICATE,
    permissions=LAUNCHED,
    look=look,
)
