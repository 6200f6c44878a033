"""What became of the instances: each as it was when it joined the incident, beside what was last seen of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from playbook.incident import InstanceFacts
from playbook.text import words


def changes(first: Sequence[InstanceFacts], now: Sequence[InstanceFacts]) -> tuple[tuple[str, ...], ...]:
    """A row for each thing of each instance that is not as it was: what, which instance, then, and now."""
    latest = {f.instance: f for f in now}
    return tuple(
        row for then in first if then.seen for row in _changed(then, latest.get(then.instance, then))
    )


def _changed(then: InstanceFacts, now: InstanceFacts) -> list[tuple[str, ...]]:
    if not now.seen:
        return [("All of it", then.instance, "as above", f"AWS shows nothing of it: {now.problem}")]
    pairs = ((name, told(then), told(now)) for name, told in _TOLD.items())
    return [(name, then.instance, before, after) for name, before, after in pairs if before != after]


def _groups(facts: InstanceFacts) -> str:
    every = (f"{interface}: {words(groups)}" for interface, groups in sorted(facts.groups.items()))
    return "; ".join(every) or "none"


_TOLD: Mapping[str, Callable[[InstanceFacts], str]] = {
    "State": lambda f: f.state or "unknown",
    "Role": lambda f: f.role or "none",
    "Security groups": _groups,
    "Public addresses": lambda f: words(f.public_ips) or "none",
    "Ports open to the world": lambda f: words(f.exposed) or "none",
    "Target groups": lambda f: words(f.target_groups) or "none",
    "Auto Scaling group": lambda f: f.autoscaling_group or "none",
}
