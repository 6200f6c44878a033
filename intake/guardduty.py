"""GuardDuty: from a finding as it is sent to a finding as the playbook knows it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import cast

from intake import wire
from intake.envelope import NOTHING_OPENED
from intake.indicators import indicators_of
from intake.shapes import INSTANCE, NAMED, shaped
from playbook.errors import BadInput
from playbook.finding import Finding, FindingKey, FindingType, Scope
from playbook.text import plain, words

SOURCE = "guardduty"

# What runs on an instance, beside the instance itself. Their findings carry `instanceDetails` when there is a host
# (and not on Fargate), whatever `resourceType` says; so the type decides.
_HOSTED = frozenset({"EC2", "Runtime", "Container", "ECS", "EKS", "Kubernetes"})
# Findings about an identity that is an instance's own: its credentials are in other hands.
_STOLEN = (
    "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration",
    "UnauthorizedAccess:IAMUser/TorIPCaller",
)
_LOOK = "Look at the message as it came, and at the finding in GuardDuty's console."


def parse(body: Mapping[str, object]) -> Finding:
    """The finding in `body`: GuardDuty's own members, camelCase (EventBridge) or PascalCase (boto3).

    A finding that is not about instances has scope OTHER and names none. Types that are not known yet are read like
    any other. Raises BadInput when a member that counts is missing or makes no sense, or when the finding is about an
    instance and does not say which.
    """
    sent = shaped(wire.Finding, body, "a finding as GuardDuty writes it", _LOOK)
    kind = FindingType(full=sent.type)
    instances, elsewhere = _instances(sent, kind)
    about_instances = bool(instances) and _is_hosted(sent, kind)
    if not instances and _must_name_one(sent, kind):
        raise BadInput(
            f"The finding {plain(sent.type)} {sent.id} is about an instance and names none. {elsewhere}".strip(),
            means=NOTHING_OPENED,
            then="GuardDuty leaves it out when the instance was gone already; look for it in CloudTrail.",
        )
    service = sent.service
    first_seen = service.event_first_seen or sent.created_at or sent.updated_at
    return Finding(
        key=FindingKey(account=sent.account_id, region=sent.region, id=sent.id),
        source=SOURCE,
        type=kind,
        scope=Scope.INSTANCE if about_instances else Scope.OTHER,
        score=sent.severity,
        title=plain(sent.title or sent.type, 300),
        description=f"{plain(sent.description, 1500)} {elsewhere}".strip(),
        instances=instances if about_instances else (),
        count=service.count,
        first_seen=first_seen,
        last_seen=service.event_last_seen or sent.updated_at,
        updated=sent.updated_at,
        archived=service.archived,
        sample=_is_sample(service),
        actor=service.resource_role.upper() == "ACTOR",
        caller=_caller(sent),
        indicators=indicators_of(service),
    )


def _is_hosted(sent: wire.Finding, kind: FindingType) -> bool:
    return (
        kind.resource in _HOSTED or kind.full.startswith(_STOLEN) or sent.resource.resource_type == "Instance"
    )


def _must_name_one(sent: wire.Finding, kind: FindingType) -> bool:
    # An EC2 type may also be about a snapshot, an image or a flow log; then its resource type says so.
    declared = sent.resource.resource_type
    return declared == "Instance" or (kind.resource == "EC2" and declared in {"", "AttackSequence"})


def _instances(sent: wire.Finding, kind: FindingType) -> tuple[tuple[str, ...], str]:
    """The ids of the finding's instances, each once, and a sentence on what it names besides."""
    if kind.purpose != "AttackSequence":
        named = sent.resource.instance_details.instance_id
        return ((_instance_id(named),) if named else ()), ""
    here: dict[str, None] = {}
    elsewhere: list[str] = []
    for resource in sent.service.detection.sequence.resources:
        if resource.resource_type != "EC2_INSTANCE":
            continue
        named = NAMED.fullmatch(resource.uid) or NAMED.fullmatch(resource.name)
        region, account, instance = named.groups("") if named else ("", "", "")
        account = resource.account_id or account or sent.account_id
        region = resource.region or region or sent.region
        if instance and (account, region) == (sent.account_id, sent.region):
            here[instance] = None
        else:
            unclear = instance or resource.uid or "an unnamed one"
            elsewhere.append(plain(f"{unclear} in {account} {region}", 120))
    also = f"It also names {words(elsewhere)}, which can't be handled along with it."
    return tuple(here), also if elsewhere else ""


def _instance_id(text: str) -> str:
    if not INSTANCE.fullmatch(text):
        raise BadInput(
            f"The finding names the instance “{plain(text, 40)}”, which is no instance id.",
            means=NOTHING_OPENED,
            then=_LOOK,
        )
    return text


def _is_sample(service: wire.Service) -> bool:
    """`additionalInfo` says `sample` itself on EventBridge, and within the JSON text `value` elsewhere."""
    told = {name.lower(): value for name, value in (service.additional_info or {}).items()}
    return told.get("sample") is True or _value(told.get("value")).get("sample") is True


def _value(text: object) -> Mapping[str, object]:
    try:
        value: object = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        return {}
    return cast("dict[str, object]", value) if isinstance(value, dict) else {}


def _caller(sent: wire.Finding) -> str:
    key, action = sent.resource.access_key_details, sent.service.action
    if key and action and action.aws_api_call_action:
        return plain(key.user_name or key.principal_id)
    users = (actor.user for actor in sent.service.detection.sequence.actors or ())
    return next((plain(user.name or user.uid) for user in users if user.name or user.uid), "")
