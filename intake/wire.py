"""A finding as GuardDuty sends it: the members that are read, in camelCase or PascalCase.

The members and their nesting are those of botocore's service model of GuardDuty (2017-11-28).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, TypeVar, cast

from pydantic import (
    AfterValidator,
    AliasChoices,
    AliasGenerator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)
from pydantic.alias_generators import to_camel, to_pascal

GUARDDUTY_LAUNCHED = datetime(2017, 11, 28, tzinfo=UTC)
_FAR = datetime(9000, 1, 1, tzinfo=UTC)


def _utc(moment: datetime) -> datetime:
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    # A number of seconds read as milliseconds ends up in 1970, where every other copy would look newer.
    if not GUARDDUTY_LAUNCHED <= aware < _FAR:
        raise ValueError("the time lies before GuardDuty existed, or beyond any calendar")
    return aware.astimezone(UTC)


def _or_nothing(value: object, read: ValidatorFunctionWrapHandler) -> object:
    # An odd detail costs the detail, never the alert.
    try:
        return cast("object", read(value))
    except ValidationError:
        return None


T = TypeVar("T")
Moment = Annotated[datetime, AfterValidator(_utc)]
"""ISO 8601, or a number since 1970: milliseconds (seconds if it is below 2e10, as pydantic reads it)."""
Detail = Annotated[T | None, WrapValidator(_or_nothing)]
"""What enriches a finding; None when it is absent or not understood."""
Token = Annotated[str, Field(pattern=r"^[\x21-\x7e]{1,300}$")]


def _spellings(name: str) -> AliasChoices:
    return AliasChoices(to_camel(name), to_pascal(name))


class Wire(BaseModel):
    """Reads either spelling, ignores what it does not know, and takes null as absent."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", alias_generator=AliasGenerator(validation_alias=_spellings)
    )

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, sent: object) -> object:
        if not isinstance(sent, Mapping):
            return sent
        members = cast("Mapping[object, object]", sent)
        return {name: value for name, value in members.items() if value is not None}


class Ip(Wire):
    """`RemoteIpDetails`."""

    ip_address_v4: str = ""
    ip_address_v6: str = ""


class Port(Wire):
    """`LocalPortDetails`, `RemotePortDetails`."""

    port: int | None = None


class Connection(Wire):
    """`NetworkConnectionAction`."""

    connection_direction: str = ""
    protocol: str = ""
    local_port_details: Port = Port()
    remote_port_details: Port = Port()
    remote_ip_details: Ip = Ip()


class DnsRequest(Wire):
    """`DnsRequestAction`."""

    domain: str = ""
    domain_with_suffix: str = ""


class Probe(Wire):
    """One of `PortProbeDetails`."""

    local_port_details: Port = Port()
    remote_ip_details: Ip = Ip()


class PortProbe(Wire):
    """`PortProbeAction`."""

    port_probe_details: tuple[Probe, ...] = ()


class Domain(Wire):
    """`DomainDetails`."""

    domain: str = ""


class ApiCall(Wire):
    """`AwsApiCallAction`."""

    api: str = ""
    service_name: str = ""
    remote_ip_details: Ip = Ip()
    domain_details: Domain = Domain()


class Action(Wire):
    """`Action`: one of these is there."""

    network_connection_action: Detail[Connection] = None
    dns_request_action: Detail[DnsRequest] = None
    port_probe_action: Detail[PortProbe] = None
    aws_api_call_action: Detail[ApiCall] = None


class Process(Wire):
    """`ProcessDetails`."""

    name: str = ""
    executable_path: str = ""
    executable_sha256: str = ""


class RuntimeContext(Wire):
    """`RuntimeContext`."""

    modifying_process: Process = Process()
    target_process: Process = Process()
    module_name: str = ""
    module_sha256: str = ""


class RuntimeDetails(Wire):
    """`RuntimeDetails`."""

    process: Process = Process()
    context: RuntimeContext = RuntimeContext()


class User(Wire):
    """Who acted in an attack sequence."""

    name: str = ""
    uid: str = ""


class ActorProcess(Wire):
    """What acted in an attack sequence."""

    path: str = ""
    sha256: str = ""


class Actor(Wire):
    """One of a sequence's `Actors`."""

    user: User = User()
    process: ActorProcess = ActorProcess()


class Endpoint(Wire):
    """One of a sequence's `Endpoints`."""

    ip: str = ""
    domain: str = ""
    port: int | None = None


class SequenceResource(Wire):
    """One of a sequence's `Resources`; `uid` is an ARN or an id."""

    uid: str = ""
    name: str = ""
    account_id: str = ""
    resource_type: str = ""
    region: str = ""


class Sequence(Wire):
    """`Sequence`, of an attack sequence."""

    actors: Detail[tuple[Actor, ...]] = None
    endpoints: Detail[tuple[Endpoint, ...]] = None
    resources: tuple[SequenceResource, ...] = ()


class Detection(Wire):
    """`Detection`."""

    sequence: Sequence = Sequence()


class InfectedFile(Wire):
    """One of `FilePaths`."""

    file_path: str = ""
    hash: str = ""


class VolumeThreat(Wire):
    """One of `ThreatNames`, of a volume scan."""

    name: str = ""
    file_paths: tuple[InfectedFile, ...] = ()


class ThreatsByName(Wire):
    """`ThreatDetectedByName`."""

    threat_names: tuple[VolumeThreat, ...] = ()


class ScanDetections(Wire):
    """`ScanDetections`."""

    threat_detected_by_name: ThreatsByName = ThreatsByName()


class VolumeScan(Wire):
    """`EbsVolumeScanDetails`."""

    scan_detections: ScanDetections = ScanDetections()


class ThreatIntelligence(Wire):
    """One of `ThreatIntelligenceDetails`."""

    threat_list_name: str = ""
    threat_file_sha256: str = ""


class Evidence(Wire):
    """`Evidence`."""

    threat_intelligence_details: tuple[ThreatIntelligence, ...] = ()


class Service(Wire):
    """`Service`: what was seen, how often and when."""

    action: Detail[Action] = None
    additional_info: Detail[dict[str, object]] = None
    archived: bool = False
    count: Annotated[int, Field(ge=1, lt=2**31)] = 1
    detection: Detection = Detection()
    ebs_volume_scan_details: Detail[VolumeScan] = None
    event_first_seen: Moment | None = None
    event_last_seen: Moment | None = None
    evidence: Detail[Evidence] = None
    resource_role: str = ""
    runtime_details: Detail[RuntimeDetails] = None


class InstanceDetails(Wire):
    """`InstanceDetails`."""

    instance_id: str = ""


class AccessKey(Wire):
    """`AccessKeyDetails`: for a role, `user_name` is the role's name."""

    user_name: str = ""
    principal_id: str = ""


class Resource(Wire):
    """`Resource`: what was attacked, or attacks."""

    resource_type: str = ""
    instance_details: InstanceDetails = InstanceDetails()
    access_key_details: Detail[AccessKey] = None


class Finding(Wire):
    """`Finding`."""

    id: Token
    # Twelve digits at AWS; thirteen in the anonymised samples that go round.
    account_id: Annotated[str, Field(pattern=r"^[0-9]{12,13}$")]
    region: Annotated[str, Field(pattern=r"^[a-z]{2}(-[a-z]{1,20}){1,3}-[0-9]{1,2}$")]
    type: Token
    severity: Annotated[float, Field(ge=0, le=10, strict=True)]
    title: str = ""
    description: str = ""
    created_at: Moment | None = None
    updated_at: Moment
    resource: Resource = Resource()
    service: Service = Service()
