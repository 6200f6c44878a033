"""A7: whom the instance talked to outside, by flow logs: bytes, packets, ports, first and last time."""

from __future__ import annotations

import statistics
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from actions.check import Check
from actions.checks.outside import MINING_PORTS, outside
from actions.checks.reading_flows import FLOWS, Flow, Flows, Question, flows
from actions.scene import Scene
from playbook.answer import Answer, Verdict, answer
from playbook.finding import Indicator
from playbook.gathering import both
from playbook.rows import Phase
from playbook.text import many, words

OUT, SCANS = Question(opened="out"), Question(opened="in", verdict="REJECT")
MUCH, OUTLIES = 100_000_000, 10
"""Bytes to one peer that may be somebody's data, if they are so many times what its other peers got; ours."""
TOP = 5
_PROTOCOLS = {1: "icmp", 6: "tcp", 17: "udp", 58: "icmp6"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """One outside address with all its conversations, and why it is notable; empty where it is not.

    `outlies` says that it got so much more than the others that data may have left.
    """

    address: str
    flows: tuple[Flow, ...]
    why: tuple[str, ...] = ()
    outlies: bool = False

    @property
    def bytes(self) -> int:
        """To the peer, of accepted traffic."""
        return sum(f.bytes for f in self.flows if f.verdict == "ACCEPT")

    @property
    def words(self) -> str:
        """Numbers first: how much, where to, since when."""
        sent = [f for f in self.flows if f.verdict == "ACCEPT"]
        shown = sent or list(self.flows)
        ports = sorted({f"{_PROTOCOLS.get(f.protocol, f.protocol)} {f.port}" for f in shown})
        packets = sum(f.packets for f in shown)
        first, last = min(f.first for f in shown), max(f.last for f in shown)
        much = (
            f"{amount(self.bytes)} in {packets:,} packets" if sent else f"{packets:,} packets, all rejected,"
        )
        why = f" ({'; '.join(self.why)})" if self.why else ""
        when = f"from {first:%m-%d %H:%M} to {last:%m-%d %H:%M} UTC"
        return f"{self.address}{why}: {much} to {words(ports)}, {when}."


def amount(size: int) -> str:
    """Bytes as people read them: `245.8 kB`."""
    value = float(size)
    for unit in ("bytes", "kB", "MB", "GB"):
        if value < 1_000 or unit == "GB":
            return f"{size:,} bytes" if unit == "bytes" else f"{value:,.1f} {unit}"
        value /= 1_000
    raise AssertionError("GB is the last unit")


def peers(found: Iterable[Flow], known: Collection[str]) -> tuple[Peer, ...]:
    """The outside peers, the notable ones first, then by bytes. `known` are addresses of indicators."""
    by: dict[str, list[Flow]] = {}
    for flow in found:
        if outside(flow.peer):
            by.setdefault(flow.peer, []).append(flow)
    plain = [Peer(address=address, flows=tuple(every)) for address, every in by.items()]
    usual = statistics.median_low([p.bytes for p in plain]) if len(plain) > 1 else 0
    marked = [replace(p, outlies=p.bytes >= MUCH and p.bytes >= OUTLIES * usual) for p in plain]
    judged = [replace(p, why=tuple(_why(p, known))) for p in marked]
    return tuple(sorted(judged, key=lambda p: (not p.why, -p.bytes, p.address)))


def _why(peer: Peer, known: Collection[str]) -> Iterable[str]:
    if peer.address in known:
        yield "a known indicator"
    if ports := sorted({f.port for f in peer.flows} & MINING_PORTS):
        yield f"mining port {words([str(p) for p in ports])}"
    if peer.outlies:
        yield f"{amount(peer.bytes)} is far more than its other peers got"


async def look(scene: Scene) -> Answer:
    """What it opened to the outside, and what was turned away from it."""
    out, scans = await both(flows(scene, OUT), flows(scene, SCANS))
    if not out.read:
        return answer(Verdict.GAP, *out.gaps)
    every = peers(out.flows, scene.brief.values("ip", "source"))
    bad = [p for p in every if p.why]
    quiet = [p for p in every if not p.why]
    says = [p.words for p in bad]
    says += [f"Also {p.words}" if bad else p.words for p in quiet[:TOP]]
    if len(quiet) > TOP:
        rest = many(len(quiet) - TOP, "more outside address/more outside addresses")
        says.append(f"{rest} got {amount(sum(p.bytes for p in quiet[TOP:]))} together.")
    if not every:
        says.append(
            f"No record shows traffic that it opened to the outside since {out.since:%m-%d %H:%M} UTC."
        )
    says += _scans(scans)
    return answer(
        Verdict.NOTABLE if bad else Verdict.CLEAR,
        *says,
        evidence={
            "since": out.since.isoformat(),
            "groups": list(out.groups),
            "peers": [
                {"address": p.address, "why": list(p.why), "bytes": p.bytes, "outlies": p.outlies,
                 "ports": sorted({f.port for f in p.flows})}
                for p in every[:100]
            ],
        },
        indicators=tuple(i for p in bad for i in _indicators(p)),
        gaps=tuple(dict.fromkeys((*out.gaps, *scans.gaps))),
    )  # fmt: skip


def _scans(scans: Flows) -> list[str]:
    turned = [f for f in scans.flows if outside(f.peer)]
    if not turned:
        return []
    ports = sorted({f.port for f in turned})
    sources = sorted({f.peer for f in turned})
    packets = sum(f.packets for f in turned)
    return [
        f"Turned away from outside: {packets:,} packets from {words(sources)} to {words([str(p) for p in ports])}."
    ]


def _indicators(peer: Peer) -> Iterable[Indicator]:
    about = f"flow logs: {'; '.join(peer.why)}"
    if not any(f.port in MINING_PORTS for f in peer.flows) and "a known indicator" not in peer.why:
        return
    yield Indicator(kind="ip", value=peer.address, about=about)
    for port in sorted({f.port for f in peer.flows} & MINING_PORTS):
        yield Indicator(kind="port", value=str(port), about=f"{about}, {peer.address}")


outbound = Check(
    name="outbound",
    title="VPC Flow Logs: unusual outbound",
    row="A7",
    phase=Phase.INVESTIGATE,
    permissions=FLOWS,
    look=look,
)
