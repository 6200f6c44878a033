"""Alerts in the shapes that their senders document, with this suite's account and instances in them."""

from __future__ import annotations

import json
from typing import Any

from tests.intake.builders import ACCOUNT, REGION, WEB

Json = dict[str, Any]

ALARM_ARN = f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:web cpu"
ATTACKER = f"arn:aws:iam::{ACCOUNT}:user/deploy"
GUARDDUTY_ID = "46ba0ac2845071e23ccdeb2ae03bfdea"


def sent(source: str, kind: str, detail: Json, *resources: str) -> str:
    """An event as EventBridge wraps it."""
    return json.dumps({
        "version": "0", "id": "7bf73129-1428-4cd3-a780-95db273d1602", "source": source, "detail-type": kind,
        "account": ACCOUNT, "time": "2026-03-01T12:00:00Z", "region": REGION, "resources": list(resources),
        "detail": detail,
    })  # fmt: skip


def api_call(name: str, source: str = "ec2.amazonaws.com", **members: Any) -> Json:
    """A record of CloudTrail (event version 1.08): an IAM user calls AWS."""
    return {
        "eventVersion": "1.08",
        "userIdentity": {
            "type": "IAMUser", "principalId": "AIDA6ON6E4XEGITEXAMPLE", "arn": ATTACKER, "accountId": ACCOUNT,
            "accessKeyId": "AKIAIOSFODNN7EXAMPLE", "userName": "deploy",
        },
        "eventTime": "2026-03-01T12:00:00Z", "eventSource": source, "eventName": name, "awsRegion": REGION,
        "sourceIPAddress": "198.51.100.7", "userAgent": "aws-cli/2.13.5 Python/3.11.4",
        "requestParameters": None, "responseElements": None,
        "requestID": "e4336db0-149f-4a6b-844d-EXAMPLEb9d16", "eventID": "e755e09c-42f9-4c5c-9064-EXAMPLE228c7",
        "readOnly": False, "eventType": "AwsApiCall", "managementEvent": True, "recipientAccountId": ACCOUNT,
        "eventCategory": "Management",
    } | members  # fmt: skip


def launch(
    kind: str = "p3.2xlarge", *, most: int = 1, instances: tuple[str, ...] = (WEB,), **members: Any
) -> Json:
    """`RunInstances` as CloudTrail records it."""
    asked = {
        "instancesSet": {"items": [{"imageId": "ami-0123456789abcdef0", "minCount": 1, "maxCount": most}]}
    }
    made = [
        {"instanceId": i, "instanceType": kind, "instanceState": {"code": 0, "name": "pending"}}
        for i in instances
    ]
    answered = {"reservationId": "r-0123456789abcdef0", "ownerId": ACCOUNT, "instancesSet": {"items": made}}
    told: Json = {
        "requestParameters": asked | {"instanceType": kind},
        "responseElements": answered if made else None,
    }
    return api_call("RunInstances", **(told | members))


def root_login(*, at: str = "2026-03-01T12:00:00Z", outcome: str = "Success") -> Json:
    """The root user signs in to the console, as the CloudTrail user guide shows it."""
    return {
        "eventVersion": "1.08",
        "userIdentity": {
            "type": "Root", "principalId": ACCOUNT, "arn": f"arn:aws:iam::{ACCOUNT}:root", "accountId": ACCOUNT,
            "accessKeyId": "",
        },
        "eventTime": at, "eventSource": "signin.amazonaws.com", "eventName": "ConsoleLogin", "awsRegion": REGION,
        "sourceIPAddress": "192.0.2.0", "userAgent": "Mozilla/5.0", "requestParameters": None,
        "responseElements": {"ConsoleLogin": outcome},
        "additionalEventData": {"LoginTo": "https://console.aws.amazon.com/", "MobileVersion": "No", "MFAUsed": "No"},
        "eventID": "4217114c-1ca0-4f95-8dd1-EXAMPLE2", "readOnly": False, "eventType": "AwsConsoleSignIn",
        "managementEvent": True, "recipientAccountId": ACCOUNT, "eventCategory": "Management",
    }  # fmt: skip


def api_event(record: Json) -> str:
    """A record as EventBridge delivers it: its source is the service that was called."""
    signin = record["eventSource"] == "signin.amazonaws.com"
    service = str(record["eventSource"]).partition(".")[0]
    kind = "AWS Console Sign In via CloudTrail" if signin else "AWS API Call via CloudTrail"
    return sent(f"aws.{service}", kind, record)


def metric(namespace: str = "AWS/EC2", name: str = "CPUUtilization", **dimensions: str) -> Json:
    """One metric of an alarm in EventBridge's event."""
    measured = {"namespace": namespace, "name": name, "dimensions": dimensions}
    return {
        "id": "m1",
        "metricStat": {"metric": measured, "period": 300, "stat": "Average"},
        "returnData": True,
    }


