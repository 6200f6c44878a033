"""GuardDuty findings about the seeded instances, in EventBridge's envelope."""

import copy
import hashlib
import uuid
from datetime import datetime
from typing import Any, Final

from sandbox.aws.environment import account_id

DETECTOR: Final = "5ec2a1c0ffee4b0a9d3e7f6a8b9c0d1e"


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def _interface(eni: dict[str, Any]) -> dict[str, Any]:
    return {
        "networkInterfaceId": eni["NetworkInterfaceId"],
        "privateIpAddress": eni["PrivateIpAddress"],
        "privateDnsName": eni.get("PrivateDnsName", ""),
        "privateIpAddresses": [
            {"privateIpAddress": a["PrivateIpAddress"]} for a in eni["PrivateIpAddresses"]
        ],
        "ipv6Addresses": [a["Ipv6Address"] for a in eni.get("Ipv6Addresses", [])],
        "publicIp": eni.get("Association", {}).get("PublicIp", ""),
        "subnetId": eni["SubnetId"],
        "vpcId": eni["VpcId"],
        "securityGroups": [{"groupId": g["GroupId"], "groupName": g["GroupName"]} for g in eni["Groups"]],
    }


def instance_details(ec2: Any, instance: str) -> dict[str, Any]:
    """`resource.instanceDetails` of a finding, read from the account. `ec2` is a boto3 client."""
    seen = ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]
    profile = seen.get("IamInstanceProfile", {})
    return {
        "instanceId": instance,
        "instanceType": seen["InstanceType"],
        "instanceState": seen["State"]["Name"],
        "imageId": seen["ImageId"],
        "availabilityZone": seen["Placement"]["AvailabilityZone"],
        "launchTime": _stamp(seen["LaunchTime"]),
        "platform": seen.get("Platform"),
        "iamInstanceProfile": {"arn": profile.get("Arn", ""), "id": profile.get("Id", "")},
        "networkInterfaces": [_interface(eni) for eni in seen["NetworkInterfaces"]],
        "tags": [{"key": t["Key"], "value": t["Value"]} for t in seen.get("Tags", [])],
        "productCodes": [],
    }


def _remote(address: str, country: str, organisation: str) -> dict[str, Any]:
    owner = {"asn": "64500", "asnOrg": organisation, "isp": organisation, "org": organisation}
    place = {"city": {"cityName": ""}, "geoLocation": {"lat": 0, "lon": 0}}
    return {"ipAddressV4": address, "organization": owner, "country": {"countryName": country}, **place}


def _connection(address: str, port: int, service: str) -> dict[str, Any]:
    connection = {
        "connectionDirection": "OUTBOUND",
        "protocol": "TCP",
        "blocked": False,
        "localPortDetails": {"port": 50707, "portName": "Unknown"},
        "remotePortDetails": {"port": port, "portName": service},
        "remoteIpDetails": _remote(address, "Nowhere", "Example Hosting"),
    }
    return {"actionType": "NETWORK_CONNECTION", "networkConnectionAction": connection}


def _finding(
    ec2: Any, instance: str, *, kind: str, title: str, severity: float, action: dict[str, Any], at: datetime
) -> dict[str, Any]:
    region, account = ec2.meta.region_name, account_id()
    identity = hashlib.sha256(f"{kind} {instance}".encode()).hexdigest()[:32]
    arn = f"arn:aws:guardduty:{region}:{account}:detector/{DETECTOR}/finding/{identity}"
    detail = {
        "schemaVersion": "2.0",
        "accountId": account,
        "region": region,
        "partition": "aws",
        "id": identity,
        "arn": arn,
        "type": kind,
        "title": title,
        "description": f"{title}.",
        "severity": severity,
        "createdAt": _stamp(at),
        "updatedAt": _stamp(at),
        "resource": {"resourceType": "Instance", "instanceDetails": instance_details(ec2, instance)},
        "service": {
            "serviceName": "guardduty",
            "detectorId": DETECTOR,
            "resourceRole": "ACTOR",
            "archived": False,
            "count": 1,
            "eventFirstSeen": _stamp(at),
            "eventLastSeen": _stamp(at),
            "action": action,
            "additionalInfo": {"value": "{}", "type": "default"},
        },
    }
    return {
        "version": "0",
        "id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{arn} {_stamp(at)}")),
        "detail-type": "GuardDuty Finding",
        "source": "aws.guardduty",
        "account": account,
        "time": _stamp(at),
        "region": region,
        "resources": [],
        "detail": detail,
    }


def mining(ec2: Any, instance: str, *, at: datetime) -> dict[str, Any]:
    """CryptoCurrency:EC2/BitcoinTool.B: the instance talks to a mining pool at 198.51.100.7:3333."""
    found = _finding(
        ec2,
        instance,
        kind="CryptoCurrency:EC2/BitcoinTool.B",
        title=f"The EC2 instance {instance} is communicating with IP address 198.51.100.7 of a mining pool",
        severity=8,
        action=_connection("198.51.100.7", 3333, "Unknown"),
        at=at,
    )
    found["detail"]["service"]["evidence"] = {
        "threatIntelligenceDetails": [{"threatListName": "ProofPoint", "threatNames": ["bitcoin"]}]
    }
    return found


