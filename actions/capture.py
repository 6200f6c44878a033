"""What runs on a host to capture its memory: scripts in which only our own, quoted addresses are filled in."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

BLOCK, BLOCKS = 4 * 1024**2, 1024
PART = BLOCK * BLOCKS
"""Bytes of one upload; S3 takes 5 GiB at most in one PUT (S3 User Guide, “Uploading objects”)."""
MOST = 16
"""Parts at most: each adds an address of up to 2 kB to a command that SSM limits to 64 kB."""

_RESULT = re.compile(r"^([0-9a-f]{64})\s+([0-9]{1,15})\s*$", re.MULTILINE)
_ADDRESS = re.compile(r"https?://\S+")


class Platform(StrEnum):
    """The platforms that SSM knows and a memory tool exists for."""

    LINUX = "Linux"
    WINDOWS = "Windows"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A memory tool: its key in the evidence bucket, and where it is expected on hosts that bring their own."""

    key: str
    installed: str
    document: str


TOOLS = {
    Platform.LINUX: Tool(key="tools/avml", installed="/usr/local/bin/avml", document="AWS-RunShellScript"),
    Platform.WINDOWS: Tool(
        key="tools/winpmem.exe",
        installed=r"C:\Program Files\ec2ir\winpmem.exe",
        document="AWS-RunPowerShellScript",
    ),
}

_SHELL = """set -eu
umask 077
work=$(mktemp -d /var/tmp/ec2ir.XXXXXXXX)
trap 'rm -rf "$work"' EXIT
{fetch}
"$tool" --compress "$work/image"
size=$(wc -c < "$work/image" | tr -d ' ')
if [ "$size" -gt {room} ]; then echo "the image has $size bytes, more than {room}" >&2; exit 27; fi
sum=$(sha256sum "$work/image" | cut -d ' ' -f 1)
done=0
for address in {uploads}; do
  if [ $((done * {block})) -ge "$size" ]; then break; fi
  dd if="$work/image" of="$work/part" bs={block} skip="$done" count={blocks} 2>/dev/null
  curl --fail --silent --show-error --output /dev/null --upload-file "$work/part" "$address"
  done=$((done + {blocks}))
done
echo "$sum  $size"
"""
_SHELL_FETCH = """tool="$work/tool"
curl --fail --silent --show-error --output "$tool" {address}
chmod 700 "$tool\""""

_POWERSHELL = """$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
$work = New-Item -ItemType Directory -Path (Join-Path $env:TEMP ('ec2ir-' + [guid]::NewGuid()))
try {{
  {fetch}
  $image, $part = (Join-Path $work 'image'), (Join-Path $work 'part')
  & $tool $image | Out-Null
  $size = (Get-Item $image).Length
  if ($size -gt {room}) {{ throw "the image has $size bytes, more than {room}" }}
  $sum = (Get-FileHash -Algorithm SHA256 $image).Hash.ToLower()
  $from = [IO.File]::OpenRead($image)
  $buffer = New-Object byte[] {block}
  foreach ($address in @({uploads})) {{
    if ($from.Position -ge $size) {{ break }}
    $to = [IO.File]::Create($part)
    while ($to.Length -lt {part} -and ($read = $from.Read($buffer, 0, {block})) -gt 0) {{
      $to.Write($buffer, 0, $read)
    }}
    $to.Close()
    Invoke-WebRequest -UseBasicParsing -Method Put -InFile $part -Uri $address | Out-Null
  }}
  $from.Close()
  Write-Output "$sum  $size"
}} finally {{ Remove-Item -Recurse -Force $work }}
"""
_POWERSHELL_FETCH = """$tool = Join-Path $work 'tool.exe'
  Invoke-WebRequest -UseBasicParsing -Uri {address} -OutFile $tool"""


def parts(platform: Platform, memory: int) -> int:
    """How many uploads an image of that much memory (bytes) can need; MOST where that is too few.

    AVML compresses; WinPmem's raw images hold the gaps between ranges too, about a GiB of them.
    """
    gaps = 1024**3 if platform is Platform.WINDOWS else 0
    return min(MOST, max(1, -(-(memory + gaps) // PART)))


def script(platform: Platform, *, download: str, uploads: Sequence[str]) -> str:
    """The script. `download` is the presigned address of the tool, or empty where the host brings its own.

    `uploads` are the presigned addresses of the parts. It prints SHA-256 and size of the whole image. Nothing is
    compiled, and no credentials are handed over.
    """
    tool, windows = TOOLS[platform], platform is Platform.WINDOWS
    quoted = _powershell_quoted if windows else shlex.quote
    if download:
        fetch = (_POWERSHELL_FETCH if windows else _SHELL_FETCH).format(address=quoted(download))
    else:
        fetch = f"{'$' if windows else ''}tool{' = ' if windows else '='}{quoted(tool.installed)}"
    return (_POWERSHELL if windows else _SHELL).format(
        fetch=fetch,
        uploads=(", " if windows else " ").join(quoted(u) for u in uploads),
        room=len(uploads) * PART,
        part=PART,
        block=BLOCK,
        blocks=BLOCKS,
    )


def _powershell_quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def result(output: str) -> tuple[str, int] | None:
    """SHA-256 and size in bytes in what the host printed, or None; the rest of it is not looked at."""
    found = _RESULT.findall(output)
    return (found[-1][0], int(found[-1][1])) if found else None


def without_addresses(text: str) -> str:
    """`text` without URLs, which may be presigned and would let readers write to the bucket."""
    return _ADDRESS.sub("(address)", text)
