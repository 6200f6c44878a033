"""What runs on the seeded hosts: a web server with an implant and a miner, a dev machine that mines, a sibling."""

from collections.abc import Mapping
from typing import Final

from sandbox.aws.disks import MINER
from sandbox.aws.world import Host, Process

_NGINX: Final = Process(
    pid=902,
    user="nginx",
    command="nginx: worker process",
    executable="/usr/sbin/nginx",
    cpu=1.2,
    listens=(443, 8080),
)
_DROPPED: Final = Process(
    pid=4242,
    user="nginx",
    command=f"/{MINER.path} -o 198.51.100.7:3333",
    executable=f"/{MINER.path}",
    content=MINER.content,
    cpu=396.0,
    connections=("web-mining",),
)
_IMPLANT: Final = Process(
    pid=4250,
    user="nginx",
    command="[kworker/u8:2]",
    executable="/dev/shm/.k",  # noqa: S108 - where implants lie
    content=b"\x7fELF the implant of the box\n",
    cpu=0.3,
    deleted=True,
    connections=("web-beacon", "web-beacon-v6"),
)
_XMRIG: Final = Process(
    pid=1337,
    user="root",
    command="/root/c3pool/xmrig --config=/root/c3pool/config.json",
    executable="/root/c3pool/xmrig",
    content=MINER.content,
    cpu=199.0,
    connections=("dev-mining",),
)
_CRON: Final[Mapping[str, str]] = {
    "/var/spool/cron/nginx": f"*/5 * * * * /{MINER.path} >/dev/null 2>&1\n",
    "/etc/cron.d/certificates": "# renewal\n17 3 * * * root /usr/bin/certbot renew -q\n",
}


def hosts(*, web: str, miner: str, bystander: str) -> dict[str, Host]:
    """The hosts of these instances."""
    return {
        web: Host(processes=(_NGINX, _DROPPED, _IMPLANT), cron=dict(_CRON)),
        miner: Host(processes=(_XMRIG,)),
        bystander: Host(processes=(_NGINX,)),
    }
