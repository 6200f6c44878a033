"""Taking a forensic instance down: what `teardown` does, and what the undo of `lab` does."""

from __future__ import annotations

from actions import evidence
from actions.evidence import Lab
from actions.polling import settled
from actions.run import Run
from aws.errors import AwsRefused
from playbook.errors import StepFailed
from playbook.gathering import gather
from playbook.target import Target

_PATIENCE = (1.0, 2.0, 4.0, *(8.0 for _ in range(20)))
"""Seconds between looks while it shuts down: under three minutes, then the step fails and can be retried."""
_GONE = frozenset({"InvalidVolume.NotFound", "InvalidGroup.NotFound"})


async def dismantle(target: Target, run: Run) -> None:
    """Terminate it, then delete its volumes and its group; what is gone already is not missed."""
    aws = run.aws
    there = await evidence.find(aws, target)
    ids = [i.get("InstanceId", "") for i in there.instances]

    async def terminate() -> None:
        await aws.call(aws.ec2.terminate_instances, InstanceIds=ids)

    if ids:
        await run.write(f"terminate {' '.join(ids)}", terminate)
    left = await settled(lambda: evidence.find(aws, target), _free, run.pause, _PATIENCE)
    if not _free(left):
        raise StepFailed(
            "The forensic instance is still shutting down.",
            means="Its volumes and its group are still there, and the volumes cost money.",
            then="Retry this step in a minute.",
        )
    await gather(*(_delete_volume(run, v.get("VolumeId", "")) for v in left.volumes))
    await gather(*(_delete_group(run, g.get("GroupId", "")) for g in left.groups))


def _free(there: Lab) -> bool:
    held = any(v.get("State") == "in-use" for v in there.volumes)
    return not (there.instances or there.leaving or held)


async def _delete_volume(run: Run, volume: str) -> None:
    async def delete() -> None:
        try:
            await run.aws.call(run.aws.ec2.delete_volume, VolumeId=volume)
        except AwsRefused as refusal:
            if refusal.code not in _GONE:
                raise

    await run.write(f"delete {volume}", delete)


async def _delete_group(run: Run, group: str) -> None:
    async def delete() -> None:
        try:
            await run.aws.call(run.aws.ec2.delete_security_group, GroupId=group)
        except AwsRefused as refusal:
            if refusal.code not in _GONE:
                raise

    await run.write(f"delete {group}", delete)
