"""What runs on a host to capture its memory: scripts in which only our own, quoted addresses are filled in."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from enum import StrEnum

LARGEST = 5 * 1024**3
"""Bytes that S3 takes in one PUT (S3 User Guide, “Uploading objects”)."""

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
if [ "$size" -gt {largest} ]; then echo "the image has $size bytes, more than one upload takes" >&2; exit 27; fi
sum=$(sha256sum "$work/image" | cut -d ' ' -f 1)
curl --fail --silent --show-error --output /dev/null --upload-file "$work/image" {upload}
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
  $image = Join-Path $work 'image'
  & $tool $image | Out-Null
  $size = (Get-Item $image).Length
  if ($size -gt {largest}) {{ throw "the image has $size bytes, more than one upload takes" }}
  $sum = (Get-FileHash -Algorithm SHA256 $image).Hash.ToLower()
  Invoke-WebRequest -UseBasicParsing -Method Put -InFile $image -Uri {upload} | Out-Null
  Write-Output "$sum  $size"
}} finally {{ Remove-Item -Recurse -Force $work }}
"""
_POWERSHELL_FETCH = """$tool = Join-Path $work 'tool.exe'
  Invoke-WebRequest -UseBasicParsing -Uri {address} -OutFile $tool"""


def script(platform: Platform, *, download: str, upload: str) -> str:
    """The script. `download` is the presigned address of the tool, or empty where the host brings its own.

    It prints SHA-256 and size of the image. Nothing is compiled, and no credentials are handed over.
    """
    tool = TOOLS[platform]
    if platform is Platform.WINDOWS:
        fetch = (
            _POWERSHELL_FETCH.format(address=_powershell_quoted(download))
            if download
            else f"$tool = {_powershell_quoted(tool.installed)}"
        )
        return _POWERSHELL.format(fetch=fetch, upload=_powershell_quoted(upload), largest=LARGEST)
    fetch = (
        _SHELL_FETCH.format(address=shlex.quote(download))
        if download
        else f"tool={shlex.quote(tool.installed)}"
    )
    return _SHELL.format(fetch=fetch, upload=shlex.quote(upload), largest=LARGEST)


def _powershell_quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def result(output: str) -> tuple[str, int] | None:
    """SHA-256 and size in bytes in what the host printed, or None; the rest of it is not looked at."""
    found = _RESULT.findall(output)
    return (found[-1][0], int(found[-1][1])) if found else None


def without_addresses(text: str) -> str:
    """`text` without URLs, which may be presigned and would let readers write to the bucket."""
    return _ADDRESS.sub("(address)", text)
