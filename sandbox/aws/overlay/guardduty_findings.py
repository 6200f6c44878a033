"""GuardDuty's findings: what it reported in this box, listed, read, archived, and made up as samples."""

import json
from typing import Any, Final, cast

from moto.core.utils import get_service_model
from moto.guardduty import urls
from moto.guardduty.responses import GuardDutyResponse

from sandbox.aws.bus import emit
from sandbox.aws.criteria import meets, values_at
from sandbox.aws.overlay.base import Override, refuse, world_for
from sandbox.aws.samples import SAMPLES, made_up

_LISTED: Final = 50
_PATHS: Final = ("findings", "findings/get", "findings/archive", "findings/unarchive", "findings/create")


def _detector(self: Any) -> str:
    """The detector of the request's path. Source: GuardDuty API reference: BadRequestException for another's."""
    return str(self.guardduty_backend.get_detector(self.path.split("/detector/")[1].split("/")[0]).id)


def _wrong(parameter: str) -> None:
    refuse(
        "BadRequestException",
        f"The request is rejected because the parameter {parameter} has an invalid value.",
    )


def _sorted(self: Any, findings: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """By one attribute, ascending unless told otherwise; by the last update where none is named."""
    sort: dict[str, str] = self._get_param("sortCriteria") or {}
    path = sort.get("attributeName", "updatedAt")

    def key(finding: dict[str, Any]) -> tuple[bool, float, str]:
        value = next(values_at(finding, path), None)
        number = float(value) if isinstance(value, int | float) else 0.0
        return value is not None, number, str(value)

    return sorted(findings, key=key, reverse=sort.get("orderBy") == "DESC")


def list_findings(self: Any) -> str:
    """ListFindings: the ids of those that meet the criteria, at most 50 a page; archived ones too unless excluded.

    Source: GuardDuty API reference, ListFindings: BadRequestException; on `service.archived`: "When this attribute
    is not set, all existing findings are listed".
    """
    _detector(self)
    most = int(self._get_param("maxResults") or _LISTED)
    token = str(self._get_param("nextToken") or "0")
    if not 1 <= most <= _LISTED:
        _wrong("maxResults")
    if not token.isdigit():
        _wrong("nextToken")
    criteria: dict[str, dict[str, dict[str, Any]]] = self._get_param("findingCriteria") or {}
    criterion = criteria.get("criterion", {})
    found: list[dict[str, Any]] = []
    try:
        found = [f for f in world_for(self).findings.values() if meets(f, criterion)]
    except (TypeError, ValueError):
        _wrong("findingCriteria")
    start = int(token)
    ids = [finding["id"] for finding in _sorted(self, found)]
    # Source: `NextToken`: an empty string where there is no more.
    more = str(start + most) if start + most < len(ids) else ""
    return json.dumps({"findingIds": ids[start : start + most], "nextToken": more})


def _named(self: Any) -> list[dict[str, Any]]:
    """The findings of `findingIds`, at most 50 of them."""
    ids = list[str](self._get_param("findingIds") or [])
    if not 1 <= len(ids) <= _LISTED:
        _wrong("findingIds")
    known = world_for(self).findings
    return [known[each] for each in dict.fromkeys(ids) if each in known]


def _as_modelled(shape: Any, value: Any) -> Any:
    """Only what the API's model has: an event on the bus says more, such as `additionalInfo.sample`."""
    if shape.type_name == "structure" and isinstance(value, dict):
        members = {str(m.serialization.get("name", name)): m for name, m in shape.members.items()}
        fields = cast("dict[str, Any]", value).items()
        return {k: _as_modelled(members[k], v) for k, v in fields if k in members and v is not None}
    if shape.type_name == "list" and isinstance(value, list):
        return [_as_modelled(shape.member, each) for each in cast("list[Any]", value)]
    return value


def get_findings(self: Any) -> str:
    """GetFindings: the findings of these ids, in the order asked for. Source: GuardDuty API reference, GetFindings."""
    _detector(self)
    finding = get_service_model("guardduty").shape_for("Finding")
    return json.dumps({"findings": [_as_modelled(finding, each) for each in _sorted(self, _named(self))]})


def _archive(self: Any, *, archived: bool) -> str:
    _detector(self)
    for finding in _named(self):
        finding["service"]["archived"] = archived
    return "{}"


def archive_findings(self: Any) -> str:
    """ArchiveFindings: `service.archived` is true from now on. Source: GuardDuty API reference, ArchiveFindings."""
    return _archive(self, archived=True)


def unarchive_findings(self: Any) -> str:
    """UnarchiveFindings: the opposite. Source: GuardDuty API reference, UnarchiveFindings."""
    return _archive(self, archived=False)


def create_sample_findings(self: Any) -> str:
    """CreateSampleFindings: one of each type named, or of all; EventBridge tells of them as of real ones.

    Source: GuardDuty API reference, CreateSampleFindings; user guide, "Sample findings": the title begins with
    [SAMPLE]; `additionalInfo.sample` in the event. Types without a sample in the box are refused as unsupported.
    """
    detector, world = _detector(self), world_for(self)
    types = list[str](self._get_param("findingTypes") or SAMPLES)
    if len(types) > _LISTED or any(":" not in each or "/" not in each for each in types):
        _wrong("findingTypes")
    if missing := next((each for each in types if each not in SAMPLES), None):
        raise NotImplementedError(f"a sample finding of type {missing}")
    for kind in types:
        made = made_up(
            kind, account=self.current_account, region=self.region, detector=detector, at=world.now()
        )
        world.findings[made["id"]] = made
        emit(self.current_account, self.region, source="aws.guardduty", kind="GuardDuty Finding", detail=made)
    return "{}"


def paths() -> dict[str, Any]:
    """Moto's paths and the findings' own."""
    base = "{0}/detector/(?P<detector_id>[^/]+)/"
    return urls.url_paths | {f"{base}{path}$": GuardDutyResponse.dispatch for path in _PATHS}


OVERRIDES = (
    Override(owner=urls, name="url_paths", value=paths()),
    Override(owner=GuardDutyResponse, name="list_findings", value=list_findings),
    Override(owner=GuardDutyResponse, name="get_findings", value=get_findings),
    Override(owner=GuardDutyResponse, name="archive_findings", value=archive_findings),
    Override(owner=GuardDutyResponse, name="unarchive_findings", value=unarchive_findings),
    Override(owner=GuardDutyResponse, name="create_sample_findings", value=create_sample_findings),
)
