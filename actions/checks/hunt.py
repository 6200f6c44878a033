"""F6: the incident's indicators everywhere else in its account and region."""

from __future__ import annotations

from actions.check import Check, When
from actions.checks.quarry import Quarry, quarry
from actions.checks.reading_trail import launcher
from actions.checks.seeking import PERMISSIONS, seek
from actions.scene import Scene
from playbook.answer import Answer, Verdict, answer
from playbook.errors import DoesNotApply, Ec2irError
from playbook.finding import Indicator
from playbook.rows import Phase
from playbook.text import many, words


async def sought(scene: Scene) -> tuple[Quarry, tuple[str, ...]]:
    """What to look for, and what of it is not known."""
    try:
        by = await launcher(scene)
    except Ec2irError as trouble:
        return quarry(scene.brief, scene.target.instance, ""), (
            f"Who launched the instance is not known. {trouble}",
        )
    return quarry(scene.brief, scene.target.instance, by.user if by is not None else ""), ()


async def look(scene: Scene) -> Answer:
    """Every source with what it saw; one that saw nothing says so, one that could not be asked is a gap."""
    what, unknown = await sought(scene)
    if what.empty:
        raise DoesNotApply("The incident knows nothing yet that could be looked for.")
    found = await seek(scene, what)
    others = sorted({i for f in found for i in f.instances})
    gaps = (*unknown, *(g for f in found for g in f.gaps))
    where = f"account {scene.target.account}, {scene.target.region}"
    evidence = {
        "sought": {
            "addresses": list(what.addresses),
            "domains": list(what.domains),
            "keys": list(what.keys),
            "users": list(what.users),
            "image": what.image,
            "key_pair": what.key_pair,
            "profile": what.profile,
            "launcher": what.launcher,
        },
        "found": {f.source: list(f.sightings[:100]) for f in found},
        "instances": others[:200],
    }
    head = (
        f"{many(len(others), 'other instance')} in {where}: {words(others)}."
        if others
        else f"No other instance shows any of it, in {where}."
    )
    seen = [f"{f.source}: {s}." for f in found for s in f.sightings]
    verdict = Verdict.NOTABLE if others else Verdict.GAP if gaps else Verdict.CLEAR
    return answer(
        verdict,
        head,
        *seen,
        evidence=evidence,
        indicators=tuple(
            Indicator(kind="instance", value=i, about="found by the hunt")
            for f in found
            if f.source != "instances"
            for i in f.instances
        ),
        gaps=gaps,
    )


hunt = Check(
    name="hunt",
    title="Hunt for the indicators",
    row="F6",
    phase=Phase.FORENSICS,
    permissions=PERMISSIONS,
    look=look,
    when=When.ASKED,
)
