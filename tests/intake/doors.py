"""An alert door with a secret, a topic and an Amazon of its own, over real HTTP."""

from __future__ import annotations

import base64
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from io import BytesIO

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from intake.envelope import MOST_BYTES
from intake.http import Door, add_alerts
from intake.receive import Outcome, handle
from intake.routes import Read, Reading
from intake.sns import Topics, signed_text
from playbook.errors import Unreachable
from tests.intake.builders import ACCOUNT, REGION
from tests.intake.fakes import MemorySink
from tests.intake.payloads import Json

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECRET = "a secret of some length"
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:alarms"
HOST = f"https://sns.{REGION}.amazonaws.com"
CERTIFICATE = f"{HOST}/SimpleNotificationService-0123456789abcdef.pem"
SUBSCRIBE = f"{HOST}/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=2336412f37"


@cache
def key(of: str) -> rsa.RSAPrivateKey:
    """Somebody's key; to make one takes longer than all else that a test does."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass(slots=True, kw_only=True)
class Amazon:
    """SNS: signs messages, and answers what is fetched from it; `unreachable` makes it answer nothing."""

    key: rsa.RSAPrivateKey = field(default_factory=lambda: key("Amazon"))
    fetched: list[str] = field(default_factory=list[str])
    valid_for: timedelta = timedelta(days=365)
    unreachable: bool = False

    async def fetch(self, url: str) -> bytes:
        if self.unreachable:
            raise Unreachable("SNS can't be reached.")
        self.fetched.append(url)
        return self.certificate() if url == CERTIFICATE else b"<ConfirmSubscriptionResponse/>"

    def certificate(self) -> bytes:
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
        made = x509.CertificateBuilder(
            issuer_name=name, subject_name=name, public_key=self.key.public_key(), serial_number=1,
            not_valid_before=NOON - timedelta(days=30), not_valid_after=NOON + self.valid_for,
        )  # fmt: skip
        return made.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    def signed(self, message: Json, version: str = "2") -> Json:
        algorithm = hashes.SHA1() if version == "1" else hashes.SHA256()
        signature = self.key.sign(signed_text(message), padding.PKCS1v15(), algorithm)
        return message | {"SignatureVersion": version, "Signature": base64.b64encode(signature).decode()}


def notified(message: str, **members: str) -> Json:
    """A notification as SNS posts it, unsigned."""
    return {
        "Type": "Notification", "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324", "TopicArn": TOPIC,
        "Subject": "ALARM: web cpu", "Message": message, "Timestamp": "2026-03-01T12:00:00.000Z",
        "SigningCertURL": CERTIFICATE, "UnsubscribeURL": f"{HOST}/?Action=Unsubscribe",
    } | members  # fmt: skip


def subscription(**members: str) -> Json:
    """A subscription that wants to be confirmed, unsigned."""
    return {
        "Type": "SubscriptionConfirmation", "MessageId": "165545c9-2a5c-472c-8df2-7ff2be2b3b1b",
        "Token": "2336412f37", "TopicArn": TOPIC, "Message": "You have chosen to subscribe.",
        "SubscribeURL": SUBSCRIBE, "Timestamp": "2026-03-01T12:00:00.000Z", "SigningCertURL": CERTIFICATE,
    } | members  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Porch:
    """The door, what came through it, and somebody in front of it."""

    client: TestClient[web.Request, web.Application]
    sink: MemorySink
    amazon: Amazon
    door: Door

    async def post(self, source: str, body: bytes, headers: dict[str, str] | None = None) -> tuple[int, str]:
        answer = await self.client.post(f"/alerts/{source}", data=BytesIO(body), headers=headers or {})
        return answer.status, await answer.text()


@asynccontextmanager
async def porch(
    *, secret: str = SECRET, topics: frozenset[str] = frozenset({TOPIC})
) -> AsyncGenerator[Porch]:
    """A door at noon, on a free port."""
    sink, amazon = MemorySink(), Amazon()

    async def take(body: bytes, id: str, read: Read) -> Outcome:  # noqa: A002
        return await handle(body, id, sink, received=NOON, read=read)

    server = web.Application(client_max_size=MOST_BYTES)
    door = Door(
        secret=secret, topics=Topics(allowed=topics, fetch=amazon.fetch), take=take, clock=lambda: NOON,
        reading=Reading(account=ACCOUNT, region=REGION),
    )  # fmt: skip
    add_alerts(server, door)
    async with TestClient(TestServer(server, host="127.0.0.1")) as client:
        yield Porch(client=client, sink=sink, amazon=amazon, door=door)
