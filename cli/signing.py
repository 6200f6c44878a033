"""The key with which files are signed: Ed25519, in a PEM file that the settings name.

Made by:    openssl genpkey -algorithm ed25519 -out ec2ir-signing.pem
Given out:  openssl pkey -in ec2ir-signing.pem -pubout -out ec2ir-signing.pub.pem
Checked by: openssl pkeyutl -verify -pubin -inkey ec2ir-signing.pub.pem -rawin -in FILE -sigfile FILE.sig
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from cli.settings import BadSetting

HOW_TO_CHECK = "openssl pkeyutl -verify -pubin -inkey ec2ir-signing.pub.pem -rawin -in FILE -sigfile FILE.sig"
"""What an auditor types; OpenSSL 3."""


def signer(path: str) -> Callable[[bytes], bytes] | None:
    """What signs with the key in that PEM file; None without a path. Raises BadSetting when it holds no such key."""
    if not path:
        return None
    try:
        key = load_pem_private_key(Path(path).read_bytes(), password=None)
    except OSError as error:
        raise BadSetting(
            f"EC2IR_SIGNING_KEY names {path}, which can't be read: {error.strerror}.",
            then="Name a readable PEM file, or leave the setting out: files are not signed then.",
        ) from error
    except (TypeError, ValueError) as error:
        raise BadSetting(
            f"EC2IR_SIGNING_KEY names {path}, which holds no private key without a password.",
            then="Make one: openssl genpkey -algorithm ed25519 -out ec2ir-signing.pem",
        ) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise BadSetting(
            f"EC2IR_SIGNING_KEY names {path}, whose key is not Ed25519.",
            then="Make one: openssl genpkey -algorithm ed25519 -out ec2ir-signing.pem",
        )
    return key.sign
