"""What runs on the forensic instance: a fixed script that reads volumes, and what it says, which is not believed.

Only the ids of volumes are filled in, which AWS dealt out. Names of files come from the attacker: the script turns
what is not printable into `?`, and here each line is taken only where it has the form that the script writes.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from actions.evidence import is_volume
from playbook.finding import Indicator
from playbook.text import plain

CUT_AT = 24_000
"""Characters of output that GetCommandInvocation answers (Systems Manager API reference)."""
MOST = 200
"""Files, and as many hosts, that one analysis reports; how many there were is always said."""


class State(StrEnum):
    """How a file stands to the image's: ADDED and CHANGED were compared, SEEN had nothing to be compared with."""

    ADDED = "added"
    CHANGED = "changed"
    SEEN = "seen"


_ROW = re.compile(
    r"file\t(?P<volume>vol-[0-9a-f]{8,17})\t(?P<state>added|changed|seen)"
    r"\t(?P<kind>cron|key|program|service|setuid|startup|temporary|web)"
    r"\t(?P<sha256>[0-9a-f]{64})\t(?P<size>[0-9]{1,15})\t(?P<mode>[0-7]{3,5})\t(?P<path>[ -~]{1,500})"
)
_HOST = re.compile(r"host\t(?P<value>[A-Za-z0-9.-]{4,253})\t(?P<path>[ -~]{1,500})")
_GAP = re.compile(r"gap\t(?P<volume>vol-[0-9a-f]{8,17})\t(?P<why>[ -~]{1,200})")
_HEAD = re.compile(r"ec2ir-volumes\t1\t(?P<read>[0-9]{1,6})\t(?P<files>[0-9]{1,9})")

_OURS = tuple(
    ipaddress.ip_network(n)
    for n in ("0.0.0.0/8", "10.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16",
              "224.0.0.0/3")
)  # fmt: skip
"""Addresses that name nobody outside: what looks like one of these in a file is no indicator."""

_SCRIPT = r"""set -u
umask 077
export LC_ALL=C
evidence='{evidence}'
baseline='{baseline}'
work=$(mktemp -d /var/tmp/ec2ir.XXXXXXXX)
leave() {{
  for at in "$work"/mounts/*/*; do umount "$at" 2>/dev/null; done
  rm -rf --one-file-system "$work"
}}
trap leave EXIT
: > "$work/gaps"; : > "$work/files"; : > "$work/hosts"
gap() {{ printf 'gap\t%s\t%s\n' "$1" "$2" >> "$work/gaps"; }}
cat > "$work/each" <<'EACH'
volume=$1 base=$2 work=$3
shift 3
for path in "$@"; do
  path=${{path#./}}
  case $path in
    etc/cron*|var/spool/cron/*) kind=cron ;;
    etc/systemd/*|usr/lib/systemd/*|lib/systemd/*) kind=service ;;
    *.ssh/authorized_keys*) kind=key ;;
    etc/ld.so.preload|etc/rc.local|etc/profile.d/*) kind=startup ;;
    tmp/*|var/tmp/*|dev/shm/*) kind=temporary ;;
    var/www/*|srv/*|usr/share/nginx/*) kind=web ;;
    *) kind=program ;;
  esac
  if [ -u "$path" ] || [ -g "$path" ]; then kind=setuid; fi
  mode=$(stat -c %a "$path")
  if [ -z "$base" ]; then
    state=seen
    case $kind in key|temporary|startup) ;; *) [ -n "$(find "$path" -maxdepth 0 -mtime -30)" ] || continue ;; esac
  elif [ ! -f "$base/$path" ]; then state=added
  elif cmp -s "$path" "$base/$path" && [ "$mode" = "$(stat -c %a "$base/$path")" ]; then continue
  else state=changed
  fi
  name=$(printf '%s' "/$path" | tr -c ' -~' '?' | cut -c 1-500)
  sum=$(sha256sum < "$path" | cut -d ' ' -f 1)
  printf 'file\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n' \
    "$volume" "$state" "$kind" "$sum" "$(stat -c %s "$path")" "$mode" "$name" >> "$work/files"
  grep -aoE '[a-z+]+://[A-Za-z0-9.-]+|([0-9]{{1,3}}\.){{3}}[0-9]{{1,3}}' "$path" | sed 's|.*://||' |
    sort -u | head -n 5 | while read -r host; do printf 'host\t%s\t%s\n' "$host" "$name" >> "$work/hosts"; done
done
EACH
read_only() {{
  disk=$(lsblk -dnpo NAME,SERIAL | awk -v serial="$(printf '%s' "$1" | tr -d -)" '$2 == serial {{ print $1 }}')
  if [ -z "$disk" ]; then gap "$1" 'not attached'; return; fi
  mkdir -p "$work/mounts/$1"
  lsblk -lnpo NAME,FSTYPE "$disk" | while read -r part kind; do
    case $kind in
      xfs) options=ro,norecovery,nouuid,nodev,nosuid,noexec ;;
      ext3|ext4) options=ro,noload,nodev,nosuid,noexec ;;
      '') continue ;;
      *) gap "$1" 'a file system that is not read'; continue ;;
    esac
    at=$work/mounts/$1/${{part##*/}}
    mkdir "$at"
    mount -t "$kind" -o "$options" "$part" "$at" 2>/dev/null || {{ rmdir "$at"; gap "$1" 'could not be mounted'; }}
  done
  set -- "$1" "$work/mounts/$1"/*
  [ -e "$2" ] || gap "$1" 'no file system'
}}
base=
for volume in $baseline; do
  read_only "$volume"
  for at in "$work/mounts/$volume"/*; do if [ -d "$at/etc" ]; then base=$at; fi; done
done
read=0
for volume in $evidence; do
  read_only "$volume"
  for at in "$work/mounts/$volume"/*; do
    [ -d "$at" ] || continue
    read=$((read + 1))
    against=; if [ -d "$at/etc" ]; then against=$base; fi
    cd "$at" || continue
    find . -xdev -type f -size -100M \( -path './bin/*' -o -path './sbin/*' -o -path './usr/bin/*' \
      -o -path './usr/sbin/*' -o -path './usr/local/*' -o -path './etc/cron*' -o -path './var/spool/cron/*' \
      -o -path './etc/systemd/*' -o -path './usr/lib/systemd/*' -o -path './lib/systemd/*' \
      -o -path './etc/ld.so.preload' -o -path './etc/rc.local' -o -path './etc/profile.d/*' \
      -o -path '*/.ssh/authorized_keys*' -o -path './tmp/*' -o -path './var/tmp/*' -o -path './dev/shm/*' \
      -o -path './var/www/*' -o -path './srv/*' -o -path './usr/share/nginx/*' -o -perm /6000 \
      -o \( -perm /111 \( -path './root/*' -o -path './home/*' -o -path './opt/*' \) \) \) \
      -exec sh "$work/each" "$volume" "$against" "$work" {{}} +
    cd /
  done
done
printf 'ec2ir-volumes\t1\t%s\t%s\n' "$read" "$(wc -l < "$work/files" | tr -d ' ')"
sort -u "$work/gaps"
sort -u "$work/hosts" | head -n {most}
sort "$work/files" | head -n {most}
"""


