"""The laws of checks: what holds for every one there is, and for the next one that somebody adds."""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping

import pytest

from actions.check import Check
from actions.checks.catalogue import CHECKS
from playbook.answer import LONGEST, MOST, Answer, Verdict
from playbook.brief import Brief
from playbook.indicators import normal
from playbook.plan import dump_json
from playbook.rows import BY_ID
from sandbox.aws.world import Process
from tests.laws.looks import HOSTILE, KNOWN, NAME, Kit, Look, Place, kit, place
from tests.laws.permissions import permissions_for
from tests.laws.wire import READS

pytestmark = pytest.mark.emulator

EVERY = [pytest.param(check, id=check.name) for check in CHECKS]
LOOKS = (*READS, "Lookup", "StartQuery", "Search", "BatchGet")
"""What the names of operations begin with that change nothing; a query is run, and nothing else happens."""
ASKS_THE_HOST = "ssm:SendCommand"
"""What a check must declare to send its one command, whose script only reads."""
LARGEST = 64_000
"""Characters of an answer's evidence as JSON."""


def _arranged(at: Place) -> None:
    """What the seeded account lacks: a prefix list in a rule, policies, hostile names and processes.

    Whoever owns the instance may write what they like into its tags, and so may whoever owns the host.
    """
    ec2, iam, seeded = at.client("ec2"), at.client("iam"), at.seeded
    made = ec2.create_managed_prefix_list(
        PrefixListName="partners", MaxEntries=5, AddressFamily="IPv4", Entries=[{"Cidr": "203.0.113.0/24"}]
    )["PrefixList"]["PrefixListId"]
    rule = {"IpProtocol": "tcp", "FromPort": 8443, "ToPort": 8443, "PrefixListIds": [{"PrefixListId": made}]}
    ec2.authorize_security_group_ingress(GroupId=seeded.network.web_group, IpPermissions=[rule])
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    arn = iam.create_policy(PolicyName="wide", PolicyDocument=json.dumps(document))["Policy"]["Arn"]
    iam.attach_role_policy(RoleName=seeded.role, PolicyArn=arn)
    deny = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}]}
    iam.put_role_policy(RoleName=seeded.role, PolicyName="ec2ir-inc-7", PolicyDocument=json.dumps(deny))
    tags = [{"Key": key, "Value": NAME} for key in ("Name", "Owner", "note")]
    ec2.create_tags(Resources=[seeded.web, *seeded.web_volumes], Tags=tags)
    host = at.host(seeded.web)
    host.processes += (
        Process(pid=6_666, user=HOSTILE[:40], command=HOSTILE * 9, executable=f"/tmp/{HOSTILE}"),
    )


LEFT_OUT: Mapping[str, frozenset[str]] = {}
"""Permissions for calls that no arrangement here can bring about, with the check that declares them."""


@pytest.fixture(scope="module")
def tools() -> Generator[Kit]:
    with kit() as made:
        yield made


@pytest.fixture(scope="module")
def usual(tools: Kit) -> Generator[Place]:
    """One account for all checks: they only read."""
    with place(tools, _arranged) as made:
        yield made


def _safe(answer: Answer) -> None:
    lines = (*answer.says, *answer.gaps)
    assert all(line.isprintable() and len(line) <= LONGEST for line in lines)
    assert len(answer.says) <= MOST
    assert all(normal(indicator) for indicator in answer.indicators)
    assert len(json.dumps(dump_json(answer)["evidence"])) <= LARGEST


@pytest.mark.parametrize("check", EVERY)
class TestEveryCheck:
    def test_it_stands_in_a_row_of_the_playbook(self, check: Check) -> None:
        assert {check.row, *check.also} <= set(BY_ID)

    async def test_it_answers_in_words_however_hostile_the_names(self, check: Check, usual: Place) -> None:
        look = await usual.look(check, usual.seeded.web)
        assert look.answer.says or look.answer.gaps
        _safe(look.answer)

    async def test_it_only_reads(self, check: Check, usual: Place) -> None:
        look = await usual.look(check, usual.seeded.web)
        writes = {f"{c.service}:{c.operation}" for c in look.sent if not c.operation.startswith(LOOKS)}
        assert writes <= ({ASKS_THE_HOST} & check.permissions)

    async def test_its_calls_are_its_permissions(self, check: Check, usual: Place) -> None:
        looks = [await usual.look(check, i) for i in (usual.seeded.web, usual.seeded.miner)]
        looks.append(await usual.look(check, usual.seeded.web, brief=Brief(indicators=KNOWN)))
        made = {p for one in looks for call in one.sent for p in permissions_for(call)}
        assert made == check.permissions - LEFT_OUT.get(check.name, frozenset())

    async def test_a_refusal_of_any_one_call_becomes_words(self, check: Check, usual: Place) -> None:
        plain = await usual.look(check, usual.seeded.web)
        for operation in sorted({call.operation for call in plain.sent}):
            refused = await usual.look(check, usual.seeded.web, refused=operation)
            assert _said(refused, operation), f"{operation} was refused, and nothing says so"
            _safe(refused.answer)

    async def test_a_throttled_call_becomes_words(self, check: Check, usual: Place) -> None:
        plain = await usual.look(check, usual.seeded.web)
        if not any(call.operation == "LookupEvents" for call in plain.sent):
            return
        usual.kit.refuser.code = "ThrottlingException"
        try:
            refused = await usual.look(check, usual.seeded.web, refused="LookupEvents")
        finally:
            usual.kit.refuser.code = "AccessDenied"
        assert "look-ups a second" in " ".join((*refused.answer.says, *refused.answer.gaps))


def _said(look: Look, operation: str) -> bool:
    """Whether the answer admits that something is missing."""
    answer = look.answer
    whole = " ".join((*answer.says, *answer.gaps))
    return answer.verdict is Verdict.GAP or bool(answer.gaps) or operation in whole
