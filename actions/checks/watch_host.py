"""R7: whether the CPU is flat at the top again, and whether the targets stay healthy."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from actions.check import Check, When
from actions.checks import reads
from actions.checks.metrics import METRICS, Asked, of_instances
from actions.checks.target_health import TARGETS, served
from actions.instance import state_of
from actions.scene import Scene
from playbook.answer import Answer, Verdict, answer, gap
from playbook.errors import DoesNotApply
from playbook.rows import Phase

FLAT, WINDOWS = 95.0, 6
"""Percent that count as flat at the top, in so many windows of five minutes one after the other."""
_CPU = Asked(metric="CPUUtilization", statistic="Average", period=300)
_BACK = timedelta(hours=2)
_RUNS = frozenset({"pending", "running"})


def flat(values: Sequence[float]) -> bool:
    """Whether the last half hour was flat at the top: playbook, T5."""
    last = values[-WINDOWS:]
    return len(last) == WINDOWS and min(last) >= FLAT


async def look_at_cpu(scene: Scene) -> Answer:
    """CloudWatch's five-minute averages of the last two hours. Raises DoesNotApply while it does not run."""
    state = state_of(await reads.instance(scene))
    if state not in _RUNS:
        raise DoesNotApply(f"The instance is {state}: it computes nothing.")
    name = scene.target.instance
    values = (await of_instances(scene.aws, [name], _CPU, scene.now - _BACK, scene.now))[name]
    if not values:
        return gap("CloudWatch has no CPU figures of the last two hours: it has just started.")
    evidence = {"percent": [round(v, 1) for v in values]}
    mean = sum(values) / len(values)
    says = f"CPU: {values[-1]:.0f} % now, {mean:.0f} % on average, {max(values):.0f} % at most in two hours."
    if flat(values):
        return answer(
            Verdict.NOTABLE,
            says,
            "Flat at the top for half an hour: look at its processes.",
            evidence=evidence,
        )
    return answer(Verdict.CLEAR, says, evidence=evidence)


async def look_at_targets(scene: Scene) -> Answer:
    """The target groups as R3 sees them."""
    groups = await served(scene)
    evidence = {h.group: list(h.states) for h in groups}
    good = all(h.good for h in groups)
    return answer(Verdict.CLEAR if good else Verdict.NOTABLE, *(h.words for h in groups), evidence=evidence)


watch_cpu = Check(
    name="watch-cpu",
    title="Watch: CPU",
    row="R7",
    phase=Phase.RECOVER,
    permissions=METRICS | reads.INSTANCE,
    look=look_at_cpu,
    when=When.ASKED,
)
watch_health = Check(
    name="watch-health",
    title="Watch: target health",
    row="R7",
    phase=Phase.RECOVER,
    permissions=TARGETS,
    look=look_at_targets,
    when=When.ASKED,
)
