"""What to do next, and why: the playbook's decision flow D1 to D5 as a pure function."""

from __future__ import annotations

from dataclasses import dataclass

from playbook.environment import Environment
from playbook.finding import Finding, Scope, Severity

CONTAIN = ("protect", "snapshot", "tag", "deregister", "isolate", "revoke")
"""The recommended set for an instance that must be cut off and kept for forensics."""
STOP = ("protect", "snapshot", "tag", "stop")
"""The recommended set for a machine that nobody needs running (D1, dev and test)."""
FORENSICS = ("lab", "analyse")
"""What follows containment (D5): a forensic instance with the snapshots' volumes, and a look at them."""

QUESTION = "Is this process malicious?"
"""What a person answers, with the process list in front of them (D3, D4)."""

_D4_NAMES = ("BlackholeTraffic", "TorClient", "TorRelay", "TorIPCaller", "DropPoint", "MaliciousIPCaller")
_D2_PURPOSES = ("Backdoor", "AttackSequence", "CredentialAccess", "Trojan", "Impact", "UnauthorizedAccess")
_MINING = "T1496"
_CONTROL = "Command and Control"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommendation:
    """`steps` is empty when a person must look first; `row` is the playbook's row.

    `asks` is the question on whose answer the next step depends; empty where there is none, or it is answered.
    """

    row: str
    steps: tuple[str, ...]
    words: str
    why: str
    asks: str = ""


def recommend(
    finding: Finding | None,
    environment: Environment,
    *,
    malicious: bool | None = None,
    snapshot: bool = False,
    contained: bool = False,
) -> Recommendation:
    """The next step for the incident's leading finding; None stands for an incident declared by hand.

    `malicious` is what people answered to `QUESTION`, None while nobody did; `snapshot` whether one is proved,
    `contained` whether the instance is cut off or stopped. Types without a row of their own are routed by their
    purpose (playbook, “our reading”).
    """
    if finding is not None and finding.sample:
        return Recommendation(row="", steps=(), words="nothing to do", why="this is a sample finding")
    if finding is not None and finding.scope is Scope.ACCOUNT and not finding.instances:
        return _account(finding)
    first = _by_source(finding, environment)
    advised = _answered(first, malicious) if first.asks else first
    if advised.steps and snapshot and contained:
        return _d5()
    return advised


def _answered(first: Recommendation, malicious: bool | None) -> Recommendation:
    if malicious is None:
        return first
    if malicious:
        return Recommendation(
            row=first.row, steps=CONTAIN, words="snapshot, then isolate", why="the process is malicious"
        )
    return Recommendation(
        row=first.row,
        steps=(),
        words="close it with the reason",
        why=f"{first.why}, and the process is not malicious",
    )


def _by_source(finding: Finding | None, environment: Environment) -> Recommendation:
    if finding is None:
        return _investigate("D4", "declared by hand")
    if finding.source == "cpu":
        return _investigate("D3", "the processor is busy without a pause")
    if finding.source == "flowlogs":
        return _investigate("D4", "unusual traffic in the flow logs")
    if finding.source == "edr":
        return _detected(finding, environment)
    if any(t.startswith(_MINING) for t in finding.techniques):
        return _d1(environment)
    if finding.source == "cloudtrail":
        return _investigate("D3", "an API call that a detection rule knows")
    return _by_type(finding, environment)


def _detected(finding: Finding, environment: Environment) -> Recommendation:
    """T3: an EDR names the process, so that nobody has to find it; how sure it is, its severity tells."""
    if any(t.startswith(_MINING) for t in finding.techniques):
        return _d1(environment)
    if finding.severity in (Severity.CRITICAL, Severity.HIGH):
        return Recommendation(
            row="D3", steps=CONTAIN, words="snapshot, then isolate", why="the EDR found malicious code"
        )
    return _investigate("D3", "the EDR is not sure")


def _by_type(finding: Finding, environment: Environment) -> Recommendation:
    kind = finding.type
    if kind.purpose == "CryptoCurrency" or "Bitcoin" in kind.name or "CryptoMiner" in kind.name:
        return _d1(environment)
    if kind.name.startswith(_D4_NAMES):
        return _investigate("D4", "traffic with a bad address")
    if kind.purpose in ("Recon", "Discovery") or "BruteForce" in kind.name:
        if finding.actor:
            return _investigate("D4", "the instance attacks others")
        return _investigate("D3", "the instance is the target of an attempt, not shown to be compromised")
    if kind.purpose in _D2_PURPOSES or (finding.source == "securityhub" and _CONTROL in kind.name):
        return _d2()
    return _investigate("D3", "no rule for this type says more")


def _d1(environment: Environment) -> Recommendation:
    if environment is Environment.NONPRODUCTION:
        return Recommendation(row="D1", steps=STOP, words="snapshot, then stop", why="dev or test, mining")
    return Recommendation(row="D1", steps=CONTAIN, words="snapshot, then isolate", why="production, mining")


def _d2() -> Recommendation:
    return Recommendation(
        row="D2", steps=CONTAIN, words="snapshot, then isolate", why="command and control, or a takeover"
    )


def _d5() -> Recommendation:
    return Recommendation(
        row="D5",
        steps=FORENSICS,
        words="forensics on the snapshots",
        why="contained, and the evidence is safe",
    )


def _investigate(row: str, why: str) -> Recommendation:
    return Recommendation(
        row=row, steps=(), words="find the process first: is it malicious?", why=why, asks=QUESTION
    )


def _account(finding: Finding) -> Recommendation:
    """S2 and its like: no instance to cut off, an identity to secure."""
    return Recommendation(
        row="",
        steps=(),
        words="secure the identity, then declare the instances that it touched",
        why=f"{finding.type.name or finding.type.full} concerns the account, not an instance",
    )
