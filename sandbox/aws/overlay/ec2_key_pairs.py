"""Key pairs: deleted by id or name, and what can't be imported."""

import base64
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.responses.key_pairs import KeyPairs

from sandbox.aws.overlay.base import Override, refuse

_import = KeyPairs.import_key_pair


def _of_id(backend: Any, key_id: str) -> Any:
    return next((pair for pair in backend.key_pairs.values() if pair.id == key_id), None)


def describe_key_pairs(self: Any) -> ActionResult:
    """DescribeKeyPairs: by name, id or filter; the public key only if asked for.

    Source: EC2 API reference, DescribeKeyPairs, `IncludePublicKey`; "Error codes for the EC2 API":
    InvalidKeyPair.NotFound for a name or an id that does not exist.
    """
    backend = self.ec2_backend
    names, ids = self._get_param("KeyNames", []), self._get_param("KeyPairIds", [])
    for name in names:
        if name not in backend.key_pairs:
            refuse("InvalidKeyPair.NotFound", f"The key pair '{name}' does not exist")
    for key_id in ids:
        if _of_id(backend, key_id) is None:
            refuse("InvalidKeyPair.NotFound", f"The key pair '{key_id}' does not exist")
    found = backend.describe_key_pairs([], self._filters_from_querystring())
    wanted = [p for p in found if (not names and not ids) or p.key_name in names or p.id in ids]
    path = "DescribeKeyPairsResult.KeyPairs.KeyPairInfo.PublicKey"
    if self._get_bool_param("IncludePublicKey", False):
        self._include_in_response(path)
    else:
        self._exclude_from_response(path)
    return ActionResult({"KeyPairs": wanted})


def delete_key_pair(self: Any) -> ActionResult:
    """DeleteKeyPair: by `KeyPairId` or `KeyName`; one that does not exist is no error.

    Source: EC2 API reference, DeleteKeyPair: the request needs one of both, else MissingParameter.
    """
    key_id, name = self._get_param("KeyPairId"), self._get_param("KeyName")
    if not key_id and not name:
        refuse("MissingParameter", "The request must contain the parameter KeyName or KeyPairId")
    self.error_on_dryrun()
    pair = _of_id(self.ec2_backend, key_id) if key_id else self.ec2_backend.key_pairs.get(name)
    if pair is not None:
        self.ec2_backend.delete_key_pair(pair.key_name)
    return ActionResult({"Return": True, "KeyPairId": pair.id if pair else None})


def import_key_pair(self: Any) -> ActionResult:
    """ImportKeyPair: material that is no OpenSSH public key is refused.

    Source: EC2 API reference, "Error codes for the EC2 API": InvalidKey.Format, InvalidKeyPair.Duplicate.
    """
    given = self._get_param("PublicKeyMaterial")
    text = given.decode("utf-8", "replace") if isinstance(given, bytes) else str(given or "")
    if not text.startswith(("ssh-rsa ", "ssh-ed25519 ", "-----BEGIN", "---- BEGIN")):
        try:
            text = base64.b64decode(text, validate=True).decode("utf-8", "replace")
        except ValueError:
            text = ""
        if not text.startswith(("ssh-rsa ", "ssh-ed25519 ")):
            refuse("InvalidKey.Format", "Key is not in valid OpenSSH public key format")
    return _import(self)


OVERRIDES = (
    Override(owner=KeyPairs, name="describe_key_pairs", value=describe_key_pairs),
    Override(owner=KeyPairs, name="delete_key_pair", value=delete_key_pair),
    Override(owner=KeyPairs, name="import_key_pair", value=import_key_pair),
)
