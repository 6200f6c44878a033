"""A9: with which key one could log in, who else's door it opens, and who used Session Manager."""

from __future__ import annotations

from typing import TYPE_CHECKING

from actions.check import Check
from actions.checks import reads
from actions.checks.origin import RECENT
from actions.checks.sessions import KEPT_DAYS, in_words, kept_sessions
from actions.instance import state_of
from actions.scene import Scene
from aws.errors import AwsRefused
from playbook.answer import Answer, Verdict, answer
from playbook.gathering import both
from playbook.rows import Phase
from playbook.text import many, words

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import KeyPairInfoTypeDef
    from mypy_boto3_ssm.type_defs import SessionTypeDef


async def look(scene: Scene) -> Answer:
    """The key pair of the launch, the instances that share it, and the sessions of the last 30 days."""
    (key, pair, others), (active, ended) = await both(
        _key(scene), both(kept_sessions(scene, "Active"), kept_sessions(scene, "History"))
    )
    says = _about_key(key, pair, others)
    sessions = [*active, *ended]
    notable = [s for s in sessions if _notable(s, scene)]
    says += [in_words(s) for s in sessions[:5]]
    says.append(
        f"{many(len(sessions), 'Session Manager session')} in {KEPT_DAYS} days, {len(active) or 'none'} of them open."
        if sessions
        else f"No Session Manager session in {KEPT_DAYS} days."
    )
    says.append("Logins by SSH itself are recorded on the host only: see its processes, and its disk.")
    evidence = {
        "key": key,
        "fingerprint": pair.get("KeyFingerprint", "") if pair else "",
        "others": others[:50],
        "sessions": [in_words(s) for s in sessions[:100]],
    }
    return answer(Verdict.NOTABLE if notable else Verdict.CLEAR, *says, evidence=evidence)


def _about_key(key: str, pair: KeyPairInfoTypeDef | None, others: list[str]) -> list[str]:
    if not key:
        return ["It was launched without a key pair: keys on it were put there later, if there are any."]
    made = pair.get("CreateTime") if pair else None
    return [
        f"Key pair {key}"
        + (f", made {made:%Y-%m-%d}" if made else "")
        + ("." if pair else ", which EC2 has no longer: it was deleted, but still opens the instance."),
        f"It opens {many(len(others), 'more instance')} here: {words(others)}."
        if others
        else "It opens no other instance here.",
    ]  # fmt: skip


def _notable(session: SessionTypeDef, scene: Scene) -> bool:
    """Open now, recent, or by somebody who is a known indicator."""
    began = session.get("StartDate")
    recent = began is not None and scene.now - began < RECENT
    return recent or "EndDate" not in session or session.get("Owner", "") in scene.brief.values("identity")


async def _key(scene: Scene) -> tuple[str, KeyPairInfoTypeDef | None, list[str]]:
    name = (await reads.instance(scene)).get("KeyName", "")
    if not name:
        return "", None, []
    pair, others = await both(_pair(scene, name), _others(scene, name))
    return name, pair, others


async def _pair(scene: Scene, name: str) -> KeyPairInfoTypeDef | None:
    try:
        answer = await scene.aws.call(scene.aws.ec2.describe_key_pairs, KeyNames=[name])
    except AwsRefused as refusal:
        if refusal.code != "InvalidKeyPair.NotFound":
            raise
        return None
    return next(iter(answer["KeyPairs"]), None)


async def _others(scene: Scene, name: str) -> list[str]:
    def read() -> list[str]:
        pages = scene.aws.ec2.get_paginator("describe_instances").paginate(
            Filters=[{"Name": "key-name", "Values": [name]}]
        )
        every = (i for page in pages for r in page["Reservations"] for i in r.get("Instances", []))
        return sorted(
            i.get("InstanceId", "") for i in every if state_of(i) not in ("terminated", "shutting-down")
        )

    return [i for i in await scene.aws.call(read) if i != scene.target.instance]


access = Check(
    name="access",
    title="SSH key used for access",
    row="A9",
    phase=Phase.INVESTIGATE,
    permissions=reads.INSTANCE | {"ec2:DescribeKeyPairs", "ssm:DescribeSessions"},
    look=look,
)
