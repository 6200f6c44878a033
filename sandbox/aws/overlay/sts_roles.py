"""Assuming a role: only one that exists gives credentials, and they remember who asked."""

import warnings
from typing import Any

from moto.core.responses import ActionResult
from moto.iam.models import iam_backends
from moto.sts.responses import TokenResponse

from sandbox.aws.overlay.base import Override, Refusal

_assume = TokenResponse.assume_role


def assume_role(self: Any) -> ActionResult | tuple[str, dict[str, Any]]:
    """AssumeRole: a role that does not exist is refused as one that the caller may not assume.

    Source: STS API reference, "Common errors": AccessDenied, HTTP 403; IAM user guide, "Troubleshoot IAM roles",
    on a role's ARN that does not exist. `SourceIdentity`: AssumeRole, response elements.
    """
    arn, identity = str(self._get_param("RoleArn") or ""), self._get_param("SourceIdentity")
    owner = (arn.split(":") + [""] * 5)[4] or self.current_account
    if all(role.arn != arn for role in iam_backends[owner][self.partition].get_roles()):
        caller = f"arn:aws:iam::{self.current_account}:user/moto"
        words = f"User: {caller} is not authorized to perform: sts:AssumeRole on resource: {arn}"
        with warnings.catch_warnings():
            # Moto warns of a code that the service's model does not list; common errors are not listed.
            warnings.simplefilter("ignore")
            _, headers, body = self.serialized(ActionResult(Refusal("AccessDenied", words)))
        headers["status"] = 403
        return body, headers
    answer: Any = _assume(self)
    if identity:
        answer.result["SourceIdentity"] = identity
    return answer


OVERRIDES = (Override(owner=TokenResponse, name="assume_role", value=assume_role),)
