"""Snapshot every volume at one point in time, and lock the snapshots so that they stay."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from actions.action import Action, Look
from actions.instance import UNKNOWN, alive, device_of, local_disks, seen, volumes_of
from actions.polling import settled
from actions.run import COMPROMISED, INCIDENT_TAG, RUN_TAG, STATUS_TAG, Run
from aws.account import Account
from aws.errors import Ambiguous, AwsRefused
from playbook.approval import Risk
from playbook.errors import DoesNotApply
from playbook.gathering import both, gather
from playbook.plan import PASSING, Change, Shown
from playbook.proof import Proof, Rung
from playbook.rows import Phase
from playbook.target import Target
from playbook.text import plain, words

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import SnapshotTypeDef

LOCK_DAYS = 30
"""Ours: longer than an incident is worked on. Governance mode: whoever may call UnlockSnapshot can end it sooner."""
INSTANCE_TAG = "ec2ir:instance"
VOLUME_TAG = "ec2ir:volume"
DEVICE_TAG = "ec2ir:device"

_LOCKED = frozenset({"governance", "compliance", "compliance-cooloff"})
_START = datetime.min.replace(tzinfo=UTC)
_VISIBLE = (0.5, 1.0, 2.0)
"""Seconds between looks: new snapshots are listed within moments, and making a second set would be worse."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """An attached EBS volume, `size` in GiB; `shareable` is false under the key that AWS manages, None if unknown."""

    id: str
    device: str
    size: int
    encrypted: bool
    shareable: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotSet:
    """The plan: which volumes are snapshotted; `local` is instance store in words, which no snapshot covers."""

    target: Target
    volumes: tuple[Volume, ...]
    local: str
    earlier: tuple[str, ...] = field(metadata=PASSING)
    """Snapshots of these volumes that this incident has already: evidence of an earlier moment."""

    def show(self) -> Shown:
        """The plan in words."""
        count = len(self.volumes)
        already = f"{len(self.earlier)} snapshots of this incident exist already and stay as they are"
        return Shown(
            changes=tuple(
                Change(
                    subject=f"{v.id} ({plain(v.device, 40)}, {v.size} GiB)",
                    before="no snapshot of this moment",
                    after=f"snapshot, locked for {LOCK_DAYS} days",
                )
                for v in self.volumes
            ),
            calls=("1 × CreateSnapshots", f"{count} × LockSnapshot", f"{count} × CreateTags"),
            notes=(
                "all volumes at the same moment, as after a power cut; memory is not in them",
                *((already,) if self.earlier else ()),
            ),
            warnings=self._warnings(),
            undo="no: evidence is not undone",
        )

    def _warnings(self) -> tuple[str, ...]:
        bound = [v.id for v in self.volumes if v.shareable is False]
        unknown = [v.id for v in self.volumes if v.shareable is None]
        store = {
            "": "",
            UNKNOWN: "AWS does not say whether it has instance store, which snapshots do not cover.",
        }.get(self.local, f"{self.local} is not covered by snapshots, and is lost when the instance stops.")
        key = (
            f"{words(bound)}: encrypted with the key that AWS manages. Such a snapshot can't be shared with another"
            " account before it is copied to a key of your own."
        )
        secret = (
            f"{words(unknown)}: encrypted with a key that ec2ir can't look at; sharing may need its owner."
        )
        return (*((store,) if store else ()), *((key,) if bound else ()), *((secret,) if unknown else ()))


async def plan(target: Target, aws: Account) -> SnapshotSet:
    """Record the attached volumes, what they are encrypted with, and what snapshots can't hold."""
    (described, attached), taken = await both(
        both(seen(aws, target.instance), volumes_of(aws, target.instance)), snapshots_of(aws, target)
    )
    found = alive(described, target)
    if not attached:
        raise DoesNotApply("No EBS volume is attached to the instance, so there is nothing to snapshot.")
    keys = sorted({k for v in attached if (k := v.get("KmsKeyId"))})
    local, managed = await both(
        local_disks(aws, found.get("InstanceType")), gather(*(_managed_by_aws(aws, k) for k in keys))
    )
    by_aws = dict(zip(keys, managed, strict=True))
    volumes = (
        Volume(
            id=v.get("VolumeId", ""),
            device=device_of(v, target.instance),
            size=v.get("Size", 0),
            encrypted=v.get("Encrypted", False),
            shareable=_shareable(by_aws.get(v.get("KmsKeyId", ""), False)),
        )
        for v in attached
    )
    ids = {v.get("VolumeId") for v in attached}
    return SnapshotSet(
        target=target,
        volumes=tuple(sorted(volumes, key=lambda v: (v.device, v.id))),
        local=local,
        earlier=tuple(sorted(s.get("SnapshotId", "") for s in taken if s.get("VolumeId") in ids)),
    )


