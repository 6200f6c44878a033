"""The situations in which each action is judged. An action without a row here is judged in DEFAULTS."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from playbook.brief import Brief
from playbook.finding import Indicator
from playbook.incident import InstanceFacts
from playbook.policy import Policy
from sandbox.aws.environment import ACCOUNT_ID, REGION
from sandbox.aws.seed import Variant
from tests.laws import changes, recovering
from tests.laws.world import POLICY, World

Change = Callable[[World, str], None]
"""Something that happens in the account, to the instance of that id."""


def _nothing(world: World, instance: str) -> None:
    """The account as it was seeded."""


def _web(world: World) -> str:
    return world.seeded.web


def _miner(world: World) -> str:
    return world.seeded.miner


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One situation: which seeded account, which instance, and what happened there before the plan."""

    name: str
    variant: Variant = "asg"
    victim: Callable[[World], str] = _web
    before: Change = _nothing
    policy: Policy = POLICY
    brief: Brief = field(default_factory=Brief)
    leaks: bool = False
    """Whether the step is expected not to hold in the long run, and to say so."""

    def __str__(self) -> str:
        return self.name


USER = "build"
KNOWN = Brief(
    first=InstanceFacts(
        account=ACCOUNT_ID, region=REGION, instance="i-0123456789abcdef0", role="web-service"
    ),
    indicators=(
        Indicator(kind="identity", value=f"arn:aws:iam::{ACCOUNT_ID}:user/ci/{USER}"),
        Indicator(kind="identity", value=f"arn:aws:iam::{ACCOUNT_ID}:role/web-service"),
        Indicator(kind="access_key", value="ASIAQQQQQQQQQQQQQQQQ"),
        Indicator(kind="domain", value="pool.mining.example"),
        Indicator(kind="domain", value="evil.example"),
        Indicator(kind="ip", value="198.51.100.7"),
        Indicator(kind="ip", value="2001:db8::66"),
    ),
    settled=frozenset({"C0", "C6"}),
)
"""What an incident knows once it has been investigated."""

SCALED = Scenario(name="scaled")
ALONE = Scenario(name="alone", variant="targets")
DEV = Scenario(name="dev", victim=_miner)
SPOT = Scenario(name="spot", variant="spot")
DEFAULTS = (SCALED, DEV)

SCENARIOS: Mapping[str, tuple[Scenario, ...]] = {
    "protect": (
        SCALED,
        SPOT,
        Scenario(name="half protected", before=changes.lock),
        Scenario(name="shutdown terminates", before=changes.shutdown_terminates),
    ),
    "snapshot": (
        SCALED,
        DEV,
        Scenario(name="slow", before=changes.slow_snapshots),
        Scenario(name="encrypted", before=changes.encrypted_volume),
        Scenario(name="earlier set", before=changes.earlier_snapshot),
    ),
    "tag": (
        SCALED,
        DEV,
        Scenario(name="had the tag", before=changes.status_review),
    ),
    "isolate": (
        SCALED,
        DEV,
        Scenario(name="no forensics range", policy=Policy()),
        Scenario(name="tracked", policy=Policy(untrack=False), leaks=True),
    ),
    "deregister": (
        SCALED,
        ALONE,
        Scenario(name="classic", variant="classic"),
        Scenario(name="no room", before=changes.maximum_of_one),
    ),
    "revoke": (SCALED, DEV),
    "revoke-role": (
        SCALED,
        DEV,
        Scenario(name="profile taken off", before=changes.take_profile_off, brief=KNOWN),
    ),
    "lab": (
        # The first is where processes die at every call: one volume is enough for that.
        Scenario(name="one volume", victim=_miner, before=changes.evidence),
        Scenario(name="three volumes", before=changes.evidence),
        Scenario(name="its instance is gone", victim=_miner, before=changes.evidence_of_the_gone),
        Scenario(name="slow", victim=_miner, before=changes.slow_lab),
    ),
    "analyse": (
        Scenario(name="built", victim=_miner, before=changes.forensic_instance),
        Scenario(name="slow", victim=_miner, before=changes.slow_analysis),
    ),
    "teardown": (
        Scenario(name="built", victim=_miner, before=changes.forensic_instance),
        Scenario(name="lost its machine", victim=_miner, before=changes.lost_lab),
    ),
    "memory": (DEV, Scenario(name="slow", before=changes.slow_commands)),
    "terminate": (
        Scenario(name="evidence kept", before=changes.keep_evidence, brief=KNOWN),
        Scenario(name="dev", victim=_miner, before=changes.keep_evidence, brief=KNOWN),
    ),
    "block-domains": (
        Scenario(name="known", brief=KNOWN),
        Scenario(name="slow", before=changes.slow_firewall, brief=KNOWN),
    ),
    "block-ports": (Scenario(name="known", brief=KNOWN), DEV),
    "deactivate-keys": (Scenario(name="user", before=changes.user_with_keys, brief=KNOWN),),
    "retire-key": (SCALED, Scenario(name="tagged", before=changes.tag_key_pair)),
    "close-ports": (
        SCALED,
        Scenario(name="many rules", before=changes.open_wide),
    ),
    "replace": (
        Scenario(name="scaled", before=recovering.slow_launch, policy=recovering.GOLDEN),
        Scenario(name="alone", variant="targets", before=recovering.containers, policy=recovering.GOLDEN),
        Scenario(name="dev", victim=_miner, before=recovering.opened, policy=recovering.GOLDEN),
    ),
    "register": (
        Scenario(name="alone", variant="targets", before=recovering.replaced),
        Scenario(name="scaled", before=recovering.slow_health),
        Scenario(name="classic", variant="classic", before=recovering.replaced),
    ),
    "guardduty": (
        Scenario(name="none", before=recovering.no_detector),
        Scenario(name="suspended", before=recovering.suspend_detector),
    ),
    "imdsv2": (
        SCALED,
        DEV,
        Scenario(name="callers", before=recovering.tokenless_callers),
    ),
    "stop": (DEV, SCALED, Scenario(name="local disks", variant="targets", before=changes.slow_instances)),
}

