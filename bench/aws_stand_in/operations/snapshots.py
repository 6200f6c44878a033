"""EBS snapshots and their locks."""

from datetime import timedelta

from bench.aws_stand_in import names
from bench.aws_stand_in.filters import Facts, chosen, select, tag_facts, tag_list
from bench.aws_stand_in.operations.instances import disks_of, known
from bench.aws_stand_in.operations.tags import specified
from bench.aws_stand_in.world import Answer, Params, Snapshot, World

NOT_FOUND = "InvalidSnapshot.NotFound"
COOLING_OFF = {"governance": "governance", "compliance": "compliance-cooloff"}


def create(world: World, params: Params) -> Answer:
    """CreateSnapshots: one for each volume of the instance, all pending."""
    wanted = params["InstanceSpecification"]
    instance = known(world, wanted["InstanceId"])
    left_out: list[str] = wanted.get("ExcludeDataVolumeIds") or []
    made: list[Snapshot] = []
    for volume in disks_of(world, instance.id):
        if volume.id in left_out or (wanted.get("ExcludeBootVolume") and volume.device == "/dev/xvda"):
            continue
        snapshot = Snapshot(
            id=world.new_id("snap"),
            volume_id=volume.id,
            description=params.get("Description", ""),
            started=world.now(),
        )
        copied = world.tags.get(volume.id, {}) if params.get("CopyTagsFromSource") else {}
        world.tags[snapshot.id] = copied | specified(params)
        world.snapshots[snapshot.id] = snapshot
        made.append(snapshot)
    return {"Snapshots": [common(world, snapshot) | {"State": "pending"} for snapshot in made]}


def common(world: World, snapshot: Snapshot) -> Answer:
    """What CreateSnapshots and DescribeSnapshots both show."""
    return {
        "SnapshotId": snapshot.id,
        "VolumeId": snapshot.volume_id,
        "VolumeSize": 8,
        "Description": snapshot.description,
        "Encrypted": False,
        "OwnerId": names.ACCOUNT_ID,
        "StartTime": snapshot.started,
        "Progress": "100%" if snapshot.completed else "0%",
        "Tags": tag_list(world.tags.get(snapshot.id, {})),
    }


def describe(world: World, params: Params) -> Answer:
    """DescribeSnapshots; each look brings a snapshot nearer to its end, if the config says so."""

    def facts(snapshot: Snapshot) -> Facts:
        return {
            "snapshot-id": (snapshot.id,),
            "volume-id": (snapshot.volume_id,),
            "status": ("completed" if snapshot.completed else "pending",),
            "owner-id": (names.ACCOUNT_ID,),
            **tag_facts(world.tags.get(snapshot.id, {})),
        }

    found = select(chosen(world.snapshots, params.get("SnapshotIds"), NOT_FOUND), params, facts)
    enough = world.config.complete_after_describes
    for snapshot in found:
        snapshot.describes += 1
        snapshot.completed |= enough is not None and snapshot.describes >= enough
    return {"Snapshots": [one(world, snapshot) for snapshot in found]}


def one(world: World, snapshot: Snapshot) -> Answer:
    """A snapshot as DescribeSnapshots shows it."""
    state = "completed" if snapshot.completed else "pending"
    return common(world, snapshot) | {"State": state, "StorageTier": "standard"}


def lock(world: World, params: Params) -> Answer:
    """LockSnapshot, which is allowed while the snapshot is pending."""
    snapshot = chosen(world.snapshots, [params["SnapshotId"]], NOT_FOUND)[0]
    now = world.now()
    days = params.get("LockDuration", 1)
    snapshot.lock = {
        "SnapshotId": snapshot.id,
        "LockState": COOLING_OFF[params["LockMode"]],
        "LockDuration": days,
        "LockCreatedOn": now,
        "LockDurationStartTime": now,
        "LockExpiresOn": params.get("ExpirationDate") or now + timedelta(days=days),
    }
    snapshot.completed |= world.config.complete_on_lock
    return snapshot.lock


def describe_locked(world: World, params: Params) -> Answer:
    """DescribeLockedSnapshots."""
    found = chosen(world.snapshots, params.get("SnapshotIds"), NOT_FOUND)
    locks = [s.lock | {"OwnerId": names.ACCOUNT_ID} for s in found if s.lock]

    def facts(held: Answer) -> Facts:
        return {"lock-state": (held["LockState"],)}

    return {"Snapshots": select(locks, params, facts)}
