"""Making checks: all at once, each with its answer or with why it could not be had."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from actions.check import Check
from actions.scene import Scene
from playbook.answer import Answer, Verdict, answer, gap
from playbook.errors import DoesNotApply, Ec2irError

LONGEST = 90.0
"""Seconds that one check may take; a host or a log that answers later leaves a gap, and is asked again by hand."""


async def look(scene: Scene, checks: Sequence[Check]) -> dict[str, Answer]:
    """Each check's answer by its name. What a check could not have is a gap of its own; the others go on."""
    answers = await asyncio.gather(*(_made(scene, check) for check in checks))
    return {check.name: answer for check, answer in zip(checks, answers, strict=True)}


async def _made(scene: Scene, check: Check) -> Answer:
    try:
        async with asyncio.timeout(LONGEST):
            return await check.look(scene)
    except DoesNotApply as reason:
        return answer(Verdict.NOT_APPLICABLE, str(reason))
    except Ec2irError as trouble:
        return gap(str(trouble))
    except TimeoutError:
        return gap(f"AWS, or the host, had not answered after {LONGEST:.0f} s. Ask again.")