async def _managed_by_aws(aws: Account, key: str) -> bool | None:
    """Whether AWS manages the key; such a key's policy can't be changed (KMS Developer Guide, “AWS managed keys”)."""
    try:
        answer = await aws.call(aws.kms.describe_key, KeyId=key)
    except AwsRefused:
        return None
    return answer["KeyMetadata"].get("KeyManager") == "AWS"


def _shareable(managed_by_aws: bool | None) -> bool | None:
    return None if managed_by_aws is None else not managed_by_aws


async def snapshots_of(aws: Account, target: Target, run: str = "") -> list[SnapshotTypeDef]:
    """The snapshots of the incident, or of one of its runs."""
    marks = {INCIDENT_TAG: target.incident} | ({RUN_TAG: run} if run else {})

    def read() -> list[SnapshotTypeDef]:
        pages = aws.ec2.get_paginator("describe_snapshots").paginate(
            OwnerIds=["self"], Filters=[{"Name": f"tag:{k}", "Values": [v]} for k, v in marks.items()]
        )
        return [s for page in pages for s in page["Snapshots"]]

    return await aws.call(read)


async def execute(plan: SnapshotSet, run: Run) -> None:
    """Take the set in one call; once it has returned the moment is fixed, and those that wait may go on.

    Nothing is read first: a volume that was attached meanwhile is in the set as well, and a set is only ever added.
    """
    made = await _take(plan, run)
    run.opens()
    devices = {v.id: v.device for v in plan.volumes}
    await gather(
        *(_lock(run, snapshot) for snapshot, _ in made),
        *(_label(run, snapshot, volume, devices.get(volume, "")) for snapshot, volume in made),
    )


async def _take(plan: SnapshotSet, run: Run) -> list[tuple[str, str]]:
    """Snapshot and volume ids. CreateSnapshots takes no token: after an unclear end the run's mark is looked for."""
    aws = run.aws

    async def listed() -> list[tuple[str, str]]:
        taken = await snapshots_of(aws, plan.target, run.id)
        return sorted((s.get("SnapshotId", ""), s.get("VolumeId", "")) for s in taken)

    async def look() -> list[tuple[str, str]] | None:
        return await settled(listed, bool, run.pause, delays=_VISIBLE) or None

    async def take() -> list[tuple[str, str]]:
        tags = run.tags | {INSTANCE_TAG: plan.target.instance, STATUS_TAG: COMPROMISED}
        try:
            answer = await aws.call(
                aws.ec2_once.create_snapshots,
                InstanceSpecification={"InstanceId": plan.target.instance},
                Description=f"ec2ir evidence: {plan.target.instance}, incident {run.incident}",
                TagSpecifications=[
                    {
                        "ResourceType": "snapshot",
                        "Tags": [{"Key": key, "Value": value} for key, value in tags.items()],
                    }
                ],
            )
        except Ambiguous:
            found = await look()
            if found is None:
                raise
            return found
        return sorted((s.get("SnapshotId", ""), s.get("VolumeId", "")) for s in answer["Snapshots"])

    return await run.write("create snapshots", take, look=look)


async def _lock(run: Run, snapshot: str) -> None:
    aws = run.aws

    async def lock() -> bool:
        await aws.call(
            aws.ec2.lock_snapshot, SnapshotId=snapshot, LockMode="governance", LockDuration=LOCK_DAYS
        )
        return True

    async def look() -> bool | None:
        # Locking anew would move the lock's end.
        return snapshot in await locked_among(aws, [snapshot]) or None

    await run.write(f"lock {snapshot}", lock, look=look)


