"""The host behind the SSM agent: what a script run on it prints, from its processes, sockets, files and schedule.

It plays a memory upload and the few commands listed in `COMMANDS`, a line at a time; any other line prints nothing.
"""

import hashlib
import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final

from sandbox.aws.world import Host, Process

Upload = Callable[[str, bytes, Mapping[str, str]], int]

URL: Final = re.compile(r"https?://[^\s\"'<>]+")
HEADER: Final = re.compile(r"""(?:-H|--header)\s+["']([^:"']+):\s*([^"']*)["']""")
PUTS: Final = re.compile(r"(?i)--upload-file|-T\b|-X\s*PUT|--request\s+PUT|-Method\s+['\"]?Put|upload")
LIME_MAGIC: Final = b"EMiL\x01\x00\x00\x00"
IMAGE_SIZE: Final = 256 * 1_024
SYSTEM: Final = (
    Process(
        pid=1, user="root", command="/usr/lib/systemd/systemd --system", executable="/usr/lib/systemd/systemd"
    ),
    Process(
        pid=702, user="root", command="/usr/bin/amazon-ssm-agent", executable="/usr/bin/amazon-ssm-agent"
    ),
    Process(
        pid=718, user="root", command="sshd: /usr/sbin/sshd -D", executable="/usr/sbin/sshd", listens=(22,)
    ),
    Process(pid=731, user="chrony", command="/usr/sbin/chronyd -F 2", executable="/usr/sbin/chronyd"),
)
"""What runs on any of the box's Linux machines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """What a script left: exit status and both streams."""

    code: int
    stdout: str = ""
    stderr: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Socket:
    """A connection of a process as the network of the moment makes it: `state` is ESTAB or SYN-SENT."""

    protocol: str
    state: str
    local: str
    peer: str
    pid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """A host at one moment."""

    instance: str
    host: Host
    sockets: tuple[Socket, ...] = ()

    @property
    def processes(self) -> tuple[Process, ...]:
        """Every process by its number."""
        return tuple(sorted((*SYSTEM, *self.host.processes), key=lambda p: p.pid))


def sha256(process: Process) -> str:
    """The hash of the executable that the process runs."""
    return hashlib.sha256(process.content or process.executable.encode()).hexdigest()


def memory_image(instance: str) -> bytes:
    """A small stand-in for an AVML image: the LiME magic, then bytes that follow from the instance's id."""
    block = hashlib.sha256(instance.encode()).digest()
    return LIME_MAGIC + block * (IMAGE_SIZE // len(block))


def upload_target(script: str) -> str | None:
    """The presigned URL that the script puts something to, or None."""
    signed = [url for url in URL.findall(script) if "Signature=" in url]
    for line in script.splitlines():
        here = [url for url in URL.findall(line) if "Signature=" in url]
        if here and PUTS.search(URL.sub("", line)):
            return here[-1]
    return signed[-1] if signed and PUTS.search(URL.sub("", script)) else None


def _echo(_: Machine, line: str) -> str:
    return " ".join(shlex.split(line)[1:]) + "\n"


def _ss(machine: Machine, _: str) -> str:
    """As `ss -H -tunap` prints it, without a header: ss(8)."""
    names = {p.pid: p.executable.rpartition("/")[2] for p in machine.processes}
    rows = [
        f'{s.protocol} {s.state} 0 0 {s.local} {s.peer} users:(("{names.get(s.pid, "?")}",pid={s.pid},fd=7))'
        for s in machine.sockets
    ]
    rows += [
        f'tcp LISTEN 0 128 0.0.0.0:{port} 0.0.0.0:* users:(("{names[p.pid]}",pid={p.pid},fd=3))'
        for p in machine.processes
        for port in p.listens
    ]
    return "".join(f"{row}\n" for row in rows)


def _proc(machine: Machine, _: str) -> str:
    """What a walk over /proc prints of each process: number, user, hash, executable, command; proc(5)."""
    return "".join(
        f"{p.pid}\t{p.user}\t{sha256(p)}\t{p.executable}{' (deleted)' if p.deleted else ''}\t{p.command}\n"
        for p in machine.processes
    )


def _ps(machine: Machine, _: str) -> str:
    """As `ps aux` prints it, in its main columns: ps(1)."""
    rows = [f"{p.user} {p.pid} {p.cpu} {p.command}" for p in machine.processes]
    return "".join(f"{row}\n" for row in ("USER PID %CPU COMMAND", *rows))


def _cron(machine: Machine, line: str) -> str:
    """As `grep -H` prints lines: the file, a colon, the line; grep(1)."""
    wanted = [word for word in line.split() if word.startswith("/")]
    return "".join(
        f"{path}:{row}\n"
        for path, text in sorted(machine.host.cron.items())
        if any(fnmatchcase(path, pattern) for pattern in wanted)
        for row in text.splitlines()
        if row.strip() and not row.startswith("#")
    )


COMMANDS: Final[tuple[tuple[re.Pattern[str], Callable[[Machine, str], str]], ...]] = (
    (re.compile(r"echo\s"), _echo),
    (re.compile(r"ss\s+(?:-\S+\s+)*-\S*p"), _ss),
    (re.compile(r"for \w+ in /proc/\[0-9\]\*;.*readlink.*sha256sum"), _proc),
    (re.compile(r"ps\s+aux"), _ps),
    (re.compile(r"grep\s+-\S*H.*cron"), _cron),
)
"""The lines of a script that the host knows, and what prints their answers."""


def run(machine: Machine, script: str, upload: Upload) -> Output:
    """Play the script: upload a memory image if it asks for that, else answer it line by line."""
    url = upload_target(script)
    if url is None:
        whole = script.replace("\\\n", " ")  # a backslash at its end continues a line: sh(1)
        return Output(code=0, stdout="".join(_answer(machine, line.strip()) for line in whole.splitlines()))
    image = memory_image(machine.instance)
    status = upload(url, image, dict(HEADER.findall(script)))
    if status >= 300:
        return Output(code=22, stderr=f"curl: (22) The requested URL returned error: {status}\n")
    return Output(code=0, stdout=f"{hashlib.sha256(image).hexdigest()}  {len(image)}\n")


def _answer(machine: Machine, line: str) -> str:
    return next((play(machine, line) for known, play in COMMANDS if known.match(line)), "")
