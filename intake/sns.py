"""SNS over HTTP: a message is believed when its topic is ours and Amazon's signature on it holds.

Rules from the SNS developer guide, “Verifying the signatures of Amazon SNS messages”: the certificate is fetched by
https from SNS itself only, what is signed are named members in a fixed order, SHA-1 (version 1) or SHA-256 (2).
A time is signed but not judged: SNS delivers late on purpose, and storing a message again changes nothing.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from intake.shapes import REGION, text_at
from playbook.errors import NotAllowed
from playbook.text import plain

Fetch = Callable[[str], Awaitable[bytes]]
"""GETs an address and answers the body, bounded, without following redirects. Raises Unreachable."""

_HOST = rf"https://sns\.{REGION.pattern}\.amazonaws\.com(?:\.cn)?/"
_CERTIFICATE = re.compile(rf"{_HOST}SimpleNotificationService-[0-9a-zA-Z]{{1,80}}\.pem")
_SUBSCRIBE = re.compile(rf"{_HOST}\?[\x21-\x7e]{{1,2000}}")
_NOTIFICATION = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
_CONFIRMATION = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
_SIGNED = {
    "Notification": _NOTIFICATION,
    "SubscriptionConfirmation": _CONFIRMATION,
    "UnsubscribeConfirmation": _CONFIRMATION,
}
_MOST_CERTIFICATES = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Topics:
    """The topics that may speak, and the certificates that were fetched so far, by address."""

    allowed: frozenset[str]
    fetch: Fetch
    certificates: dict[str, x509.Certificate] = field(default_factory=dict[str, x509.Certificate])

    async def check(self, message: Mapping[str, object], now: datetime) -> None:
        """Raise NotAllowed unless the message is from an allowed topic and signed by SNS; Unreachable in doubt."""
        topic = text_at(message, "TopicArn")
        if topic not in self.allowed:
            raise NotAllowed(
                f"The topic {plain(topic, 120) or 'without a name'} is not one that ec2ir listens to.",
                then="Name it in [alerts] topics of ec2ir.toml, if it should be.",
            )
        url = text_at(message, "SigningCertURL")
        if not _CERTIFICATE.fullmatch(url):
            raise NotAllowed("The signing certificate is not at an address of SNS.")
        _verify(message, await self._certificate(url, now))

    async def confirm(self, message: Mapping[str, object]) -> None:
        """Confirm the subscription that a checked message asks about. Raises NotAllowed, Unreachable."""
        url = text_at(message, "SubscribeURL")
        if not _SUBSCRIBE.fullmatch(url):
            raise NotAllowed("The address that confirms the subscription is not one of SNS.")
        await self.fetch(url)

    async def _certificate(self, url: str, now: datetime) -> x509.Certificate:
        found = self.certificates.get(url)
        if found is None:
            found = _read(await self.fetch(url))
            if len(self.certificates) < _MOST_CERTIFICATES:
                self.certificates[url] = found
        if not found.not_valid_before_utc <= now <= found.not_valid_after_utc:
            raise NotAllowed(
                "The signing certificate is not valid now.", then="Compare this machine's clock."
            )
        return found


def _read(pem: bytes) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(pem)
    except ValueError as problem:
        raise NotAllowed("What is at the address of the signing certificate is no certificate.") from problem


def signed_text(message: Mapping[str, object]) -> bytes:
    """What SNS signs: each member's name and value on a line of its own. Raises NotAllowed for an unknown type."""
    names = _SIGNED.get(text_at(message, "Type"))
    if names is None:
        raise NotAllowed("The message is of no type that SNS sends.")
    told = ((name, message.get(name)) for name in names)
    return "".join(f"{name}\n{value}\n" for name, value in told if isinstance(value, str)).encode()


def _verify(message: Mapping[str, object], certificate: x509.Certificate) -> None:
    key = certificate.public_key()
    algorithm = {"1": hashes.SHA1(), "2": hashes.SHA256()}.get(text_at(message, "SignatureVersion"))  # noqa: S303
    if algorithm is None or not isinstance(key, rsa.RSAPublicKey):
        raise NotAllowed("The message is signed in a way that ec2ir does not know.")
    try:
        signature = base64.b64decode(text_at(message, "Signature"), validate=True)
        key.verify(signature, signed_text(message), padding.PKCS1v15(), algorithm)
    except (binascii.Error, InvalidSignature, ValueError) as problem:
        raise NotAllowed("The signature is not Amazon's.") from problem