def alarm(
    state: str = "ALARM",
    *metrics: Json,
    name: str = "web cpu",
    arn: str = ALARM_ARN,
    at: str = "12:00:00.000",
) -> str:
    """“CloudWatch Alarm State Change” of a metric alarm."""
    detail = {
        "alarmName": name,
        "configuration": {
            "description": "web is busy",
            "metrics": list(metrics or (metric(InstanceId=WEB),)),
        },
        "previousState": {"reason": "", "timestamp": "2026-03-01T11:00:00.000+0000", "value": "OK"},
        "state": {
            "reason": "Threshold Crossed: 6 out of the last 6 datapoints [99.8, …] were greater than 98.0",
            "reasonData": "{}", "timestamp": f"2026-03-01T{at}+0000", "value": state,
        },
    }  # fmt: skip
    return sent("aws.cloudwatch", "CloudWatch Alarm State Change", detail, arn)


def alarm_by_sns(state: str = "ALARM", **trigger: Any) -> Json:
    """What CloudWatch sends to a topic; its region is written for people."""
    return {
        "AlarmName": "web cpu", "AlarmDescription": None, "AWSAccountId": ACCOUNT,
        "AlarmConfigurationUpdatedTimestamp": "2026-02-01T00:00:00.000+0000", "NewStateValue": state,
        "NewStateReason": "Threshold Crossed", "StateChangeTime": "2026-03-01T12:00:00.000+0000",
        "Region": "EU (Frankfurt)", "AlarmArn": ALARM_ARN, "OldStateValue": "OK", "OKActions": [],
        "AlarmActions": [f"arn:aws:sns:{REGION}:{ACCOUNT}:alarms"], "InsufficientDataActions": [],
        "Trigger": {
            "MetricName": "CPUUtilization", "Namespace": "AWS/EC2", "StatisticType": "Statistic",
            "Statistic": "AVERAGE", "Unit": None, "Dimensions": [{"value": WEB, "name": "InstanceId"}],
            "Period": 300, "EvaluationPeriods": 6, "ComparisonOperator": "GreaterThanThreshold", "Threshold": 98.0,
        } | trigger,
    }  # fmt: skip


def asff(**members: Any) -> Json:
    """A finding of a partner product in the AWS Security Finding Format."""
    return {
        "SchemaVersion": "2018-10-08", "Id": f"{REGION}/{ACCOUNT}/98aebb2207407c87f51e89943f12b1ef",
        "ProductArn": f"arn:aws:securityhub:{REGION}:{ACCOUNT}:product/acme/sensor", "ProductName": "Sensor",
        "GeneratorId": "acme-beacon", "AwsAccountId": ACCOUNT, "Region": REGION,
        "Types": ["TTPs/Command and Control/Beacon"], "FirstObservedAt": "2026-03-01T11:00:00Z",
        "LastObservedAt": "2026-03-01T11:55:00Z", "CreatedAt": "2026-03-01T11:00:00Z",
        "UpdatedAt": "2026-03-01T12:00:00.000Z", "Severity": {"Label": "HIGH", "Normalized": 70, "Original": "8"},
        "Title": "Beacon to a command-and-control server", "Description": "web talks to 198.51.100.7",
        "ProductFields": {"aws/securityhub/ProductName": "Sensor", "aws/securityhub/CompanyName": "ACME"},
        "Network": {"Direction": "OUT", "DestinationIpV4": "198.51.100.7", "DestinationPort": 4444},
        "ThreatIntelIndicators": [{"Type": "DOMAIN", "Value": "c2.example", "Source": "feed"}],
        "Resources": [{
            "Type": "AwsEc2Instance", "Id": f"arn:aws:ec2:{REGION}:{ACCOUNT}:instance/{WEB}", "Partition": "aws",
            "Region": REGION, "Details": {"AwsEc2Instance": {"Type": "m5.large"}},
        }],
        "WorkflowState": "NEW", "Workflow": {"Status": "NEW"}, "RecordState": "ACTIVE",
    } | members  # fmt: skip


def guardduty_asff(**members: Any) -> Json:
    """A finding of GuardDuty as Security Hub keeps it: “/” in its type became “-”."""
    arn = f"arn:aws:guardduty:{REGION}:{ACCOUNT}:detector/d4b040365221be2b54a6264dc9a4bc64/finding/{GUARDDUTY_ID}"
    product = f"arn:aws:securityhub:{REGION}::product/aws/guardduty"
    fields = {
        "aws/guardduty/service/count": "74", "aws/guardduty/service/resourceRole": "ACTOR",
        "aws/securityhub/FindingId": f"{product}/{arn}", "aws/securityhub/ProductName": "GuardDuty",
        "aws/securityhub/CompanyName": "Amazon",
    }  # fmt: skip
    told = {"Id": arn, "ProductArn": product, "ProductName": "GuardDuty", "ProductFields": fields}
    kind = {"Types": ["TTPs/Command and Control/CryptoCurrency:EC2-BitcoinTool.B!DNS"]}
    return asff(**(told | kind | members))


