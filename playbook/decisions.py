"""What to do next, and why: the playbook's decision flow D1 to D5 as a pure function."""

from __future__ import annotations

from dataclasses import dataclass

from playbook.environment import Environment
from playbook.finding import Finding

CONTAIN = ("protect", "snapshot", "tag", "deregister", "isolate", "revoke")
"""The recommended set for an instance that must be cut off and kept for forensics."""
STOP = ("protect", "snapshot", "tag", "stop")
"""The recommended set for a machine that nobody needs running (D1, dev and test)."""

_D4_NAMES = ("BlackholeTraffic", "TorClient", "TorRelay", "TorIPCaller", "DropPoint", "MaliciousIPCaller")
_D2_PURPOSES = ("Backdoor", "AttackSequence", "CredentialAccess", "Trojan", "Impact", "UnauthorizedAccess")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommendation:
    """`steps` is empty when a person must look first; `row` is the playbook's row."""

    row: str
    steps: tuple[str, ...]
    words: str
    why: str


def _d1(environment: Environment) -> Recommendation:
    if environment is Environment.NONPRODUCTION:
        return Recommendation(row="D1", steps=STOP, words="snapshot, then stop", why="dev or test, mining")
    return Recommendation(row="D1", steps=CONTAIN, words="snapshot, then isolate", why="production, mining")


def _investigate(row: str, why: str) -> Recommendation:
    return Recommendation(row=row, steps=(), words="find the process first: is it malicious?", why=why)


def recommend(finding: Finding | None, environment: Environment) -> Recommendation:
    """The next step for the incident's leading finding; None stands for an incident declared by hand.

    Types without a row of their own are routed by their purpose (playbook, “our reading”).
    """
    if finding is None:
        return _investigate("D4", "declared by hand")
    kind = finding.type
    if finding.sample:
        return Recommendation(row="", steps=(), words="nothing to do", why="this is a sample finding")
    if kind.purpose == "CryptoCurrency" or "Bitcoin" in kind.name or "CryptoMiner" in kind.name:
        return _d1(environment)
    if kind.name.startswith(_D4_NAMES):
        return _investigate("D4", "traffic with a bad address")
    if kind.purpose in ("Recon", "Discovery") or "BruteForce" in kind.name:
        if finding.actor:
            return _investigate("D4", "the instance attacks others")
        return _investigate("D3", "the instance is the target of an attempt, not shown to be compromised")
    if kind.purpose in _D2_PURPOSES:
        return Recommendation(
            row="D2", steps=CONTAIN, words="snapshot, then isolate", why="command and control, or a takeover"
        )
    return _investigate("D3", "no rule for this type says more")
