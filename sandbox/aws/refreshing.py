"""Instance refreshes of Auto Scaling groups: batch by batch, each after the warm-up of the one before."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from moto.autoscaling.models import autoscaling_backends

from sandbox.aws.overlay.autoscaling import lifecycle_state
from sandbox.aws.replacement import replace_members
from sandbox.aws.world import notes_on, world_of

WAITS: Final = timedelta(hours=1)
UNDER_WAY: Final = frozenset({"Pending", "InProgress", "Cancelling"})


@dataclass(slots=True, kw_only=True)
class Refresh:
    """One refresh. `todo` are instances that wait, `warming` those replaced whose successors warm up until `until`."""

    id: str
    started: datetime
    warmup: timedelta
    batch: int
    standby: str
    protected: str
    preferences: dict[str, Any]
    todo: list[str]
    total: int
    warming: list[str] = field(default_factory=list[str])
    until: datetime | None = None
    status: str = "Pending"
    reason: str = ""
    ended: datetime | None = None

    @property
    def left(self) -> int:
        """How many are not updated yet."""
        return len(self.todo) + len(self.warming)

    def end(self, status: str, at: datetime, reason: str = "") -> None:
        """It is over."""
        self.status, self.ended, self.reason = status, at, reason


def refreshes_of(group: Any) -> list[Refresh]:
    """The refreshes of moto's group, the latest first."""
    found: list[Refresh] = notes_on(group).setdefault("refreshes", [])
    return found


def progress(backend: Any) -> None:
    """Bring every refresh to where it is by now. `backend` is moto's EC2 backend."""
    autoscaling: Any = autoscaling_backends[backend.account_id][backend.region_name]
    for group in list(autoscaling.autoscaling_groups.values()):
        for refresh in refreshes_of(group)[:1]:
            while refresh.status in UNDER_WAY and _step(backend, autoscaling, group, refresh):
                pass


def _step(backend: Any, autoscaling: Any, group: Any, refresh: Refresh) -> bool:
    """Do one thing that is due; whether anything was.

    Source: EC2 Auto Scaling API reference, InstanceRefresh, RefreshPreferences; user guide, "How an instance refresh
    works in an Auto Scaling group".
    """
    now = world_of(backend).now()
    if refresh.until is not None:
        if now < refresh.until:
            return False
        refresh.warming, refresh.until = [], None
    if refresh.status == "Cancelling":
        refresh.end("Cancelled", now)
    elif not refresh.todo:
        refresh.end("Successful", now)
    else:
        refresh.status = "InProgress"
        return _replace(backend, autoscaling, group, refresh, now)
    return True


def _replace(backend: Any, autoscaling: Any, group: Any, refresh: Refresh, now: datetime) -> bool:
    """Replace the next batch, unless a member stands by or is protected and the refresh is to wait for it."""
    members = {state.instance.id: state for state in group.instance_states}
    refresh.todo = [each for each in refresh.todo if each in members]
    held = _held(members, refresh)
    free = [each for each in refresh.todo if each not in held]
    if not free and refresh.todo:
        return _wait(refresh, held, now)
    batch = free[: refresh.batch]
    replace_members(backend, autoscaling, group, [members[each].instance for each in batch])
    refresh.todo = [each for each in refresh.todo if each not in batch]
    refresh.warming, refresh.until, refresh.reason = batch, now + refresh.warmup, ""
    return True


def _held(members: dict[str, Any], refresh: Refresh) -> dict[str, str]:
    """Those that are not to be replaced now, and what is done about it: Wait or Ignore."""
    held: dict[str, str] = {}
    for each in refresh.todo:
        if lifecycle_state(members[each]) == "Standby" and refresh.standby != "Terminate":
            held[each] = refresh.standby
        elif members[each].protected_from_scale_in and refresh.protected != "Refresh":
            held[each] = refresh.protected
    return held


def _wait(refresh: Refresh, held: dict[str, str], now: datetime) -> bool:
    refresh.todo = [each for each in refresh.todo if held[each] == "Wait"]
    if not refresh.todo:
        return True
    words = f"Instances {', '.join(refresh.todo)} are in Standby or protected from scale in."
    if now - refresh.started >= WAITS:
        refresh.end("Failed", now, words)
        return True
    refresh.reason = f"Waiting. {words}"
    return False
