"""`ec2ir`: the command line."""

from __future__ import annotations

import typer

from cli import acting, checking, clocks, escalating, looking, opening, recording, setup, ticking, watching
from cli.doors import stop
from playbook.errors import Ec2irError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="The ChatOps responder for AWS EC2 compromise: plan, approve, contain, prove, undo.",
)
app.add_typer(looking.incident, name="incident")
app.add_typer(looking.ledger, name="ledger")
app.add_typer(recording.ioc, name="ioc")
for _name, _command in {
    "demo": setup.demo,
    "drill": setup.drill,
    "serve": setup.serve,
    "migrate": setup.migrate,
    "manifest": setup.manifest,
    "iam-policy": setup.iam_policy,
    "incidents": looking.incidents,
    "declare": opening.declare,
    "join": opening.join,
    "plan": acting.plan,
    "approve": acting.approve,
    "run": acting.run,
    "undo": acting.undo,
    "contain": opening.contain,
    "check": checking.check,
    "hunt": checking.hunt,
    "audit": checking.audit,
    "watch": watching.watching,
    "health": checking.health,
    "checklist": ticking.checklist,
    "root-cause": recording.root_cause,
    "report": recording.report,
    "malicious": ticking.malicious,
    "escalate": escalating.escalate,
    "ack": escalating.ack,
    "status": clocks.status,
    "aware": clocks.aware,
    "notified": clocks.notified,
    "legal": clocks.legal,
}.items():
    app.command(_name)(_command)


def main() -> None:
    """Run the command line; the last door for the product's own errors."""
    try:
        app()
    except Ec2irError as error:
        stop(error)
