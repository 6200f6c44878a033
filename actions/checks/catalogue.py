"""Every check, in the order of the playbook's rows. A new check is its file and one line here."""

from __future__ import annotations

from actions.check import Check
from actions.checks.access import access
from actions.checks.attached_role import role
from actions.checks.containers import containers
from actions.checks.credentials import credentials
from actions.checks.exposed import exposed
from actions.checks.facing import facing
from actions.checks.facts import age, environment, identity
from actions.checks.harden_agent import audit_h4, h4
from actions.checks.harden_imds import audit_h2, h2
from actions.checks.harden_ports import audit_h1, h1
from actions.checks.harden_ssm import audit_h3, h3
from actions.checks.harden_volumes import audit_h5, h5
from actions.checks.health import health
from actions.checks.hunt import hunt
from actions.checks.image import image
from actions.checks.origin import origin
from actions.checks.others import others
from actions.checks.outbound import outbound
from actions.checks.processes import processes
from actions.checks.review import review
from actions.checks.sessions import sessions
from actions.checks.spend import spend
from actions.checks.ssh_rdp import ssh_rdp
from actions.checks.watch_credentials import watch_credentials
from actions.checks.watch_drift import watch_drift
from actions.checks.watch_host import watch_cpu, watch_health
from actions.checks.watch_traffic import watch_traffic
from actions.checks.web import web

CHECKS: tuple[Check, ...] = (
    identity,
    environment,
    age,
    role,
    exposed,
    facing,
    outbound,
    origin,
    access,
    processes,
    ssh_rdp,
    web,
    credentials,
    sessions,
    containers,
    image,
    others,
    spend,
    hunt,
    review,
    health,
    watch_traffic,
    watch_credentials,
    watch_drift,
    watch_cpu,
    watch_health,
    h1,
    h2,
    h3,
    h4,
    h5,
    audit_h1,
    audit_h2,
    audit_h3,
    audit_h4,
    audit_h5,
)

CHECK_BY_NAME: dict[str, Check] = {check.name: check for check in CHECKS}