def script(evidence: Sequence[str], baseline: Sequence[str]) -> str:
    """The script for these volumes. Raises ValueError for what is no volume's id."""
    wrong = [v for v in (*evidence, *baseline) if not is_volume(v)]
    if wrong:
        raise ValueError(f"{wrong[0]} is no volume's id")
    return _SCRIPT.format(evidence=" ".join(evidence), baseline=" ".join(baseline), most=MOST)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A file that was added to the image, changed, or lies where malware lies."""

    volume: str
    state: State
    kind: str
    sha256: str
    size: int
    mode: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What the script said: `read` file systems, `counted` files of which `files` are here, and what was missing.

    `hosts` are addresses and names in those files, with the file.
    """

    read: int
    counted: int
    files: tuple[Found, ...]
    hosts: tuple[tuple[str, str], ...]
    gaps: tuple[str, ...]

    @property
    def missing(self) -> int:
        """Files that were counted but are not in the output."""
        return max(0, self.counted - len(self.files))

    def indicators(self) -> tuple[Indicator, ...]:
        """Hashes and paths of the files, and whom they name."""
        return tuple(self._indicators())

    def _indicators(self) -> Iterator[Indicator]:
        for file in self.files:
            about = f"{file.state.value} {file.kind} on a volume"
            yield Indicator(kind="file", value=file.path, about=about)
            if file.kind not in ("key", "cron", "service"):
                yield Indicator(kind="hash", value=file.sha256, about=f"{about}: {file.path}")
        for value, path in self.hosts:
            yield Indicator(kind=_kind(value), value=value, about=f"in {path}")


def parse(output: str) -> Reading | None:
    """What the output says, or None where it is not the script's."""
    lines = output[:CUT_AT].split("\n")
    head = _HEAD.fullmatch(lines[0])
    if head is None:
        return None
    files = [
        Found(
            volume=m["volume"],
            state=State(m["state"]),
            kind=m["kind"],
            sha256=m["sha256"],
            size=int(m["size"]),
            mode=m["mode"],
            path=m["path"],
        )
        for m in _matches(_ROW, lines)
    ]
    hosts = [(m["value"].rstrip(".").lower(), m["path"]) for m in _matches(_HOST, lines)]
    return Reading(
        read=int(head["read"]),
        counted=int(head["files"]),
        files=tuple(files),
        hosts=tuple(dict.fromkeys(h for h in hosts if _kind(h[0]))),
        gaps=tuple(plain(f"{m['volume']}: {m['why']}") for m in _matches(_GAP, lines)),
    )


def _matches(form: re.Pattern[str], lines: Iterable[str]) -> Iterator[re.Match[str]]:
    # The last line of an output that was cut has no newline: it may be half of one.
    yield from (m for line in list(lines)[:-1] if (m := form.fullmatch(line)))


def _kind(host: str) -> str:
    """`ip`, `domain`, or nothing for what names nobody outside."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        named = "." in host and not host.replace(".", "").isdigit()
        return "domain" if named else ""
    return "" if any(address in network for network in _OURS) else "ip"
