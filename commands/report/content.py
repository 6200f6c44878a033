"""A report as sections of plain words and tables: what it says, for every way of drawing it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from commands.report.deadlines import deadlines
from commands.report.instances import changes
from commands.report.model import Report, Word
from commands.report.steps_content import steps
from commands.report.summary import summary
from commands.report.table import Column, Section, Table
from playbook.attack import TLP
from playbook.checklist import Item, Standing
from playbook.clock import stamp
from playbook.indicators import IndicatorKind, Known
from playbook.root_cause import in_words
from playbook.text import defang, plain


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """`title` and `under` stand on the first page, `marking` on every page. `drawn` is the section after which
    the timeline is drawn.
    """

    title: str
    under: tuple[str, ...]
    marking: str
    sections: tuple[Section, ...]
    drawn: str


def content(report: Report) -> Content:
    """All sections in the order in which an auditor reads them."""
    incident = report.incident
    sample = "SAMPLE, not a real incident · " if incident.sample else ""
    sample += "DRILL, an exercise in an account in a box · " if incident.drill else ""
    return Content(
        title=f"Incident report: {plain(report.subject, 60)}",
        under=(
            f"{sample}{incident.severity.value.upper()} · {incident.environment.value} · {plain(incident.title, 150)}",
            f"Incident {incident.id} · opened {stamp(incident.opened)} · {incident.state.value}",
            f"As of {stamp(report.at)}; all times are UTC",
        ),
        marking=TLP,
        sections=(
            summary(report),
            _what(report),
            _people(report),
            steps(report),
            deadlines(report),
            _indicators(report),
            _cause(report),
            _checklist(report),
            Section(title="Open items", lines=report.open_items, empty="Nothing is open."),
            _evidence(report),
            _timeline(report),
        ),
        drawn="Summary for managers",
    )


def _what(report: Report) -> Section:
    """The instances as they were when they joined: what containment changed of them stands in a table of its own."""
    instances = Table(
        columns=(
            Column(title="Instance", width="2.4fr", mono=True),
            Column(title="Name", width="2fr"),
            Column(title="Account, region", width="2.2fr"),
            Column(title="Environment, owner", width="2fr"),
            Column(title="Exposed", width="2fr"),
            Column(title="Role", width="1.6fr"),
        ),
        rows=tuple(
            (
                f.instance,
                f.name or "no name",
                f"{f.account} {f.region}",
                ", ".join(p for p in (f.environment.value, f.owner) if p),
                ", ".join((*f.public_ips, *f.exposed)) or "not to the world",
                f.role or "none",
            )
            for f in report.first
        ),
        empty="No instance: a finding on the account opened the incident.",
    )
    since = Table(
        columns=(
            Column(title="Changed since", width="1.4fr"),
            Column(title="Instance", width="1.4fr", mono=True),
            Column(title="When it joined the incident", width="3fr"),
            Column(title="Last seen", width="3fr"),
        ),
        rows=changes(report.first, report.instances),
        empty="AWS shows no instance otherwise than when it joined the incident.",
    )
    changed = (since,) if report.first else ()
    findings = Table(
        columns=(
            Column(title="Finding", width="3.2fr"),
            Column(title="Source", width="1.2fr"),
            Column(title="Severity", width="1.2fr"),
            Column(title="Seen", width="0.8fr"),
            Column(title="First seen", width="1.9fr"),
            Column(title="Last seen", width="1.9fr"),
        ),
        rows=tuple(
            (
                f.type.full, f.source, f"{f.severity.value} ({f.score:g})", f"{f.count} ×", _when(f.first_seen),
                _when(f.last_seen),
            )
            for f in report.findings
        ),
        empty="No finding: it was declared by hand.",
    )  # fmt: skip
    attack = Table(
        columns=(
            Column(title="ATT&CK technique", width="1fr"),
            Column(title="Name", width="2fr"),
            Column(title="Tactic", width="1fr"),
        ),
        rows=tuple(
            (t.id, t.name or "not known to ec2ir by name", t.tactic or "see MITRE") for t in report.techniques
        ),
    )
    return Section(
        title="What was attacked, and how it was found",
        tables=(instances, *changed, findings, attack),
    )


def _people(report: Report) -> Section:
    return Section(
        title="Who approved what",
        lines=("An approval names the hash of one plan; a plan that changed would have another hash.",),
        tables=(
            Table(
                columns=(
                    Column(title="When", width="1.8fr"),
                    Column(title="Who", width="1.1fr"),
                    Column(title="Decision", width="1.6fr"),
                    Column(title="Door", width="0.9fr"),
                    Column(title="Plan: steps and instance", width="3.4fr"),
                    Column(title="Proposed by", width="1fr"),
                    Column(title="Plan's hash", width="2.3fr", mono=True),
                ),
                rows=tuple(_word(w) for w in report.words),
                empty="No plan was made.",
            ),
        ),
    )


def _word(word: Word) -> tuple[str, ...]:
    decision = f"BREAK-GLASS: {word.override}" if word.override else word.decision
    return (
        _when(word.at) if word.at else "",
        word.person or "nobody",
        decision,
        word.door,
        f"{word.what} ({word.instance})",
        word.proposer,
        word.hash[:16],
    )


def _indicators(report: Report) -> Section:
    return Section(
        title="Indicators of compromise",
        lines=("Values are defanged: the exported files hold them as they are.",)
        if report.indicators
        else (),
        tables=(
            Table(
                columns=(
                    Column(title="Row", width="0.5fr"),
                    Column(title="Kind", width="1fr"),
                    Column(title="Value", width="2.8fr", mono=True),
                    Column(title="About", width="3fr"),
                    Column(title="Seen in", width="2fr"),
                    Column(title="First", width="1.3fr"),
                ),
                rows=tuple(_known(k) for k in report.indicators),
                empty="No indicator is known.",
            ),
        ),
    )


def _known(known: Known) -> tuple[str, ...]:
    kind = IndicatorKind(known.indicator.kind)
    return (
        kind.row,
        kind.value.replace("_", " "),
        defang(known.indicator.value),
        known.indicator.about,
        "; ".join(known.sources),
        _when(known.first),
    )


def _cause(report: Report) -> Section:
    said = "Stated by a person." if report.stated else "Not stated by a person: what the findings speak for."
    return Section(
        title="Root cause (VERIS)",
        lines=(report.cause.summary, said) if report.cause.summary else (said,),
        tables=(
            Table(
                columns=(Column(title="Part", width="1fr"), Column(title="In VERIS's words", width="4fr")),
                rows=in_words(report.cause),
            ),
        ),
    )


def _checklist(report: Report) -> Section:
    gaps = [f"{i.row.id} {i.row.title}" for i in report.checklist if i.standing is Standing.GAP]
    open_ = sum(i.standing is Standing.OPEN for i in report.checklist)
    done = sum(i.standing in (Standing.DONE, Standing.NOT_APPLICABLE) for i in report.checklist)
    counted = f"{done} of {len(report.checklist)} rows are settled; {open_} were not touched."
    missing = f"Could not be had: {'; '.join(gaps)}." if gaps else "Nothing that was looked for was missing."
    return Section(
        title="Checklist of the playbook",
        lines=(counted, missing),
        tables=(
            Table(
                columns=(
                    Column(title="Row", width="0.5fr"),
                    Column(title="Phase", width="1.2fr"),
                    Column(title="Asks for", width="2.6fr"),
                    Column(title="Stands", width="1.3fr"),
                    Column(title="What is known, and what people said", width="4.4fr"),
                ),
                rows=tuple(_item(report, item) for item in report.checklist),
            ),
        ),
    )


def _item(report: Report, item: Item) -> tuple[str, ...]:
    said = [item.words]
    if item.tick is not None and item.tick.by:
        said += [f"{report.called(item.tick.by)}: {item.tick.said.value}", item.tick.comment]
    if item.tick is not None and item.tick.assignee:
        said.append(f"for {report.called(item.tick.assignee)}")
    words = "; ".join(part for part in said if part)
    return (item.row.id, item.row.phase.heading, item.row.title, item.standing.value, words)


def _evidence(report: Report) -> Section:
    count = len(report.evidence)
    whole = (
        f"NOT WHOLE: {'; '.join(report.broken)}."
        if report.broken
        else f"The chain of {count} entries is whole: each entry's SHA-256 covers the entry before it, and every hash "
        "was computed anew for this report."
    )
    return Section(
        title="Evidence",
        lines=(whole, "To check it against the database: ec2ir ledger verify --export DIR"),
        tables=(
            Table(
                columns=(
                    Column(title="No.", width="0.8cm"),
                    Column(title="When", width="2.6cm"),
                    Column(title="Kind", width="1.6cm"),
                    Column(title="About", width="1fr"),
                    Column(title="SHA-256", width="7.9cm", mono=True),
                ),
                rows=tuple((str(e.seq), _when(e.at), e.kind, e.subject, e.sha256) for e in report.evidence),
                empty="There is no evidence.",
            ),
        ),
    )


def _timeline(report: Report) -> Section:
    return Section(
        title="Timeline, complete",
        tables=(
            Table(
                columns=(
                    Column(title="When (UTC)", width="2.6cm"),
                    Column(title="Who", width="2cm"),
                    Column(title="What", width="1fr"),
                ),
                rows=tuple((_when(e.at), report.called(e.actor), e.words) for e in report.entries),
            ),
        ),
    )


def _when(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}"
