"""Whether a role denies a session an action: how a revoked session is cut off from Systems Manager."""

from typing import Any

from sandbox.aws.policies import decide, policies_of


def denied(role: Any, instance: str, action: str) -> bool:
    """Whether moto's role denies this action to the session of this instance; a cut-off by time spares new sessions.

    Source: IAM user guide, "Policy evaluation logic" (an explicit deny wins) and, for the session's name on
    EC2, the table of `aws:userid` values: role id, a colon, the instance's id.
    """
    session = {"aws:userid": [f"{role.id}:{instance}"]}
    return decide(policies_of(role, "role"), action, "*", session).decision == "explicitDeny"
