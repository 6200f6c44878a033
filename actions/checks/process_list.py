"""What a host said of its processes, read and judged. Everything in it is the host's word, and it may be hostile.

The script walks over /proc itself: `ps` is a file that an intruder can replace. It is fixed; nothing is ever put
into it. Sources: proc(5), ss(8), crontab(5).
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from playbook.text import plain

SCRIPT = r"""
export LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin
echo '#sockets'
ss -H -tunap 2>/dev/null | head -n 80
echo '#cron'
grep -Hv '^[[:space:]]*\(#\|$\)' /etc/crontab /etc/cron.d/* /var/spool/cron/* /var/spool/cron/crontabs/* \
  2>/dev/null | cut -c1-200 | head -n 40
echo '#processes'
for d in /proc/[0-9]*; do e=$(readlink "$d/exe") || continue; \
  printf '%s\t%s\t%s\t%.120s\t%.160s\n' "${d#/proc/}" "$(stat -c %U "$d")" \
  "$(sha256sum < "$d/exe" | cut -c1-64)" "$e" "$(tr '\0' ' ' < "$d/cmdline")"; done 2>/dev/null | head -n 400
echo '#end'
"""
KEPT = 200
"""Processes kept as evidence; suspicious ones first."""
_NAMES = re.compile(
    r"xmrig|kdevtmpfsi|kinsing|minerd|cpuminer|ccminer|ethminer|nbminer|t-rex|phoenixminer|c3pool|nicehash|"
    r"stratum\+|cryptonight|randomx|--donate-level",
    re.IGNORECASE,
)
"""Names and words of miners and of the malware that brings them."""
_PLACES = ("/tmp/", "/var/tmp/", "/dev/shm/", "/run/user/")  # noqa: S108 - where malware lies
_SOCKET = re.compile(r"^(\w+)\s+(\S+)\s+\d+\s+\d+\s+(\S+)\s+(\S+)(?:\s+(.*))?$")
_PID = re.compile(r"pid=(\d+)")
_HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """A socket that is no listener: the other end's address and port, and the process that holds it."""

    pid: int
    peer: str
    port: int
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """A process that has an executable; kernel threads have none. `sha256` is empty where it could not be read.

    `why` says what is suspicious of it, empty where nothing is.
    """

    pid: int
    user: str
    sha256: str
    executable: str
    command: str
    why: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """All that the host said. `whole` is false when its end is missing: the output was cut."""

    processes: tuple[Process, ...]
    connections: tuple[Connection, ...]
    listens: tuple[str, ...]
    cron: tuple[str, ...]
    whole: bool


def read(output: str) -> Listing:
    """The parts of the script's output; what does not look like them is left out."""
    parts: dict[str, list[str]] = {}
    current = ""
    for line in output.splitlines():
        if line.startswith("#") and line[1:] in ("sockets", "cron", "processes", "end"):
            current = line[1:]
            parts.setdefault(current, [])
        else:
            parts.setdefault(current, []).append(line)
    sockets = [m for line in parts.get("sockets", []) if (m := _SOCKET.match(line))]
    return Listing(
        processes=tuple(p for line in parts.get("processes", []) if (p := _process(line)) is not None),
        connections=tuple(c for m in sockets if (c := _connection(m)) is not None),
        listens=tuple(plain(m[3], 60) for m in sockets if m[2] in ("LISTEN", "UNCONN")),
        cron=tuple(plain(line, 200) for line in parts.get("cron", []) if ":" in line),
        whole="end" in parts,
    )


def _process(line: str) -> Process | None:
    fields = line.split("\t", 4)
    if len(fields) != 5 or not fields[0].isdigit():
        return None
    pid, user, sha256, executable, command = fields
    return Process(
        pid=int(pid),
        user=plain(user, 40),
        sha256=sha256 if _HASH.fullmatch(sha256) else "",
        executable=plain(executable, 120),
        command=plain(command, 160),
    )


def _connection(match: re.Match[str]) -> Connection | None:
    address, _, port = match[4].rpartition(":")
    pid = _PID.search(match[5] or "")
    try:
        peer = ipaddress.ip_address(address.strip("[]").partition("%")[0]).compressed
        return Connection(pid=int(pid[1]) if pid else 0, peer=peer, port=int(port), state=match[2][:20])
    except ValueError:
        return None


def judged(
    listing: Listing, bad: Iterable[str], ports: Iterable[int], hashes: Iterable[str]
) -> tuple[Process, ...]:
    """The processes with what is suspicious of each, the suspicious ones first.

    `bad` are addresses and `hashes` executables that are known indicators, `ports` those of mining.
    """
    addresses, mining, known = frozenset(bad), frozenset(ports), frozenset(hashes)
    found = [
        Process(
            pid=p.pid,
            user=p.user,
            sha256=p.sha256,
            executable=p.executable,
            command=p.command,
            why=tuple(_why(p, [c for c in listing.connections if c.pid == p.pid], addresses, mining, known)),
        )
        for p in listing.processes
    ]
    return tuple(sorted(found, key=lambda p: (not p.why, p.pid)))


def _why(
    process: Process,
    connections: Sequence[Connection],
    addresses: frozenset[str],
    mining: frozenset[int],
    known: frozenset[str],
) -> Iterable[str]:
    if process.executable.endswith(" (deleted)"):
        yield "its executable was deleted while it runs"
    if process.executable.startswith(_PLACES):
        yield "it runs from a place where anybody may write"
    if _NAMES.search(f"{process.executable} {process.command}"):
        yield "a miner's name"
    if process.sha256 in known:
        yield "the hash of a known indicator"
    if process.command.startswith("[") and process.executable:
        yield "it takes the name of a kernel thread"
    for connection in connections:
        if connection.peer in addresses:
            yield f"talks to {connection.peer}:{connection.port}, a known indicator"
        elif connection.port in mining:
            yield f"talks to {connection.peer}:{connection.port}, a mining port"


def suspicious_cron(listing: Listing, processes: Iterable[Process]) -> tuple[str, ...]:
    """Scheduled lines that start what is suspicious, or something from where anybody may write."""
    bad = {p.executable.removesuffix(" (deleted)") for p in processes if p.why}
    return tuple(
        line
        for line in listing.cron
        if any(place in line for place in _PLACES) or _NAMES.search(line) or any(name in line for name in bad)
    )
