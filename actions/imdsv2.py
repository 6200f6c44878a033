"""Require IMDSv2: a forged request can no longer fetch the role's keys from the instance's metadata."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from actions.action import Action, Look
from actions.instance import alive, gone, seen, state_of
from actions.run import Run
from aws.account import Account
from aws.errors import AwsRefused
from playbook.approval import Risk
from playbook.errors import DoesNotApply, Drift
from playbook.gathering import both
from playbook.plan import PASSING, Change, Shown
from playbook.proof import Proof, Rung
from playbook.rows import Phase
from playbook.target import Target

if TYPE_CHECKING:
    from mypy_boto3_ec2.literals import HttpTokensStateType
    from mypy_boto3_ec2.type_defs import InstanceTypeDef

WINDOW = timedelta(days=14)
"""How far back callers without a token are looked for: whatever runs once a week shows at least once."""
UNKNOWN = -1
_HOUR = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class TokensRequired:
    """The plan; tokens are optional before it. `hops` is how many hops an answer may take.

    `calls` are those made without a token within `WINDOW`, UNKNOWN where CloudWatch does not say.
    """

    target: Target
    hops: int
    calls: int = field(metadata=PASSING)

    def show(self) -> Shown:
        """The plan in words."""
        days = f"in the last {WINDOW.days} days"
        seen_calls = {
            UNKNOWN: f"CloudWatch does not say whether anything called without a token {days}: look before approving.",
            0: "",
        }.get(
            self.calls,
            f"{self.calls} calls were made without a token {days}: whatever makes them will get 401.",
        )
        container = (
            "Answers travel one hop: software in a container with a network of its own gets no token."
            if self.hops == 1
            else ""
        )
        return Shown(
            changes=(
                Change(
                    subject=f"metadata service of {self.target.instance}",
                    before="tokens optional (IMDSv1 and IMDSv2)",
                    after="tokens required (IMDSv2 only)",
                ),
            ),
            calls=("1 × ModifyInstanceMetadataOptions",),
            notes=(
                *((f"no call was made without a token {days}",) if self.calls == 0 else ()),
                f"the hop limit stays {self.hops}",
            ),
            breaks=("programs on the instance that ask for metadata the old way, such as outdated SDKs",)
            if self.calls
            else (),
            keeps=("programs that fetch a token first: every AWS SDK of the last years does",),
            warnings=tuple(w for w in (seen_calls, container) if w),
            undo="yes: tokens are made optional again",
        )


def _tokens(instance: InstanceTypeDef) -> HttpTokensStateType:
    return instance.get("MetadataOptions", {}).get("HttpTokens", "optional")


async def plan(target: Target, aws: Account) -> TokensRequired:
    """Record the options, and how much would break."""
    described, calls = await both(seen(aws, target.instance), _calls(aws, target.instance))
    found = alive(described, target)
    options = found.get("MetadataOptions", {})
    if options.get("HttpEndpoint") == "disabled":
        raise DoesNotApply("The instance's metadata service is off: nothing can be asked of it.")
    if _tokens(found) == "required":
        raise DoesNotApply("The instance requires IMDSv2 already.")
    if state_of(found) not in ("running", "stopped"):
        raise DoesNotApply(
            f"The instance is {state_of(found)}: AWS changes metadata options while it runs or is stopped.",
            then="Plan again when that has ended.",
        )
    return TokensRequired(
        target=target,
        hops=options.get("HttpPutResponseHopLimit", 1),
        calls=calls,
    )


async def _calls(aws: Account, instance: str) -> int:
    """How many calls without a token succeeded; CloudWatch not answering must not keep a door open."""
    end = aws.clock()
    try:
        answer = await aws.call(
            aws.cloudwatch.get_metric_statistics,
            Namespace="AWS/EC2",
            MetricName="MetadataNoToken",
            Dimensions=[{"Name": "InstanceId", "Value": instance}],
            StartTime=end - WINDOW,
            EndTime=end,
            Period=_HOUR,
            Statistics=["Sum"],
        )
    except AwsRefused:
        return UNKNOWN
    points = answer["Datapoints"]
    return round(sum(p.get("Sum", 0.0) for p in points)) if points else UNKNOWN


async def execute(plan: TokensRequired, run: Run) -> None:
    """Ask for it, unless an earlier attempt did: the host would work through the same change once more."""
    await _set(plan, run, "required", "require tokens")


async def _set(plan: TokensRequired, run: Run, tokens: HttpTokensStateType, key: str) -> None:
    async def look() -> str | None:
        found = await seen(run.aws, plan.target.instance)
        return tokens if found is not None and _tokens(found) == tokens else None

    async def modify() -> str:
        change = run.aws.ec2.modify_instance_metadata_options
        await run.aws.call(change, InstanceId=plan.target.instance, HttpTokens=tokens)
        return tokens

    await run.write(key, modify, look=look)


async def verify(plan: TokensRequired, look: Look) -> Proof:
    """The options, and whether the host works with them already."""
    found = await seen(look.aws, plan.target.instance)
    if found is None:
        return Proof(rung=Rung.CONTRADICTED, says=("the instance is terminated",))
    if _tokens(found) != "required":
        return Proof(rung=Rung.ABSENT, says=("the metadata service answers without a token",))
    if found.get("MetadataOptions", {}).get("State") == "pending":
        return Proof(
            rung=Rung.CONFIGURED,
            says=("tokens are required, the host has not taken it over yet",),
            waits="the host to work with the new options",
            again=timedelta(seconds=15),
        )
    return Proof(rung=Rung.PROVED, says=("the metadata service answers only with a token",))


async def undo(plan: TokensRequired, run: Run) -> None:
    """Make tokens optional again, if nothing else of the service was changed."""
    found = await seen(run.aws, plan.target.instance)
    if found is None:
        raise gone(plan.target)
    options = found.get("MetadataOptions", {})
    if options.get("HttpPutResponseHopLimit", 1) != plan.hops or options.get("HttpEndpoint") == "disabled":
        raise Drift(
            "The instance's metadata options were changed since.",
            means="Somebody set the hop limit or the endpoint anew, so tokens may be required on purpose.",
            then="Make tokens optional by hand if they must be.",
        )
    if _tokens(found) == "optional":
        return
    await _set(plan, run, "optional", "tokens as before")


imdsv2 = Action(
    name="imdsv2",
    title="Require IMDSv2",
    row="R6",
    phase=Phase.RECOVER,
    risk=Risk.REVERSIBLE,
    permissions=frozenset(
        {
            "cloudwatch:GetMetricStatistics",
            "ec2:DescribeInstances",
            "ec2:ModifyInstanceMetadataOptions",
        }
    ),
    plan=plan,
    execute=execute,
    verify=verify,
    undo=undo,
)
