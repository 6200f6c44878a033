"""Inspector: what its scans found on the box's hosts, while it is on; the filter that was asked counts."""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from moto.inspector2.responses import Inspector2Response

from sandbox.aws.overlay.base import Override, refuse, world_for
from sandbox.aws.world import Vulnerability

_FIELDS: Final[Mapping[str, Callable[[Vulnerability], str]]] = {
    "resourceId": lambda v: v.instance,
    "findingStatus": lambda _: "ACTIVE",
    "severity": lambda v: v.severity,
    "vulnerabilityId": lambda v: v.id,
    "resourceType": lambda _: "AWS_EC2_INSTANCE",
}
_HOLDS: Final[Mapping[str, Callable[[str, str], bool]]] = {
    "EQUALS": str.__eq__,
    "NOT_EQUALS": str.__ne__,
    "PREFIX": str.startswith,
}


def _shown(vulnerability: Vulnerability, account: str, region: str) -> dict[str, Any]:
    return {
        "awsAccountId": account,
        "findingArn": f"arn:aws:inspector2:{region}:{account}:finding/{vulnerability.id.lower()}",
        "title": f"{vulnerability.id} - {vulnerability.package}",
        "description": vulnerability.id,
        "severity": vulnerability.severity,
        "status": "ACTIVE",
        "type": "PACKAGE_VULNERABILITY",
        "exploitAvailable": "YES" if vulnerability.exploit else "NO",
        "firstObservedAt": vulnerability.seen.timestamp(),
        "lastObservedAt": vulnerability.seen.timestamp(),
        "remediation": {},
        "resources": [{"id": vulnerability.instance, "type": "AWS_EC2_INSTANCE", "region": region}],
    }


def list_findings(self: Any) -> str:
    """ListFindings: what matches every field of the filter, and one of each field's values.

    Source: Inspector API reference, ListFindings, FilterCriteria, StringFilter: ValidationException. An account
    for which Inspector is off has no findings.
    """
    world, criteria = world_for(self), dict[str, Any](self._get_param("filterCriteria") or {})
    for field in criteria:
        if field not in _FIELDS:
            refuse("ValidationException", f"The AWS sandbox does not filter findings by {field}.")
    status = self.inspector2_backend.account_status.get(self.current_account)
    on = status is not None and status.ec2 == "ENABLED"
    found = [
        v
        for v in world.vulnerabilities
        if on
        and all(
            any(_HOLDS[f["comparison"]](_FIELDS[name](v), f["value"]) for f in wanted)
            for name, wanted in criteria.items()
        )
    ]
    return json.dumps({"findings": [_shown(v, self.current_account, self.region) for v in found]})


OVERRIDES = (Override(owner=Inspector2Response, name="list_findings", value=list_findings),)
