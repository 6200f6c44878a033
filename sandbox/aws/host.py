"""The host behind the SSM agent: what a script run on it prints. It knows a memory upload and a few look-ups."""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

Upload = Callable[[str, bytes, Mapping[str, str]], int]

URL: Final = re.compile(r"https?://[^\s\"'<>]+")
HEADER: Final = re.compile(r"""(?:-H|--header)\s+["']([^:"']+):\s*([^"']*)["']""")
PUTS: Final = re.compile(r"(?i)--upload-file|-T\b|-X\s*PUT|--request\s+PUT|-Method\s+['\"]?Put|upload")
LIME_MAGIC: Final = b"EMiL\x01\x00\x00\x00"
IMAGE_SIZE: Final = 256 * 1_024

LOOKS: Final[Mapping[str, str]] = {
    "crontab": "*/5 * * * * /tmp/.x/kdevtmpfsi >/dev/null 2>&1\n",
    "sha256sum": "9f2feb0f1ef425b292f2f94bc8482494df430413b7ad0e6dd4b0ac6a0f3d6cd5  /tmp/.x/kdevtmpfsi\n",
    "ss -": 'tcp ESTAB 0 0 10.0.1.20:50112 198.51.100.7:3333 users:(("kdevtmpfsi",pid=4242,fd=7))\n',
    "ps ": "USER PID %CPU COMMAND\nwww-data 4242 396 /tmp/.x/kdevtmpfsi -o 198.51.100.7:3333\nroot 1 0.0 /sbin/init\n",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """What a script left: exit status and both streams."""

    code: int
    stdout: str = ""
    stderr: str = ""


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


def run(instance: str, script: str, upload: Upload) -> Output:
    """Play the script: upload a memory image if it asks for that, else answer the look-ups it names."""
    url = upload_target(script)
    if url is None:
        return Output(code=0, stdout="".join(text for word, text in LOOKS.items() if word in script))
    image = memory_image(instance)
    status = upload(url, image, dict(HEADER.findall(script)))
    if status >= 300:
        return Output(code=22, stderr=f"curl: (22) The requested URL returned error: {status}\n")
    return Output(code=0, stdout=f"{hashlib.sha256(image).hexdigest()}  {len(image)}\n")
