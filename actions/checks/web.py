"""V2: a vulnerable web application: where the balancers' access logs are, and what Inspector knows of the host."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from actions.check import Check
from actions.checks.target_health import TARGETS, served
from actions.scene import Scene
from playbook.answer import Answer, Verdict, answer
from playbook.errors import DoesNotApply, Ec2irError
from playbook.gathering import both, gather
from playbook.rows import Phase
from playbook.text import many, plain

if TYPE_CHECKING:
    from mypy_boto3_inspector2.type_defs import FindingTypeDef

GRAVE = ("CRITICAL", "HIGH")


async def _logs(scene: Scene) -> tuple[list[str], list[str]]:
    """Where access logs are, in words, and what of them is missing."""
    try:
        groups = await served(scene)
        arns = sorted({arn for group in groups for arn in group.balancers})
        found = await gather(*(_log_of(scene, arn) for arn in arns))
    except (DoesNotApply, Ec2irError) as trouble:
        return [], [f"Access logs: {trouble}"]
    missing = [
        f"The balancer {name} writes no access log: who asked what is not recorded. Turn access_logs.s3 on."
        for name, place in found
        if not place
    ]
    return [
        f"{name} writes its access log to {place}: look for 4xx and 5xx there."
        for name, place in found
        if place
    ], missing


async def _log_of(scene: Scene, arn: str) -> tuple[str, str]:
    """A balancer's name and its log's place (ELB User Guide, “Access logs for your Application Load Balancer”)."""
    aws, name = scene.aws, "/".join(arn.split("/")[1:3])
    described = await aws.call(aws.elbv2.describe_load_balancer_attributes, LoadBalancerArn=arn)
    values = {a.get("Key", ""): a.get("Value", "") for a in described["Attributes"]}
    if values.get("access_logs.s3.enabled") != "true":
        return name, ""
    folder = "/".join(
        p for p in (values.get("access_logs.s3.bucket"), values.get("access_logs.s3.prefix")) if p
    )
    return name, f"s3://{folder}/AWSLogs/{aws.id}/elasticloadbalancing/{aws.region}/"


async def _vulnerabilities(scene: Scene) -> tuple[Sequence[FindingTypeDef] | None, list[str]]:
    """Inspector's active findings on the instance; None where it can't tell."""
    aws = scene.aws

    def listed() -> list[FindingTypeDef]:
        pages = aws.inspector.get_paginator("list_findings").paginate(
            filterCriteria={
                "resourceId": [{"comparison": "EQUALS", "value": scene.target.instance}],
                "findingStatus": [{"comparison": "EQUALS", "value": "ACTIVE"}],
            }
        )
        return [f for page in pages for f in page["findings"]]

    try:
        status, findings = await both(
            aws.call(aws.inspector.batch_get_account_status, accountIds=[aws.id]), aws.call(listed)
        )
    except Ec2irError as trouble:
        return None, [f"Inspector could not be asked. {trouble}"]
    states = [a["resourceState"]["ec2"]["status"] for a in status["accounts"]]
    if states != ["ENABLED"]:
        return None, [
            "Inspector does not scan this account's instances: known vulnerabilities are not known here."
        ]
    return findings, []


def in_words(findings: Sequence[FindingTypeDef]) -> tuple[str, ...]:
    """How many there are of each severity, and the gravest by name."""
    counted = Counter(f["severity"] for f in findings)
    order = ("CRITICAL", "HIGH", "MEDIUM", "LOW", "INFORMATIONAL", "UNTRIAGED")
    numbers = ", ".join(f"{counted[s]} {s.lower()}" for s in order if counted[s])
    grave = sorted(
        (f for f in findings if f["severity"] in GRAVE),
        key=lambda f: (f.get("exploitAvailable") != "YES", GRAVE.index(f["severity"]), f.get("title", "")),
    )
    return (
        f"Inspector knows {many(len(findings), 'vulnerability/vulnerabilities')} of the instance: {numbers}.",
        *(
            f"{plain(f.get('title', ''), 120)}{', an exploit is known' if f.get('exploitAvailable') == 'YES' else ''}"
            for f in grave[:5]
        ),
    )


async def look(scene: Scene) -> Answer:
    """Balancers and Inspector; what one can't say is a gap beside the other."""
    (places, missing), (findings, unknown) = await both(_logs(scene), _vulnerabilities(scene))
    evidence = {
        "access_logs": places,
        "vulnerabilities": [
            {
                "title": plain(f.get("title", "")),
                "severity": f["severity"],
                "exploit": f.get("exploitAvailable", ""),
            }
            for f in (findings or [])[:100]
        ],
    }
    gaps = (*unknown, *missing)
    if findings:
        grave = any(f["severity"] in GRAVE for f in findings)
        verdict = Verdict.NOTABLE if grave else Verdict.CLEAR
        return answer(verdict, *in_words(findings), *places, evidence=evidence, gaps=gaps)
    if findings is not None:
        says = "Inspector knows no vulnerability of the instance."
        return answer(Verdict.CLEAR, says, *places, evidence=evidence, gaps=gaps)
    says = places or ["Neither access logs nor Inspector tell anything of the web application."]
    return answer(Verdict.GAP, *says, evidence=evidence, gaps=gaps)


web = Check(
    name="web",
    title="Entry: vulnerable web application",
    row="V2",
    phase=Phase.INVESTIGATE,
    permissions=TARGETS
    | {
        "elasticloadbalancing:DescribeLoadBalancerAttributes",
        "inspector2:BatchGetAccountStatus",
        "inspector2:ListFindings",
    },
    look=look,
)
