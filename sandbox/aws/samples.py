"""GuardDuty's sample findings: made-up instance, made-up addresses, marked as samples."""

import hashlib
from datetime import datetime
from typing import Any, Final

_REMOTE: Final = {
    "ipAddressV4": "198.51.100.0",
    "organization": {"asn": "-1", "asnOrg": "GeneratedFindingASNOrg", "isp": "GeneratedFindingISP"},
    "country": {"countryName": "GeneratedFindingCountryName"},
}
_PROBE: Final = {
    "actionType": "PORT_PROBE",
    "portProbeAction": {
        "blocked": False,
        "portProbeDetails": [
            {"localPortDetails": {"port": 80, "portName": "HTTP"}, "remoteIpDetails": _REMOTE},
        ],
    },
}
_CONNECTION: Final = {
    "actionType": "NETWORK_CONNECTION",
    "networkConnectionAction": {
        "connectionDirection": "OUTBOUND",
        "protocol": "TCP",
        "blocked": False,
        "localPortDetails": {"port": 39677, "portName": "Unknown"},
        "remotePortDetails": {"port": 80, "portName": "HTTP"},
        "remoteIpDetails": _REMOTE,
    },
}

SAMPLES: Final[dict[str, tuple[float, str, dict[str, Any]]]] = {
    "Backdoor:EC2/C&CActivity.B": (8, "is querying a command and control server", _CONNECTION),
    "CryptoCurrency:EC2/BitcoinTool.B": (8, "is communicating with a Bitcoin-related address", _CONNECTION),
    "Recon:EC2/PortProbeUnprotectedPort": (2, "has an unprotected port that is being probed", _PROBE),
    "Trojan:EC2/BlackholeTraffic": (5, "is communicating with a black hole address", _CONNECTION),
    "UnauthorizedAccess:EC2/MaliciousIPCaller.Custom": (5, "talks to a listed address", _CONNECTION),
}
"""Severity, what the title says of the instance, and the action, by type. Source: GuardDuty user guide, "EC2
finding types"."""


def made_up(kind: str, *, account: str, region: str, detector: str, at: datetime) -> dict[str, Any]:
    """A sample finding of a type of `SAMPLES`, as the detail of its event. The same type has the same id again."""
    severity, says, action = SAMPLES[kind]
    stamp = at.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
    identity = hashlib.sha256(f"sample {kind} {account} {region}".encode()).hexdigest()[:32]
    return {
        "schemaVersion": "2.0",
        "accountId": account,
        "region": region,
        "partition": "aws",
        "id": identity,
        "arn": f"arn:aws:guardduty:{region}:{account}:detector/{detector}/finding/{identity}",
        "type": kind,
        "title": f"[SAMPLE] The EC2 instance i-99999999 {says}.",
        "description": f"[SAMPLE] The EC2 instance i-99999999 {says}.",
        "severity": severity,
        "createdAt": stamp,
        "updatedAt": stamp,
        "resource": {
            "resourceType": "Instance",
            "instanceDetails": {
                "instanceId": "i-99999999",
                "instanceType": "m3.xlarge",
                "instanceState": "running",
                "imageId": "ami-99999999",
                "availabilityZone": f"{region}a",
                "launchTime": stamp,
                "iamInstanceProfile": {
                    "arn": f"arn:aws:iam::{account}:example/instance/profile",
                    "id": "GeneratedFindingInstanceProfileId",
                },
                "networkInterfaces": [],
                "tags": [{"key": "GeneratedFindingInstanceTag", "value": "GeneratedFindingInstanceValue"}],
            },
        },
        "service": {
            "serviceName": "guardduty",
            "detectorId": detector,
            "resourceRole": "TARGET" if action is _PROBE else "ACTOR",
            "archived": False,
            "count": 1,
            "eventFirstSeen": stamp,
            "eventLastSeen": stamp,
            "action": action,
            "additionalInfo": {"sample": True, "value": '{"sample":true}', "type": "default"},
        },
    }
