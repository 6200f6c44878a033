"""The checklist of an incident: what ec2ir itself knows of each row, and what people say about it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from actions.check import Of, When
from actions.checks.catalogue import CHECK_BY_NAME, CHECKS
from commands.board import Board, Mark, Row
from commands.desk import Desk, locked
from commands.propose import propose_recommended
from commands.roles import require_any_role
from commands.telling import tell
from playbook.answer import Answered, Verdict
from playbook.checklist import MALICIOUS, Item, Observed, Said, Standing, Tick, checklist
from playbook.errors import BadInput, Refused
from playbook.incident import IncidentState
from playbook.people import Door, Person
from playbook.rows import BY_ID
from playbook.text import plain, sentences
from playbook.timeline import Event

SIGNS = {
    Standing.DONE: "🟢",
    Standing.NOT_APPLICABLE: "⚫",
    Standing.NOTABLE: "🟠",
    Standing.GAP: "🕳️",
    Standing.UNDER_WAY: "🔵",
    Standing.OPEN: "⚪",
}
"""A row's mark; its word is always shown with it."""
_LONGEST = 300
"""Characters of one row's words or comment."""
_OF_VERDICT = {
    Verdict.NOTABLE: Standing.NOTABLE,
    Verdict.GAP: Standing.GAP,
    Verdict.CLEAR: Standing.DONE,
    Verdict.NOT_APPLICABLE: Standing.NOT_APPLICABLE,
}
_OF_MARK = {
    Mark.FAILED: Standing.NOTABLE,
    Mark.WAITING: Standing.UNDER_WAY,
    Mark.RUNNING: Standing.UNDER_WAY,
    Mark.PROVED: Standing.DONE,
    Mark.NOT_APPLICABLE: Standing.NOT_APPLICABLE,
}
_URGENCY = (
    Standing.NOTABLE,
    Standing.GAP,
    Standing.UNDER_WAY,
    Standing.OPEN,
    Standing.DONE,
    Standing.NOT_APPLICABLE,
)
"""Of several instances the one that needs most attention says how a row stands."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """One observation of one row, and when it was made; None while a step has not ended."""

    instance: str
    standing: Standing
    words: str
    at: datetime | None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """How many checks were asked for, how many of them have an answer, and how many could not be had."""

    done: int
    asked: int
    gaps: int


def items(board: Board) -> tuple[Item, ...]:
    """Every row of the playbook as it stands in this incident."""
    return checklist(observed(board), board.ticks)


def looked(board: Board) -> Looked:
    """The checks of the incident by the numbers: those that an opened incident asks for, and those asked by hand."""
    seen = {} if board.incident.sample else {(a.check, a.target.instance): a for a in board.answers}
    wanted = {
        (check.name, section.facts.instance if check.of is Of.INSTANCE else "")
        for section in board.sections
        for check in CHECKS
        if check.when is When.OPENED and section.facts.seen and not board.incident.sample
    }
    gaps = sum(a.answer.verdict is Verdict.GAP for a in seen.values())
    return Looked(done=len(seen) - gaps, asked=len(wanted | seen.keys()), gaps=gaps)


def observed(board: Board) -> Mapping[str, Observed]:
    """What ec2ir knows by itself, by row: the later of a check's answer and a step's end, the worst over instances."""
    seen: dict[str, dict[str, _Seen]] = {}
    for row, one in (*_answers(board), *_steps(board)):
        mine = seen.setdefault(row, {})
        before = mine.get(one.instance)
        if before is None or one.at is None or (before.at is not None and one.at >= before.at):
            mine[one.instance] = one
    several = len(board.sections) > 1
    return {row: _together(list(mine.values()), several=several) for row, mine in seen.items()} | _known(
        board
    )


def _together(seen: Sequence[_Seen], *, several: bool) -> Observed:
    worst = min(seen, key=lambda one: _URGENCY.index(one.standing)).standing
    said = [one for one in seen if one.standing is worst and one.words]
    if worst is Standing.OPEN:  # taken up on another instance
        worst = Standing.UNDER_WAY
    lines = [f"{one.instance}: {one.words}" if several and one.instance else one.words for one in said]
    return Observed(standing=worst, words=plain(sentences(lines), _LONGEST))


def _answers(board: Board) -> Iterator[tuple[str, _Seen]]:
    """Each answer for each row of its check; of the answers of several checks on one row, the worst."""
    found: dict[tuple[str, str], list[Answered]] = {}
    for one in board.answers:
        check = CHECK_BY_NAME.get(one.check)
        for row in (check.row, *check.also) if check else ():
            found.setdefault((row, one.target.instance), []).append(one)
    for (row, instance), answers in found.items():
        worst = min(answers, key=lambda a: _URGENCY.index(_OF_VERDICT[a.answer.verdict]))
        said = sentences((*worst.answer.says, *(f"missing: {gap}" for gap in worst.answer.gaps)))
        at = max(a.at for a in answers)
        yield row, _Seen(instance=instance, standing=_OF_VERDICT[worst.answer.verdict], words=said, at=at)


def _steps(board: Board) -> Iterator[tuple[str, _Seen]]:
    """Each row that steps carry out, where any was taken up on any instance: none may be left behind."""
    found = {
        (id_, section.facts.instance): _step(rows, section.facts.instance, board.incident.opened)
        for section in board.sections
        for id_, rows in _by_row(section.rows).items()
    }
    taken_up = {id_ for (id_, _), seen in found.items() if seen.standing is not Standing.OPEN}
    yield from ((id_, seen) for (id_, _), seen in found.items() if id_ in taken_up)


def _by_row(rows: Sequence[Row]) -> Mapping[str, list[Row]]:
    by_row: dict[str, list[Row]] = {}
    for row in rows:
        for id_ in (row.action.row, *row.action.also):
            by_row.setdefault(id_, []).append(row)
    return by_row


def _step(rows: Sequence[Row], instance: str, opened: datetime) -> _Seen:
    """How a row stands on one instance: its steps are ways to one end, so those not started say nothing."""
    known = [row for row in rows if row.mark in _OF_MARK]
    if not known or (len(known) < len(rows) and all(r.mark is Mark.NOT_APPLICABLE for r in known)):
        return _Seen(instance=instance, standing=Standing.OPEN, words="not started", at=opened)
    first = min(known, key=lambda row: _URGENCY.index(_OF_MARK[row.mark]))
    return _Seen(
        instance=instance,
        standing=_OF_MARK[first.mark],
        words=f"{first.action.title}: {first.mark.value}{f', {first.words}' if first.words else ''}",
        at=None if first.mark is Mark.RUNNING else first.ended or opened,
    )


def _known(board: Board) -> dict[str, Observed]:
    """What follows from the incident itself."""
    made: dict[str, Observed] = {}
    if board.incident.lead:
        made["F1"] = Observed(standing=Standing.DONE, words="somebody leads")
    if board.indicators:
        count = len(board.indicators)
        made["F5"] = Observed(
            standing=Standing.UNDER_WAY, words=f"{count} indicator{'s' if count > 1 else ''} so far"
        )
    return made


async def tick(
    desk: Desk,
    incident: str,
    row: str,
    said: Said,
    *,
    by: Person,
    door: Door,
    comment: str = "",
    assignee: Person | None = None,
) -> Tick:
    """Say how a row stands. OPEN takes an earlier word back.

    Raises BadInput for an unknown row, NotAllowed without a role, Refused when the incident is closed.
    """
    about = f": {comment}" if comment.strip() else ""
    verb = {Said.OPEN: "reopens", Said.NOT_APPLICABLE: "says does not apply:"}.get(said, "ticks")
    return await _save(
        desk, incident, _row(row), by=by, door=door, said=said, comment=comment, assignee=assignee,
        words=f"{by} {verb} {_title(row)}{about}",
    )  # fmt: skip


async def assign(desk: Desk, incident: str, row: str, assignee: Person, *, by: Person, door: Door) -> Tick:
    """Give a row to somebody. Raises as `tick`."""
    return await _save(
        desk, incident, _row(row), by=by, door=door, assignee=assignee,
        words=f"{_title(row)} is with {assignee}",
    )  # fmt: skip


async def comment(desk: Desk, incident: str, row: str, words: str, *, by: Person, door: Door) -> Tick:
    """Write something beside a row. Raises as `tick`, and BadInput without words."""
    if not words.strip():
        raise BadInput("A comment needs words.", then=f"/ec2ir comment {_row(row)} what you saw")
    return await _save(
        desk, incident, _row(row), by=by, door=door, comment=words, words=f"{by} on {_title(row)}: {words}"
    )


async def judge_process(
    desk: Desk, incident: str, *, malicious: bool, by: Person, door: Door, why: str = ""
) -> Tick:
    """Answer “is this process malicious?” (D3, D4). Yes has the containment planned at once. Raises as `tick`."""
    said = "malicious" if malicious else "not malicious"
    tick = await _save(
        desk, incident, MALICIOUS, by=by, door=door, said=Said.YES if malicious else Said.NO, comment=why,
        words=f"{by} says the process is {said}{f': {why}' if why.strip() else ''}",
        aloud=f"judged:{desk.clock().isoformat()}",
    )  # fmt: skip
    if malicious:
        await propose_recommended(desk, incident)
    return tick


def said_as(word: str) -> Said:
    """What a person typed of a row: done, na or open. Raises BadInput for another word."""
    known = {"done": Said.DONE, "na": Said.NOT_APPLICABLE, "n/a": Said.NOT_APPLICABLE, "open": Said.OPEN}
    found = known.get(word.casefold())
    if found is None:
        raise BadInput(f"“{plain(word, 40)}” says nothing of a row.", then="Say done, na or open.")
    return found


def _row(row: str) -> str:
    wanted = row.strip().upper()
    if wanted not in BY_ID:
        raise BadInput(
            f"There is no row “{plain(row, 20)}” in the checklist.",
            then="Its rows are called as the playbook calls them, A7 or C2: /ec2ir checklist shows them.",
        )
    return wanted


def _title(row: str) -> str:
    found = BY_ID[_row(row)]
    return f"{found.id} {found.title}"


async def _save(
    desk: Desk,
    incident: str,
    row: str,
    *,
    by: Person,
    door: Door,
    words: str,
    said: Said | None = None,
    comment: str = "",
    assignee: Person | None = None,
    aloud: str = "",
) -> Tick:
    """Change what is kept of a row: what is not named stays as it was."""
    await require_any_role(desk, by, door)
    now = desk.clock()
    async with desk.store.begin() as unit:
        if (await locked(unit, incident)).state is not IncidentState.OPEN:
            raise Refused("This incident is closed.", means="Its checklist stays as it is.")
        before = next((t for t in await unit.ticks.of(incident) if t.row == row), None)
        before = before or Tick(incident=incident, row=row, at=now)
        after = dataclasses.replace(
            before,
            said=said or before.said,
            by=by.id,
            at=now,
            assignee=assignee.id if assignee else before.assignee,
            comment=plain(comment, _LONGEST) or before.comment,
        )
        await unit.ticks.save(after)
        await tell(
            unit, incident=incident, at=now, actor=by.id, event=Event.TICKED, words=words,
            data={"row": row, "said": after.said.value, "assignee": after.assignee, "comment": after.comment},
            aloud=aloud,
        )  # fmt: skip
    return after
