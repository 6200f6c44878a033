"""M3: what else runs that the same identity launched, in every enabled region."""

from __future__ import annotations

from actions.check import Check, When
from actions.checks.launched import LAUNCHED, UNKNOWN, launches
from actions.checks.quarry import user_of
from actions.scene import Scene
from playbook.answer import Answer, Verdict, answer, gap
from playbook.errors import DoesNotApply
from playbook.finding import Indicator
from playbook.rows import Phase
from playbook.text import many, words


async def look(scene: Scene) -> Answer:
    """The identity's other instances that still live."""
    try:
        found = await launches(scene)
    except DoesNotApply:
        return gap(UNKNOWN)
    known = scene.brief.values("identity")
    living = [i for i in found.instances if i.lives and i.instance != scene.target.instance]
    evidence = {
        "identities": list(found.by),
        "regions": list(found.asked),
        "others": [{"id": i.instance, "region": i.region, "type": i.kind, "state": i.state} for i in living][
            :200
        ],
    }
    asked = many(len(found.asked), "enabled region")
    if not living:
        says = f"{words(found.by)} launched nothing else that lives, in {asked} and 90 days."
        verdict = Verdict.CLEAR if not found.gaps else Verdict.GAP
        return answer(verdict, says, evidence=evidence, gaps=found.gaps)
    return answer(
        Verdict.NOTABLE,
        f"Still there of what {words(found.by)} launched, in {asked} and 90 days: "
        f"{many(len(living), 'other instance')}.",
        *(i.words for i in living),
        evidence=evidence,
        indicators=tuple(
            Indicator(kind="instance", value=i.instance, about=f"launched by {user_of(i.by)} in {i.region}")
            for i in living
            if i.by in known
        ),
        gaps=found.gaps,
    )


others = Check(
    name="others",
    title="Other instances of the same identity",
    row="M3",
    phase=Phase.MINING,
    permissions=LAUNCHED,
    look=look,
    when=When.OPENED,
)