DRIFTS: Mapping[str, Change] = {
    "lab": changes.protect_lab,
    "protect": changes.exchange_volume,
    "tag": changes.status_clean,
    "isolate": changes.open_interface,
    "deregister": changes.leave_group,
    "revoke": changes.rewrite_denials,
    "revoke-role": changes.rewrite_denials,
    "stop": changes.terminate,
    "replace": recovering.put_to_use,
    "register": recovering.end_replacement,
    "guardduty": recovering.suspend_detector,
    "imdsv2": recovering.more_hops,
    "block-domains": changes.add_domain,
    "block-ports": changes.rewrite_first_rule,
    "deactivate-keys": changes.delete_keys,
    "retire-key": changes.exchange_key_pair,
    "close-ports": changes.reopen,
}
"""What somebody else does after the step, so that undo would overwrite it."""

BEFORES: Mapping[str, Change] = {
    "lab": changes.newer_evidence,
    "analyse": changes.lose_lab,
    "teardown": changes.lose_lab,
    "protect": changes.lock,
    "snapshot": changes.attach_volume,
    "tag": changes.status_review,
    "isolate": changes.open_interface,
    "deregister": changes.leave_group,
    "revoke": changes.other_profile,
    "revoke-role": changes.other_profile,
    "terminate": changes.attach_volume,
    "replace": recovering.renew_golden,
    "register": recovering.end_replacement,
    "guardduty": recovering.make_detector,
    "imdsv2": recovering.more_hops,
    "block-domains": changes.associate_group,
    "block-ports": changes.rewrite_first_rule,
    "deactivate-keys": changes.delete_keys,
    "retire-key": changes.exchange_key_pair,
    "close-ports": changes.open_wide,
}
"""What somebody else does between plan and approval, so that it is not the same plan any more."""

RESTORES_NOTHING = frozenset({"analyse", "memory"})
"""Their undo only ends what ec2ir itself began, so nobody else can have changed it."""

ANY: tuple[Change, ...] = tuple(dict.fromkeys((*DRIFTS.values(), *BEFORES.values())))
"""For an action without a row: each of these, until one makes a difference to it."""


def scenarios_of(action: str) -> tuple[Scenario, ...]:
    """The situations in which the action is judged."""
    return SCENARIOS.get(action, DEFAULTS)


def drifts_of(action: str) -> tuple[Change, ...]:
    """What is done to its target behind its back."""
    return (DRIFTS[action],) if action in DRIFTS else ANY


def befores_of(action: str) -> tuple[Change, ...]:
    """What happens to its target before the plan is approved."""
    return (BEFORES[action],) if action in BEFORES else ANY
