"""A forensic instance at work: what a script that mounts attached volumes and lists what stands out would print.

It reads the volumes' files (see `sandbox.aws.disks`) by the rules that the script states: where to look, what is
compared, which form a line has. The product's own tests run that script in a shell on the same files and compare.
"""

import re
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from typing import Any, Final

from sandbox.aws.disks import File
from sandbox.aws.host import Output
from sandbox.aws.world import notes_on

_NAMED: Final = re.compile(r"^(evidence|baseline)='([^']*)'$", re.MULTILINE)
_LIMIT: Final = re.compile(r'^sort (?:-u )?"\$work/(hosts|files)" \| head -n ([0-9]+)$', re.MULTILINE)
_HOSTS: Final = re.compile(rb"[a-z+]+://([A-Za-z0-9.-]+)|((?:[0-9]{1,3}\.){3}[0-9]{1,3})")
_KINDS: Final = (
    ("etc/cron*", "cron"),
    ("var/spool/cron/*", "cron"),
    ("etc/systemd/*", "service"),
    ("usr/lib/systemd/*", "service"),
    ("lib/systemd/*", "service"),
    ("*.ssh/authorized_keys*", "key"),
    ("etc/ld.so.preload", "startup"),
    ("etc/rc.local", "startup"),
    ("etc/profile.d/*", "startup"),
    ("tmp/*", "temporary"),
    ("var/tmp/*", "temporary"),
    ("dev/shm/*", "temporary"),
    ("var/www/*", "web"),
    ("srv/*", "web"),
    ("usr/share/nginx/*", "web"),
    ("bin/*", "program"),
    ("sbin/*", "program"),
    ("usr/bin/*", "program"),
    ("usr/sbin/*", "program"),
    ("usr/local/*", "program"),
)
_IF_EXECUTABLE: Final = ("root/*", "home/*", "opt/*")


def asks_for_it(script: str) -> bool:
    """Whether that script lists block devices and mounts them."""
    return "lsblk" in script and re.search(r"^\s*mount -t ", script, re.MULTILINE) is not None


def _kind(file: File) -> str | None:
    if file.mode & 0o6000:
        return "setuid"
    kind = next((kind for pattern, kind in _KINDS if fnmatchcase(file.path, pattern)), None)
    runs = file.mode & 0o111 and any(fnmatchcase(file.path, p) for p in _IF_EXECUTABLE)
    return kind or ("program" if runs else None)


def _standing_out(files: Iterable[File], base: dict[str, File]) -> Iterator[tuple[File, str, str]]:
    """Files with their kind and how they stand to those of the image; all are younger than a month."""
    for file in files:
        kind, before = _kind(file), base.get(file.path)
        if kind is None or (
            before is not None and (before.content, before.mode) == (file.content, file.mode)
        ):
            continue
        yield file, kind, "seen" if not base else "added" if before is None else "changed"


def _hosts(file: File) -> list[str]:
    found = {(named or address).decode() for named, address in _HOSTS.findall(file.content)}
    return sorted(found)[:5]


def run(backend: Any, instance: str, script: str) -> Output:
    """Play the script on that instance. A volume that is not attached to it, or holds nothing, is said so."""
    named = {key: value.split() for key, value in _NAMED.findall(script)}
    base: dict[str, File] = {}
    for volume in named.get("baseline", []):
        base |= {f.path: f for f in _held(backend, instance, volume) or ()}
    gaps: list[str] = []
    rows: list[str] = []
    hosts: set[str] = set()
    read = 0
    for volume in (*named.get("baseline", []), *named.get("evidence", [])):
        held = _held(backend, instance, volume)
        if not held:
            gaps.append(f"gap\t{volume}\t{'not attached' if held is None else 'no file system'}\n")
            continue
        if volume in named.get("baseline", []):
            continue
        read += 1
        against = base if any(f.path.startswith("etc/") for f in held) else {}
        for file, kind, state in _standing_out(held, against):
            mode, size = f"{file.mode:o}", len(file.content)
            rows.append(f"file\t{volume}\t{state}\t{kind}\t{file.sha256}\t{size}\t{mode}\t/{file.path}\n")
            hosts |= {f"host\t{host}\t/{file.path}\n" for host in _hosts(file)}
    most = {what: int(number) for what, number in _LIMIT.findall(script)}
    head = f"ec2ir-volumes\t1\t{read}\t{len(rows)}\n"
    return Output(
        code=0,
        stdout="".join(
            (
                head,
                *sorted(set(gaps)),
                *sorted(hosts)[: most.get("hosts")],
                *sorted(rows)[: most.get("files")],
            )
        ),
    )


def _held(backend: Any, instance: str, volume_id: str) -> tuple[File, ...] | None:
    """The files of a volume that is attached there; None for any other."""
    volume = backend.volumes.get(volume_id)
    if volume is None or volume.attachment is None or volume.attachment.instance.id != instance:
        return None
    files: tuple[File, ...] = notes_on(volume).get("files", ())
    return files
