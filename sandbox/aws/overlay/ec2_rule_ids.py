"""Security group rules by their ids: revoked all or none."""

from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.responses.security_groups import SecurityGroups

from sandbox.aws.overlay.base import Override, refuse


def _revoke(plain: Callable[[Any], ActionResult], *, egress: bool) -> Callable[[Any], ActionResult]:
    def revoke(self: Any) -> ActionResult:
        """RevokeSecurityGroupIngress and -Egress with `SecurityGroupRuleIds`: all of them, or none.

        Source: EC2 API reference, RevokeSecurityGroupIngress; "Error codes for the EC2 API":
        InvalidSecurityGroupRuleId.Malformed, InvalidSecurityGroupRuleId.NotFound. A rule of another group or
        direction is not found in this one.
        """
        ids = self._get_param("SecurityGroupRuleIds", [])
        if not ids:
            return plain(self)
        group_id = self._get_param("GroupId")
        group = self.ec2_backend.get_security_group_from_id(group_id)
        if group is None:
            refuse("InvalidGroup.NotFound", f"The security group '{group_id}' does not exist")
        rules = group.egress_rules if egress else group.ingress_rules
        for rule_id in ids:
            if not str(rule_id).startswith("sgr-"):
                refuse(
                    "InvalidSecurityGroupRuleId.Malformed", f'Invalid id: "{rule_id}" (expecting "sgr-...")'
                )
            if all(rule.id != rule_id for rule in rules):
                refuse(
                    "InvalidSecurityGroupRuleId.NotFound",
                    f"The security group rule ID '{rule_id}' does not exist",
                )
        return plain(self)

    return revoke


OVERRIDES = (
    Override(
        owner=SecurityGroups,
        name="revoke_security_group_ingress",
        value=_revoke(SecurityGroups.revoke_security_group_ingress, egress=False),
    ),
    Override(
        owner=SecurityGroups,
        name="revoke_security_group_egress",
        value=_revoke(SecurityGroups.revoke_security_group_egress, egress=True),
    ),
)