async def locked_among(aws: Account, snapshots: list[str]) -> frozenset[str]:
    """Those of the snapshots that can't be deleted now."""
    answer = await aws.call(aws.ec2.describe_locked_snapshots, SnapshotIds=snapshots)
    return frozenset(s.get("SnapshotId", "") for s in answer["Snapshots"] if s.get("LockState") in _LOCKED)


async def _label(run: Run, snapshot: str, volume: str, device: str) -> None:
    # CreateSnapshots gives one set of tags to all; which device it was is known to nobody once the host is gone.
    async def label() -> None:
        await run.aws.call(
            run.aws.ec2.create_tags,
            Resources=[snapshot],
            Tags=[{"Key": VOLUME_TAG, "Value": volume}, {"Key": DEVICE_TAG, "Value": device}],
        )

    await run.write(f"label {snapshot}", label)


async def verify(plan: SnapshotSet, look: Look) -> Proof:
    """The newest set of the incident that is not older than the plan: complete, without error, and locked.

    While a snapshot is pending there will be another look, and the locks are left to that one: asking for them
    needs the ids first, and would make this look a round trip deeper than any other.
    """
    wanted = {v.id for v in plan.volumes}
    taken = [
        s
        for s in await snapshots_of(look.aws, plan.target)
        if s.get("VolumeId") in wanted and s.get("SnapshotId") not in plan.earlier
    ]
    if not taken:
        return Proof(rung=Rung.ABSENT, says=("no snapshot was taken",))
    newest = _run_of(max(taken, key=lambda s: s.get("StartTime", _START)))
    mine = [s for s in taken if _run_of(s) == newest]
    if any(s.get("State") == "pending" for s in mine):
        return _judge(wanted, mine, None)
    return _judge(wanted, mine, await locked_among(look.aws, sorted(s.get("SnapshotId", "") for s in mine)))


def _run_of(snapshot: SnapshotTypeDef) -> str:
    return next((t.get("Value", "") for t in snapshot.get("Tags", []) if t.get("Key") == RUN_TAG), "")


def _judge(wanted: set[str], mine: list[SnapshotTypeDef], locked: frozenset[str] | None) -> Proof:
    """`locked` is None where that was not looked at."""
    times = Counter(s.get("VolumeId", "") for s in mine)
    states = Counter(s.get("State", "") for s in mine)
    missing = sorted(wanted - times.keys())
    held = len(mine) if locked is None else sum(s.get("SnapshotId") in locked for s in mine)
    says = (
        f"{len(times)} of {len(wanted)} volumes snapshotted",
        f"{states['completed']} completed" + ("" if locked is None else f", {held} locked"),
    )
    broken = [s.get("SnapshotId", "") for s in mine if s.get("State") == "error"]
    doubled = sorted(volume for volume, count in times.items() if count > 1)
    if broken:
        return Proof(rung=Rung.CONTRADICTED, says=(*says, f"{words(broken)} ended in error"))
    if doubled:
        return Proof(
            rung=Rung.CONTRADICTED, says=(*says, f"one run snapshotted {words(doubled)} more than once")
        )
    if missing or held < len(mine):
        return Proof(rung=Rung.APPLIED, says=(*says, *((f"missing: {words(missing)}",) if missing else ())))
    if states["completed"] < len(mine):
        progress = words([s.get("Progress") or "0%" for s in mine if s.get("State") != "completed"])
        return Proof(
            rung=Rung.CONFIGURED,
            says=says,
            waits=f"completion of {len(mine) - states['completed']} snapshots ({progress}), then a look at their locks",
            again=timedelta(minutes=1),
        )
    return Proof(rung=Rung.PROVED, says=says)


snapshot = Action(
    name="snapshot",
    title="Snapshot the volumes",
    row="C1",
    phase=Phase.CONTAIN,
    risk=Risk.HARMLESS,
    permissions=frozenset(
        {
            "ec2:CreateSnapshots",
            "ec2:CreateTags",
            "ec2:DescribeInstanceTypes",
            "ec2:DescribeInstances",
            "ec2:DescribeLockedSnapshots",
            "ec2:DescribeSnapshots",
            "ec2:DescribeVolumes",
            "ec2:LockSnapshot",
            "kms:DescribeKey",
        }
    ),
    plan=plan,
    execute=execute,
    verify=verify,
    undo=None,
)