def command_and_control(ec2: Any, instance: str, *, at: datetime) -> dict[str, Any]:
    """Backdoor:EC2/C&CActivity.B: the instance calls its controller at 192.0.2.44:8443."""
    return _finding(
        ec2,
        instance,
        kind="Backdoor:EC2/C&CActivity.B",
        title=f"The EC2 instance {instance} is communicating with the controller 192.0.2.44",
        severity=8,
        action=_connection("192.0.2.44", 8443, "Unknown"),
        at=at,
    )


def stolen_credentials(ec2: Any, instance: str, *, at: datetime) -> dict[str, Any]:
    """UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS: its role is used from 198.51.100.99."""
    details = instance_details(ec2, instance)
    call = {
        "api": "ListBuckets",
        "serviceName": "s3.amazonaws.com",
        "callerType": "Remote IP",
        "remoteIpDetails": _remote("198.51.100.99", "Elsewhere", "Example Hosting"),
    }
    found = _finding(
        ec2,
        instance,
        kind="UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS",
        title=f"Credentials for the EC2 instance {instance} were used from the external address 198.51.100.99",
        severity=8,
        action={"actionType": "AWS_API_CALL", "awsApiCallAction": call},
        at=at,
    )
    role = details["iamInstanceProfile"]["arn"].rpartition("/")[2]
    found["detail"]["resource"] |= {
        "resourceType": "AccessKey",
        "accessKeyDetails": {"userName": role, "userType": "AssumedRole", "principalId": f"AROA:{instance}"},
    }
    return found


def port_probe(ec2: Any, instance: str, *, at: datetime) -> dict[str, Any]:
    """Recon:EC2/PortProbeUnprotectedPort: 203.0.113.200 tries port 22 of the instance, which is the target."""
    probed = {
        "localPortDetails": {"port": 22, "portName": "SSH"},
        "remoteIpDetails": _remote("203.0.113.200", "Nowhere", "Example Scanner"),
    }
    found = _finding(
        ec2,
        instance,
        kind="Recon:EC2/PortProbeUnprotectedPort",
        title=f"The unprotected port 22 of the EC2 instance {instance} is being probed",
        severity=2,
        action={
            "actionType": "PORT_PROBE",
            "portProbeAction": {"blocked": False, "portProbeDetails": [probed]},
        },
        at=at,
    )
    found["detail"]["service"]["resourceRole"] = "TARGET"
    return found


def attack_sequence(ec2: Any, *instances: str, at: datetime) -> dict[str, Any]:
    """AttackSequence:EC2/CompromisedInstanceGroup: one finding that names several instances.

    Source: GuardDuty API reference, Sequence: `resources` are named by ARN, and the finding has no `instanceDetails`.
    """
    region, account = ec2.meta.region_name, account_id()
    found = _finding(
        ec2,
        instances[0],
        kind="AttackSequence:EC2/CompromisedInstanceGroup",
        title=f"{len(instances)} EC2 instances show signals of one attack",
        severity=9,
        action={},
        at=at,
    )
    resources = [
        {
            "uid": f"arn:aws:ec2:{region}:{account}:instance/{each}",
            "name": each,
            "accountId": account,
            "region": region,
            "resourceType": "EC2_INSTANCE",
        }
        for each in instances
    ]
    detail = found["detail"]
    del detail["service"]["action"]
    detail["resource"] = {"resourceType": "AttackSequence"}
    detail["service"]["detection"] = {
        "sequence": {"uid": detail["id"], "resources": resources, "signals": []}
    }
    return found


def sample(finding: dict[str, Any]) -> dict[str, Any]:
    """The finding as CreateSampleFindings would make it."""
    copied = copy.deepcopy(finding)
    copied["detail"]["service"]["additionalInfo"] = {
        "sample": True,
        "value": '{"sample":true}',
        "type": "default",
    }
    copied["detail"]["title"] = f"[SAMPLE] {finding['detail']['title']}"
    copied["detail"]["id"] = hashlib.sha256(finding["detail"]["id"].encode()).hexdigest()[:32]
    return copied


def again(finding: dict[str, Any], *, at: datetime, count: int) -> dict[str, Any]:
    """The same finding later: same id, higher count, newer `updatedAt`, an event id of its own."""
    copied = copy.deepcopy(finding)
    detail = copied["detail"]
    detail["updatedAt"] = detail["service"]["eventLastSeen"] = copied["time"] = _stamp(at)
    detail["service"]["count"] = count
    copied["id"] = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{detail['arn']} {_stamp(at)}"))
    return copied
