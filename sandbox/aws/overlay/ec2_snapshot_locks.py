"""Snapshot locks: governance and compliance, cooling-off, expiry; a locked snapshot can't be deleted."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.models.elastic_block_store import EBSBackend
from moto.ec2.responses.elastic_block_store import ElasticBlockStore

from sandbox.aws.overlay.base import Override, refuse
from sandbox.aws.overlay.ec2_filters import matches
from sandbox.aws.overlay.ec2_snapshots import status
from sandbox.aws.world import notes_on, world_of

_delete = EBSBackend.delete_snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """A snapshot lock as it was asked for."""

    mode: str
    created: datetime
    days: int | None
    until: datetime | None
    cool_off: int | None


def _lock_start(snapshot: Any, lock: Lock) -> datetime | None:
    if status(snapshot) == "pending":
        return None
    return max(lock.created, notes_on(snapshot).get("ready_at") or lock.created)


def _lock_end(snapshot: Any, lock: Lock) -> datetime | None:
    if lock.until is not None:
        return lock.until
    start = _lock_start(snapshot, lock)
    return start + timedelta(days=lock.days or 0) if start else None


def lock_state(snapshot: Any) -> str | None:
    """The state of the lock at this moment, or None if the snapshot was never locked."""
    lock: Lock | None = notes_on(snapshot).get("lock")
    if lock is None:
        return None
    now, end = world_of(snapshot.ec2_backend).now(), _lock_end(snapshot, lock)
    if end is not None and now >= end:
        return "expired"
    if lock.mode == "compliance" and lock.cool_off and now < lock.created + timedelta(hours=lock.cool_off):
        return "compliance-cooloff"
    return lock.mode


def _info(snapshot: Any) -> dict[str, Any]:
    lock: Lock = notes_on(snapshot)["lock"]
    cooled = lock.created + timedelta(hours=lock.cool_off) if lock.cool_off else None
    return {
        "OwnerId": snapshot.owner_id,
        "SnapshotId": snapshot.id,
        "LockState": lock_state(snapshot),
        "LockDuration": lock.days,
        "CoolOffPeriod": lock.cool_off,
        "CoolOffPeriodExpiresOn": cooled,
        "LockCreatedOn": lock.created,
        "LockDurationStartTime": _lock_start(snapshot, lock),
        "LockExpiresOn": _lock_end(snapshot, lock),
    }


def _wanted_lock(self: Any, now: datetime) -> Lock:
    mode, days = self._get_param("LockMode"), self._get_param("LockDuration")
    until, cool_off = self._get_param("ExpirationDate"), self._get_param("CoolOffPeriod")
    if mode not in {"governance", "compliance"}:
        refuse("InvalidParameterValue", f"Value ({mode}) for parameter LockMode is invalid.")
    if (days is None) == (until is None):
        refuse("InvalidParameterCombination", "Specify either LockDuration or ExpirationDate, but not both.")
    if days is not None and not 1 <= int(days) <= 36_500:
        refuse("InvalidParameterValue", "LockDuration must be between 1 and 36500 days.")
    if cool_off is not None and (mode != "compliance" or not 1 <= int(cool_off) <= 72):
        refuse("InvalidParameterValue", "CoolOffPeriod is for compliance mode: 1 to 72 hours.")
    return Lock(
        mode=mode,
        created=now,
        days=int(days) if days is not None else None,
        until=until.replace(tzinfo=UTC) if until else None,
        cool_off=int(cool_off) if cool_off else None,
    )


def lock_snapshot(self: Any) -> ActionResult:
    """LockSnapshot: also while pending; a compliance lock past its cooling-off can only be made longer.

    Source: EC2 API reference, LockSnapshot, LockedSnapshotsInfo (`LockDurationStartTime`).
    """
    snapshot = self.ec2_backend.get_snapshot(self._get_param("SnapshotId"))
    lock = _wanted_lock(self, world_of(self.ec2_backend).now())
    self.error_on_dryrun()
    if lock_state(snapshot) == "compliance":
        old: Lock = notes_on(snapshot)["lock"]
        sooner = (_lock_end(snapshot, lock) or lock.created) < (_lock_end(snapshot, old) or old.created)
        if lock.mode != "compliance" or sooner:
            refuse("OperationNotPermitted", f"The compliance lock of {snapshot.id} can only be extended.")
    notes_on(snapshot)["lock"] = lock
    return ActionResult(_info(snapshot))


def describe_locked_snapshots(self: Any) -> ActionResult:
    """DescribeLockedSnapshots: by ids and by `lock-state`. Source: EC2 API reference of that call."""
    ids, filters = self._get_param("SnapshotIds", []), self._filters_from_querystring()
    found = [s for s in self.ec2_backend.describe_snapshots(ids) if notes_on(s).get("lock")]
    infos = [_info(s) for s in found]
    if "lock-state" in filters:
        infos = [info for info in infos if matches([info["LockState"]], filters["lock-state"])]
    return ActionResult({"Snapshots": infos})


def unlock_snapshot(self: Any) -> ActionResult:
    """UnlockSnapshot: not once a compliance lock's cooling-off period is over.

    Source: EC2 API reference, UnlockSnapshot.
    """
    snapshot = self.ec2_backend.get_snapshot(self._get_param("SnapshotId"))
    if lock_state(snapshot) in {None, "expired"}:
        refuse("SnapshotNotLocked", f"The snapshot {snapshot.id} is not locked.")
    if lock_state(snapshot) == "compliance":
        refuse("OperationNotPermitted", f"The snapshot {snapshot.id} is locked in compliance mode.")
    self.error_on_dryrun()
    notes_on(snapshot).pop("lock")
    return ActionResult({"SnapshotId": snapshot.id})


def delete_snapshot(self: Any, snapshot_id: str) -> Any:
    """DeleteSnapshot: a locked snapshot can't be deleted. Source: EC2 API reference, LockSnapshot."""
    snapshot = self.get_snapshot(snapshot_id)
    if lock_state(snapshot) not in {None, "expired"}:
        refuse("SnapshotLocked", f"The snapshot {snapshot_id} is locked and can't be deleted.")
    return _delete(self, snapshot_id)


OVERRIDES = (
    Override(owner=EBSBackend, name="delete_snapshot", value=delete_snapshot),
    Override(owner=ElasticBlockStore, name="lock_snapshot", value=lock_snapshot),
    Override(owner=ElasticBlockStore, name="describe_locked_snapshots", value=describe_locked_snapshots),
    Override(owner=ElasticBlockStore, name="unlock_snapshot", value=unlock_snapshot),
)
