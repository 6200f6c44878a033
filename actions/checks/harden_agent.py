"""H4: the CloudWatch agent runs: it sends metrics, or the inventory of Systems Manager lists it as installed.

An agent that is set up without the instance's id as a dimension shows only in the inventory.
"""

from __future__ import annotations

from actions.check import Check, Of, When
from actions.checks import reads
from actions.checks.regions import fleet_here
from actions.scene import Scene
from playbook.answer import Answer, Verdict, answer
from playbook.gathering import both
from playbook.rows import Phase
from playbook.text import many, words

AGENT, NAMESPACE = "amazon-cloudwatch-agent", "CWAgent"
"""The package, and the agent's default namespace (CloudWatch User Guide, “CloudWatch agent”)."""
_PERMISSIONS = frozenset({"cloudwatch:ListMetrics", "ssm:GetInventory"})


async def sending(scene: Scene) -> frozenset[str]:
    """The instances that sent the agent's metrics in the last three hours."""

    def listed() -> frozenset[str]:
        pages = scene.aws.cloudwatch.get_paginator("list_metrics").paginate(
            Namespace=NAMESPACE, RecentlyActive="PT3H"
        )
        dimensions = (d for page in pages for m in page["Metrics"] for d in m.get("Dimensions", []))
        return frozenset(d.get("Value", "") for d in dimensions if d.get("Name") == "InstanceId")

    return await scene.once("agent-metrics", lambda: scene.aws.call(listed))


async def installed(scene: Scene) -> frozenset[str]:
    """The instances whose inventory lists the agent."""

    def listed() -> frozenset[str]:
        pages = scene.aws.ssm.get_paginator("get_inventory").paginate(
            Filters=[{"Key": "AWS:Application.Name", "Values": [AGENT], "Type": "Equal"}]
        )
        return frozenset(e.get("Id", "") for page in pages for e in page["Entities"])

    return await scene.once("agent-inventory", lambda: scene.aws.call(listed))


async def look(scene: Scene) -> Answer:
    """The instance's own agent."""
    name = scene.target.instance
    _, (metrics, inventory) = await both(reads.instance(scene), both(sending(scene), installed(scene)))
    evidence = {"metrics": name in metrics, "inventory": name in inventory}
    if name in metrics:
        return answer(
            Verdict.CLEAR, "The CloudWatch agent sent metrics in the last three hours.", evidence=evidence
        )
    if name in inventory:
        return answer(
            Verdict.CLEAR,
            "The inventory lists the CloudWatch agent; no metrics under the instance's id in three hours.",
            evidence=evidence,
        )
    return answer(
        Verdict.NOTABLE,
        "No sign of the CloudWatch agent: no metrics in three hours, and the inventory does not list it.",
        "Systems Manager installs it with AWS-ConfigureAWSPackage and starts it with AmazonCloudWatch-ManageAgent.",
        evidence=evidence,
    )


async def look_around(scene: Scene) -> Answer:
    """Every running instance of the region."""
    instances, (metrics, inventory) = await both(fleet_here(scene), both(sending(scene), installed(scene)))
    running = sorted(
        i.get("InstanceId", "") for i in instances if i.get("State", {}).get("Name") == "running"
    )
    without = [i for i in running if i not in metrics | inventory]
    evidence = {"running": len(running), "without": without[:200]}
    if not running:
        return answer(Verdict.NOT_APPLICABLE, "No instance is running in the region.", evidence=evidence)
    if not without:
        says = f"The CloudWatch agent is on every running instance, {len(running)} in all."
        return answer(Verdict.CLEAR, says, evidence=evidence)
    says = (
        f"No sign of the CloudWatch agent on {len(without)} of {many(len(running), 'running instance')}: "
        f"{words(without)}."
    )
    return answer(Verdict.NOTABLE, says, evidence=evidence)


h4 = Check(
    name="h4",
    title="CloudWatch agent",
    row="H4",
    phase=Phase.HARDEN,
    permissions=_PERMISSIONS | reads.INSTANCE,
    look=look,
    when=When.ASKED,
)
audit_h4 = Check(
    name="audit-h4",
    title="CloudWatch agent, in the whole region",
    row="H4",
    phase=Phase.HARDEN,
    permissions=_PERMISSIONS | reads.INSTANCE,
    look=look_around,
    when=When.ASKED,
    of=Of.ACCOUNT,
)
