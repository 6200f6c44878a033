"""Domain values for storage tests, each with the fields that a test is about."""

from datetime import UTC, datetime, timedelta
from typing import Any

from playbook.approval import LIFETIME, Approval
from playbook.environment import Environment
from playbook.finding import Finding, FindingKey, FindingType, Indicator, Scope, Severity
from playbook.incident import Incident, IncidentState, InstanceFacts
from playbook.outbox import Message, Post, Urgency
from playbook.people import Person
from playbook.proposal import Kind, LeftOut, Proposal, ProposedStep
from playbook.run import RunRecord, RunState
from playbook.target import Target

NOON = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
ACCOUNT, REGION, WEB, OTHER = "111111111111", "eu-west-1", "i-0123456789abcdef0", "i-0fedcba9876543210"
ANA, BO, CHAI = (Person(id=f"U0{n.upper()}", name=n) for n in ("ana", "bo", "chai"))


def incident(id: str = "I1", **fields: Any) -> Incident:  # noqa: A002
    known: dict[str, Any] = {
        "state": IncidentState.OPEN,
        "opened": NOON,
        "title": "Backdoor:EC2/C&CActivity.B on web-1",
        "severity": Severity.HIGH,
        "environment": Environment.NONPRODUCTION,
    }
    return Incident(id=id, **(known | fields))


def facts(instance: str = WEB, **fields: Any) -> InstanceFacts:
    return InstanceFacts(account=ACCOUNT, region=REGION, instance=instance, **fields)


def target(instance: str = WEB, incident: str = "I1") -> Target:
    return Target(account=ACCOUNT, region=REGION, instance=instance, incident=incident)


def key(id: str = "f1") -> FindingKey:  # noqa: A002
    return FindingKey(account=ACCOUNT, region=REGION, id=id)


def finding(id: str = "f1", **fields: Any) -> Finding:  # noqa: A002
    known: dict[str, Any] = {
        "source": "guardduty",
        "type": FindingType(full="Backdoor:EC2/C&CActivity.B"),
        "scope": Scope.INSTANCE,
        "score": 8.0,
        "title": "web-1 talks to a command-and-control server",
        "description": "…",
        "instances": (WEB,),
        "count": 3,
        "first_seen": NOON,
        "last_seen": NOON,
        "updated": NOON,
        "indicators": (Indicator(kind="ip", value="198.51.100.7", about="peer"),),
    }
    return Finding(key=key(id), **(known | fields))


def proposal(id: str = "p1", *actions: str, **fields: Any) -> Proposal:  # noqa: A002
    known: dict[str, Any] = {
        "target": target(),
        "kind": Kind.DO,
        "steps": tuple(
            ProposedStep(action=a, body={"interfaces": {"eni-1": ["sg-1"]}}, fingerprint=f"hash of {a}")
            for a in actions or ("snapshot", "isolate")
        ),
        "left_out": (LeftOut(action="deregister", why="no balancer knows it"),),
        "proposer": ANA,
        "environment": Environment.PRODUCTION,
        "made": NOON,
        "expires": NOON + LIFETIME,
    }
    return Proposal(id=id, **(known | fields))


def approval(person: Person = BO, at: datetime = NOON, **fields: Any) -> Approval:
    return Approval(person=person, at=at, **fields)


def run(id: str = "p1", **fields: Any) -> RunRecord:  # noqa: A002
    known: dict[str, Any] = {
        "target": target(),
        "kind": Kind.DO,
        "state": RunState.APPROVED,
        "approved": NOON,
    }
    return RunRecord(id=id, **(known | fields))


def message(key: str, post: Post = Post.THREAD, **fields: Any) -> Message:
    known: dict[str, Any] = {"incident": "I1", "at": NOON, "body": {"text": key}, "urgency": Urgency.SOON}
    return Message(key=key, post=post, **(known | fields))