def imported(*findings: Json) -> str:
    """“Security Hub Findings - Imported”."""
    return sent("aws.securityhub", "Security Hub Findings - Imported", {"findings": list(findings)})


def detection(**members: Any) -> Json:
    """A detection in our own shape."""
    return {
        "id": "d-4711", "product": "sensor", "title": "Miner started", "severity": "high",
        "at": "2026-03-01T12:00:00Z", "host": {"instance": WEB, "account": ACCOUNT, "region": REGION},
        "process": {"path": "/tmp/kdevtmpfsi", "sha256": "a" * 64, "command": "/tmp/kdevtmpfsi -o pool.example"},
        "indicators": [{"kind": "domain", "value": "pool.example"}], "techniques": ["T1496"],
    } | members  # fmt: skip


def falcon() -> Json:
    """An alert of CrowdStrike's Alerts API, version 2."""
    return {
        "composite_id": "c1:ind:aid:1-2-3", "display_name": "CryptominerLaunched", "description": "A miner runs.",
        "severity": 70, "severity_name": "High", "status": "new", "created_timestamp": "2026-03-01T11:58:00.5Z",
        "updated_timestamp": "2026-03-01T12:00:00.123456789Z", "filename": "xmrig", "filepath": "/tmp/xmrig",
        "sha256": "b" * 64, "cmdline": "/tmp/xmrig -o pool.example", "tactic": "Impact", "technique_id": "T1496",
        "device": {
            "device_id": "0a1b", "hostname": "web-1", "instance_id": WEB, "service_provider": "AWS_EC2_V2",
            "service_provider_account_id": ACCOUNT, "zone_group": f"{REGION}a",
        },
    }  # fmt: skip


def defender() -> Json:
    """The alert resource of Microsoft Defender for Endpoint, on a host with EC2's resource name."""
    return {
        "id": "da637472900382838869_1364969609", "incidentId": 1126093, "severity": "Medium", "status": "New",
        "category": "Malware", "title": "Suspicious process", "description": "It ran a script.",
        "alertCreationTime": "2026-03-01T11:59:00.7Z", "firstEventTime": "2026-03-01T11:58:00.7Z",
        "lastEventTime": "2026-03-01T11:59:00.7Z", "lastUpdateTime": "2026-03-01T12:00:00.7Z",
        "machineId": "111e6dd8c833c8a052ea231ec1b19adaf497b625",
        "computerDnsName": f"{WEB}.{REGION}.compute.internal", "mitreTechniques": ["T1059.004", "T1105"],
        "evidence": [
            {"entityType": "File", "sha256": "c" * 64, "fileName": "x.sh", "filePath": "/tmp"},
            {"entityType": "Ip", "ipAddress": "198.51.100.9"},
        ],
    }  # fmt: skip


def sentinelone() -> Json:
    """A threat of SentinelOne's management API, version 2.1."""
    return {
        "id": "1234567890", "agentRealtimeInfo": {"agentComputerName": "web-1"},
        "agentDetectionInfo": {"cloudProviders": {"AWS": {
            "cloudAccount": ACCOUNT, "cloudInstanceId": WEB, "cloudLocation": f"{REGION}b",
        }}},
        "threatInfo": {
            "threatId": "1234567890", "threatName": "xmrig", "classification": "Cryptominer",
            "confidenceLevel": "malicious", "createdAt": "2026-03-01T11:58:00.000000Z",
            "updatedAt": "2026-03-01T12:00:00.000000Z", "identifiedAt": "2026-03-01T11:57:00.000000Z",
            "incidentStatus": "unresolved", "filePath": "/tmp/xmrig", "sha256": None,
        },
    }  # fmt: skip


def wazuh() -> Json:
    """An alert of Wazuh's integrator, from an agent with labels."""
    return {
        "timestamp": "2026-03-01T12:00:00.123+0000", "id": "1772366400.4711", "full_log": "miner seen",
        "rule": {"level": 12, "description": "Miner", "id": "100200", "mitre": {"id": ["T1496"], "tactic": ["Impact"]}},
        "agent": {
            "id": "001", "name": "web-1", "ip": "10.0.0.5",
            "labels": {"aws": {"instance-id": WEB, "account": ACCOUNT, "region": REGION}},
        },
        "manager": {"name": "wazuh"}, "decoder": {"name": "json"}, "location": "/var/log/syslog",
    }  # fmt: skip
