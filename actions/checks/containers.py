"""V5: whether containers run on the host, how far they could reach out of themselves, and what says so.

Sources: EC2 User Guide, “Transition to using IMDSv2” (a hop limit of 2 lets containers reach the metadata service);
the tags that ECS and EKS put on their instances; what the host itself says of its processes (A10's command).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from actions.check import Check
from actions.checks import processes, reads
from actions.checks.harden_imds import requires_token
from actions.checks.process_list import Listing, Process, read
from actions.instance import tags_of
from actions.scene import Scene
from playbook.answer import Answer, Verdict, answer
from playbook.errors import Ec2irError
from playbook.rows import Phase
from playbook.text import many, words

RUNTIMES = ("dockerd", "containerd", "crio", "podman", "kubelet", "runc", "ecs-agent", "amazon-ecs-agent")
_SHIMS = ("containerd-shim", "docker-proxy", "conmon")
"""Processes of which one runs for each container, or each of its published ports."""
ESCAPES = ("nsenter", "--privileged", "docker.sock", "/proc/1/root", "release_agent", "unshare ")
"""Words in a command that leave a container, or are about to (MITRE ATT&CK T1611, Escape to Host)."""


def managed_by(tags: Mapping[str, str]) -> tuple[str, ...]:
    """The container services whose tags the instance carries."""
    names = [
        ("ECS", "aws:ecs:"),
        ("EKS", "eks:"),
        ("EKS", "aws:eks:"),
        ("Kubernetes", "kubernetes.io/cluster/"),
    ]
    return tuple(
        dict.fromkeys(service for service, prefix in names if any(k.startswith(prefix) for k in tags))
    )


def runtimes(listed: Iterable[Process]) -> tuple[str, ...]:
    """The container runtimes among the processes, by the file that they run from."""
    names = {p.executable.removesuffix(" (deleted)").rpartition("/")[2] for p in listed}
    return tuple(sorted(n for n in names if n.startswith((*RUNTIMES, *_SHIMS))))


def escaping(listed: Iterable[Process]) -> tuple[Process, ...]:
    """Processes whose command looks like a way out of a container."""
    return tuple(p for p in listed if any(word in p.command for word in ESCAPES))


async def look(scene: Scene) -> Answer:
    """The instance's tags and options, and its processes where the host answers."""
    instance = await reads.instance(scene)
    services = managed_by(tags_of(instance))
    hops = instance.get("MetadataOptions", {}).get("HttpPutResponseHopLimit", 1)
    listing, why = await _told(scene)
    found = runtimes(listing.processes) if listing else ()
    ways = escaping(listing.processes) if listing else ()
    evidence = {
        "services": list(services),
        "runtimes": list(found),
        "hop_limit": hops,
        "escapes": [f"{p.pid} {p.user} {p.command}" for p in ways[:50]],
    }
    gaps = (why,) if why else ()
    if listing is not None and not found and not services:
        among = many(len(listing.processes), "process/processes")
        says = f"No container runtime among {among}, and no tag of ECS or EKS."
        return answer(Verdict.NOTABLE if ways else Verdict.CLEAR, says, *_shown(ways), evidence=evidence)
    if listing is None and not services:
        says = "No tag of ECS or EKS. Whether containers run on it is not known: the host did not tell."
        return answer(Verdict.GAP, says, evidence=evidence, gaps=gaps)
    loose = not requires_token(instance) or hops > 1
    reach = f"Containers reach the role's credentials: hop limit {hops}" + (
        "." if requires_token(instance) else ", and no session token is required."
    )
    return answer(
        Verdict.NOTABLE if ways or loose else Verdict.CLEAR,
        f"Containers run on it: {words([*services, *found])}.",
        reach
        if loose
        else "Containers do not reach the role's credentials: a token is required, hop limit 1.",
        *_shown(ways),
        "Which containers are privileged is told by docker inspect on the host, or by the task or pod definition.",
        evidence=evidence,
        gaps=gaps,
    )


def _shown(ways: tuple[Process, ...]) -> tuple[str, ...]:
    return tuple(
        f"Process {p.pid} of {p.user} looks like a way out of a container: {p.command}" for p in ways[:5]
    )


async def _told(scene: Scene) -> tuple[Listing | None, str]:
    """What the host says, from the one command of the round, or why it says nothing."""
    try:
        known = await reads.managed(scene)
        if (why := processes.unreachable(known, scene)) or known is None:
            return None, why
        found = await processes.ran(scene)
    except Ec2irError as trouble:
        return None, str(trouble)
    listing = read(found["StandardOutputContent"][: processes.INLINE]) if found else None
    if listing is None or not listing.processes:
        return None, "The host did not say what runs on it."
    return (
        listing,
        "" if listing.whole else "The host said more than Systems Manager hands over: processes are missing.",
    )


containers = Check(
    name="containers",
    title="Entry: container escape",
    row="V5",
    phase=Phase.INVESTIGATE,
    permissions=reads.INSTANCE | processes.processes.permissions,
    look=look,
)
