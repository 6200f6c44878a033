"""GuardDuty's detectors: one an account and region, on or suspended."""

import json
from datetime import UTC
from typing import Any

from moto.guardduty.models import Detector, GuardDutyBackend
from moto.guardduty.responses import GuardDutyResponse

from sandbox.aws.findings import DETECTOR
from sandbox.aws.overlay.base import Override, ec2_of, refuse
from sandbox.aws.world import notes_on, world_of

_create = GuardDutyBackend.create_detector
_to_json = Detector.to_json
_respond_create = GuardDutyResponse.create_detector

FOUNDATIONAL = ("cloudTrail", "dnsLogs", "flowLogs")
"""The sources that are on with the detector (GuardDuty user guide, "Foundational data sources")."""


def create_detector(self: Any, *rest: Any, **named: Any) -> str:
    """CreateDetector: one detector an account and region.

    Source: GuardDuty API reference, CreateDetector: "You can have only one detector per account per Region",
    BadRequestException.
    """
    if self.detectors:
        words = "The request is rejected because a detector already exists for the current account."
        refuse("BadRequestException", words)
    made = _create(self, *rest, **named)
    if notes_on(self).setdefault("first", made) == made:
        # The account's first detector is the one that the box's findings name.
        self.detectors[DETECTOR] = self.detectors.pop(made)
        self.detectors[DETECTOR].id = made = DETECTOR
    now = world_of(ec2_of(self.account_id, self.region_name)).now().astimezone(UTC)
    self.detectors[made].created_at = self.detectors[made].updated_at = now
    return made


def respond_create_detector(self: Any) -> str:
    """CreateDetector: the same client token gets the same detector again.

    Source: GuardDuty API reference, CreateDetector, `clientToken`: the idempotency token.
    """
    backend, token = self.guardduty_backend, self._get_param("clientToken")
    made = next((d for d in backend.detectors.values() if token and getattr(d, "token", None) == token), None)
    if made is not None:
        return json.dumps({"detectorId": made.id})
    answer = _respond_create(self)
    backend.detectors[json.loads(answer)["detectorId"]].token = token
    return answer


def delete_detector(self: Any, detector_id: str) -> None:
    """DeleteDetector: one that is not the account's is refused.

    Source: GuardDuty API reference, DeleteDetector: BadRequestException.
    """
    self.get_detector(detector_id)
    del self.detectors[detector_id]


def to_json(self: Any) -> dict[str, Any]:
    """GetDetector: the foundational sources follow the detector; moto says that they are off.

    Source: GuardDuty API reference, GetDetector; user guide, "Foundational data sources".
    """
    said = _to_json(self)
    status = {"status": "ENABLED" if self.enabled else "DISABLED"}
    return said | {"dataSources": said["dataSources"] | dict.fromkeys(FOUNDATIONAL, status)}


OVERRIDES = (
    Override(owner=GuardDutyBackend, name="create_detector", value=create_detector),
    Override(owner=GuardDutyBackend, name="delete_detector", value=delete_detector),
    Override(owner=GuardDutyResponse, name="create_detector", value=respond_create_detector),
    Override(owner=Detector, name="to_json", value=to_json),
)
