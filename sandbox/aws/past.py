"""The seeded account's past: who launched what and when, sessions, what runs on the hosts, an hour of traffic.

The story: a key of the user `ci-builder` was taken; with it a dev machine was launched that mines, the web
server's metadata service was opened to version 1, and an implant and a miner were put on it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from moto.iam.models import AccessKeyLastUsed, iam_backends

from sandbox.aws.history import Recorded, user_identity
from sandbox.aws.hosts import hosts
from sandbox.aws.seed import Account
from sandbox.aws.windows import WINDOW, deliver, emit
from sandbox.aws.world import Session, World, world_of

STOLEN_KEY: Final = "AKIACIBUILDEREXAMPLE"
DEPLOY_KEY: Final = "AKIADEPLOYEREXAMPLE0"
ATTACKER: Final = "198.51.100.23"
OFFICE: Final = "203.0.113.90"
MINUTES: Final = 60
_DEPLOYER, _BUILDER = "deployer", "ci-builder"


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """An instance, when it was launched (hours ago), and by whom."""

    instance: str
    hours: float
    user: str
    key: str
    address: str
    agent: str


def _launches(account: Mapping[str, Any]) -> tuple[Launch, ...]:
    office = {
        "user": _DEPLOYER,
        "key": DEPLOY_KEY,
        "address": OFFICE,
        "agent": "APN/1.0 HashiCorp/1.0 Terraform/1.9",
    }
    stolen = {"user": _BUILDER, "key": STOLEN_KEY, "address": ATTACKER, "agent": "Boto3/1.34.0 Python/3.12"}
    return (
        Launch(instance=account["bystander"], hours=24 * 41, **office),
        Launch(instance=account["web"], hours=24 * 41, **office),
        Launch(instance=account["miner"], hours=19, **stolen),
    )


def _recorded(account: Mapping[str, Any], now: datetime) -> list[Recorded]:
    def event(
        hours: float,
        name: str,
        user: str,
        key: str,
        address: str,
        agent: str,
        *resources: str,
        **parameters: Any,
    ) -> Recorded:
        return Recorded(
            at=now - timedelta(hours=hours),
            name=name,
            source="ec2.amazonaws.com",
            identity=user_identity(account["account"], user, key),
            address=address,
            agent=agent,
            region=account["region"],
            resources=resources,
            parameters=parameters,
        )

    launched = [
        event(x.hours, "RunInstances", x.user, x.key, x.address, x.agent, x.instance, maxCount=1, minCount=1)
        for x in _launches(account)
    ]
    boto = "Boto3/1.34.0 Python/3.12"
    web: str = account["web"]
    return [
        *launched,
        event(20, "DescribeInstances", _BUILDER, STOLEN_KEY, ATTACKER, boto, web),
        event(
            19.5, "ModifyInstanceMetadataOptions", _BUILDER, STOLEN_KEY, ATTACKER, boto, web,
            ModifyInstanceMetadataOptionsRequest={"InstanceId": web, "HttpTokens": "optional"},
        ),
    ]  # fmt: skip


def _sessions(account: Mapping[str, Any], now: datetime) -> list[Session]:
    arn = f"arn:aws:iam::{account['account']}:user/"

    def session(name: str, user: str, hours: float) -> Session:
        began = now - timedelta(hours=hours)
        ended = began + timedelta(minutes=14)
        return Session(
            id=f"{user}-{name}", target=account["web"], owner=arn + user, started=began, ended=ended
        )

    return [session("0a1b2c3d4e5f60718", "dee", 24 * 6), session("0f1e2d3c4b5a69788", _BUILDER, 19.25)]


def _keys(account: Mapping[str, Any], now: datetime) -> None:
    """The users behind the story as IAM has them: each with the key that it was told by, and its last use."""
    iam: Any = iam_backends[account["account"]]["aws"]
    for user, key, days, hours in ((_DEPLOYER, DEPLOY_KEY, 60, 24 * 41), (_BUILDER, STOLEN_KEY, 400, 19)):
        if user in iam.users:
            continue
        iam.create_user(account["region"], user)
        made = iam.create_access_key(user)
        del iam.access_keys[made.access_key_id]
        made.access_key_id = key
        made.create_date = now - timedelta(days=days)
        made.last_used = AccessKeyLastUsed(now - timedelta(hours=hours), "ec2", account["region"])
        iam.access_keys[key] = made


def remember(backend: Any, account: Mapping[str, Any]) -> None:
    """Give the account its past, up to the box's present. `account` has the fields of a seeded `Account`.

    What was called to build the box is forgotten: in the story it never happened.
    """
    world: World = world_of(backend)
    now = world.now()
    world.history.clear()
    world.history.extend(_recorded(account, now))
    _keys(account, now)
    world.sessions[:] = _sessions(account, now)
    world.hosts.update(hosts(web=account["web"], miner=account["miner"], bystander=account["bystander"]))
    for launch in _launches(account):
        backend.get_instance(launch.instance).launch_time = now - timedelta(hours=launch.hours)
    for minute in range(MINUTES, 0, -1):
        start = now - minute * WINDOW
        emit(backend, start, start + WINDOW)
    deliver(backend)


def names(account: Account) -> dict[str, str]:
    """What `remember` needs of a seeded account."""
    return {
        "account": account.account,
        "region": account.region,
        "web": account.web,
        "miner": account.miner,
        "bystander": account.bystander,
    }
