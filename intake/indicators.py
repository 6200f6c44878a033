"""What a GuardDuty finding saw on the wire or on the host: addresses, domains, ports and hashes."""

from __future__ import annotations

from collections.abc import Iterator

from intake.wire import Action, Ip, Port, Process, Service
from playbook.finding import Indicator
from playbook.text import plain

MOST = 50
"""How many indicators a finding keeps; a port scan can name thousands."""


def indicators_of(service: Service) -> tuple[Indicator, ...]:
    """The finding's indicators, each once, at most `MOST`, in the order in which they are told."""
    seen = (one for part in (_acted, _ran, _infected, _sequence) for one in part(service) if one.value)
    return tuple(dict.fromkeys(seen))[:MOST]


def _acted(service: Service) -> Iterator[Indicator]:
    action = service.action or Action()
    if connection := action.network_connection_action:
        outbound = connection.connection_direction.upper() == "OUTBOUND"
        about = plain(f"{connection.connection_direction} {connection.protocol}".lower())
        yield from _ips(connection.remote_ip_details, about)
        # The port that was spoken to; the caller's own end is ephemeral and tells nothing.
        yield _port(connection.remote_port_details if outbound else connection.local_port_details, about)
    if request := action.dns_request_action:
        yield _indicator("domain", request.domain or request.domain_with_suffix, "asked for by name")
    if probes := action.port_probe_action:
        for probe in probes.port_probe_details:
            yield from _ips(probe.remote_ip_details, "probed from here")
            yield _port(probe.local_port_details, "probed")
    if call := action.aws_api_call_action:
        about = plain(f"called {call.api} of {call.service_name}")
        yield from _ips(call.remote_ip_details, about)
        yield _indicator("domain", call.domain_details.domain, about)


def _ran(service: Service) -> Iterator[Indicator]:
    if runtime := service.runtime_details:
        context = runtime.context
        for process in (runtime.process, context.modifying_process, context.target_process):
            yield _process(process)
        yield _indicator("hash", context.module_sha256, context.module_name)


def _infected(service: Service) -> Iterator[Indicator]:
    if scan := service.ebs_volume_scan_details:
        for threat in scan.scan_detections.threat_detected_by_name.threat_names:
            for file in threat.file_paths:
                yield _indicator("hash", file.hash, f"{threat.name} {file.file_path}")
    if evidence := service.evidence:
        for known in evidence.threat_intelligence_details:
            yield _indicator("hash", known.threat_file_sha256, known.threat_list_name)


def _sequence(service: Service) -> Iterator[Indicator]:
    sequence = service.detection.sequence
    for endpoint in sequence.endpoints or ():
        yield _indicator("ip", endpoint.ip)
        yield _indicator("domain", endpoint.domain)
        yield _port(Port(port=endpoint.port), endpoint.ip or endpoint.domain)
    for actor in sequence.actors or ():
        yield _indicator("hash", actor.process.sha256, actor.process.path)


def _ips(ip: Ip, about: str) -> Iterator[Indicator]:
    yield _indicator("ip", ip.ip_address_v4, about)
    yield _indicator("ip", ip.ip_address_v6, about)


def _port(port: Port, about: str) -> Indicator:
    return _indicator("port", "" if port.port is None else str(port.port), about)


def _process(process: Process) -> Indicator:
    return _indicator("hash", process.executable_sha256, process.executable_path or process.name)


def _indicator(kind: str, value: str, about: str = "") -> Indicator:
    return Indicator(kind=kind, value=plain(value, 253), about=plain(about))
