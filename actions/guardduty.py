"""Turn GuardDuty on in this region: without a detector nobody hears of the next attack."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from actions.action import Action, Look
from actions.run import INCIDENT_TAG, Run
from aws.account import Account
from aws.errors import AwsRefused
from playbook.approval import Risk
from playbook.errors import DoesNotApply, Drift
from playbook.plan import Change, Shown
from playbook.proof import Proof, Rung
from playbook.rows import Phase
from playbook.target import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Watching:
    """The plan: `detector` is the suspended one, empty where there is none."""

    target: Target
    detector: str

    def show(self) -> Shown:
        """The plan in words."""
        before = "detector suspended" if self.detector else "no detector"
        return Shown(
            changes=(
                Change(subject=f"GuardDuty in {self.target.region}", before=before, after="detector enabled"),
            ),
            calls=("1 × UpdateDetector" if self.detector else "1 × CreateDetector",),
            notes=(
                "it reads CloudTrail events, VPC flow logs and DNS logs by itself; nothing is installed",
                "only this account and region: others need a detector of their own",
            ),
            keeps=("instances and network: GuardDuty looks on from outside",),
            warnings=(
                "It costs money, by events and gigabytes analysed; for a new detector AWS gives 30 days for free.",
                *(
                    ("A new detector also turns on the protection plans that AWS has on by default.",)
                    if not self.detector
                    else ()
                ),
                *(
                    ("Somebody suspended it, perhaps on purpose: find out who and why.",)
                    if self.detector
                    else ()
                ),
            ),
            undo="yes: suspended again"
            if self.detector
            else "yes: the detector is deleted, and its findings with it",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Detector:
    id: str
    on: bool
    incident: str
    """The incident for which it was made, or empty."""


async def _detector(aws: Account) -> _Detector | None:
    """The region's detector; there is one at most (GuardDuty API reference, CreateDetector)."""
    ids = (await aws.call(aws.guardduty.list_detectors))["DetectorIds"]
    if not ids:
        return None
    found = await aws.call(aws.guardduty.get_detector, DetectorId=ids[0])
    tags = found.get("Tags", {})
    return _Detector(id=ids[0], on=found["Status"] == "ENABLED", incident=tags.get(INCIDENT_TAG, ""))


async def plan(target: Target, aws: Account) -> Watching:
    """Record whether there is a detector, and whether it is on."""
    found = await _detector(aws)
    if found is not None and found.on:
        raise DoesNotApply(f"GuardDuty is on in {aws.region}.")
    return Watching(target=target, detector=found.id if found is not None else "")


async def execute(plan: Watching, run: Run) -> None:
    """Create the detector, or take up the suspended one."""
    if plan.detector:
        await _switch(plan.detector, run, on=True)
        return
    aws = run.aws

    async def look() -> str | None:
        found = await _detector(aws)
        return found.id if found is not None and found.on else None

    async def create() -> str:
        try:
            made = await aws.call(
                aws.guardduty.create_detector,
                Enable=True,
                ClientToken=hashlib.sha256(f"guardduty {run.id}".encode()).hexdigest(),
                Tags=run.tags,
            )
        except AwsRefused:
            # Somebody turned it on meanwhile: what is wanted is there, and it is not ours to delete.
            there = await look()
            if there is None:
                raise
            return there
        return made["DetectorId"]

    await run.write("create detector", create, look=look)


async def _switch(detector: str, run: Run, *, on: bool) -> None:
    async def update() -> None:
        await run.aws.call(run.aws.guardduty.update_detector, DetectorId=detector, Enable=on)

    await run.write("enable detector" if on else "suspend detector", update)


async def verify(plan: Watching, look: Look) -> Proof:
    """What GuardDuty says of itself now."""
    found = await _detector(look.aws)
    if found is None:
        return Proof(rung=Rung.ABSENT, says=(f"no detector in {plan.target.region}",))
    if not found.on:
        return Proof(rung=Rung.ABSENT, says=(f"detector {found.id} is suspended",))
    return Proof(rung=Rung.PROVED, says=(f"detector {found.id} is on in {plan.target.region}",))


async def undo(plan: Watching, run: Run) -> None:
    """Suspend what was suspended, delete what this incident made."""
    found = await _detector(run.aws)
    if plan.detector:
        if found is None or found.id != plan.detector:
            raise _other("The detector that was suspended is gone.")
        if found.on:
            await _switch(plan.detector, run, on=False)
        return
    if found is None:
        return
    if found.incident != run.incident:
        raise _other("The detector of this region was not made by this step.")
    if not found.on:
        raise _other("Somebody suspended the detector since.")
    aws = run.aws

    async def delete() -> None:
        await aws.call(aws.guardduty.delete_detector, DetectorId=found.id)

    await run.write("delete detector", delete)


def _other(what: str) -> Drift:
    return Drift(
        what,
        means="Undoing would change what somebody else decided.",
        then="Look at GuardDuty's settings, and change them by hand if they must be changed.",
    )


guardduty = Action(
    name="guardduty",
    title="Turn GuardDuty on",
    row="R5",
    phase=Phase.RECOVER,
    risk=Risk.REVERSIBLE,
    permissions=frozenset(
        {
            "guardduty:CreateDetector",
            "guardduty:DeleteDetector",
            "guardduty:GetDetector",
            "guardduty:ListDetectors",
            "guardduty:TagResource",
            "guardduty:UpdateDetector",
        }
    ),
    plan=plan,
    execute=execute,
    verify=verify,
    undo=undo,
)
