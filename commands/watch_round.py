"""One look of a watch: the R7 checks and the store's news, kept as evidence, with a mark on the strip."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from actions.check import Of
from actions.checks.catalogue import CHECK_BY_NAME
from commands import remind
from commands.brief import brief_of
from commands.desk import Desk, locked
from commands.escalate import review
from commands.indicators import learn
from commands.inquire import INQUIRIES
from commands.reopening import Holders, holders_of_incident, reopen
from commands.roles import holders_of
from commands.telling import tell
from commands.watch_course import end, go_on, miss, show_watch, slot_of
from commands.watch_news import LATE, news
from playbook.answer import MOST, Answer, Answered, Verdict
from playbook.brief import Brief
from playbook.clock import elapsed
from playbook.incident import Incident
from playbook.people import BOT, Person, Role
from playbook.plan import Json, dump_json
from playbook.ports import Unit
from playbook.slot import SlotState
from playbook.text import plain
from playbook.timeline import Event
from playbook.watch import Schedule, Watch, Watched, WatchMark, WatchState, next_slot, overdue, slots

TOLD_LATE = timedelta(minutes=10)
"""A look that is made so long after it was due says so."""
_LOOKED = frozenset({WatchMark.CLEAR, WatchMark.HIT})
_UNSEEN = "not seen: "
_LEFT = frozenset({"E5", "R4"})
"""Rows whose effect reaches the replacement too: it stands in the groups that they closed."""
_BORN_WITH = frozenset({"R6"})
"""Rows that a replacement fulfils from its launch on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One try of one look: what is to be looked at, and since when it counts."""

    watch: Watch
    due: datetime
    number: int
    brief: Brief
    since: datetime

    @property
    def checks(self) -> tuple[str, ...]:
        """The checks to be made; those whose answer would be no news are left out.

        A replacement's sessions are no revoked ones: their use is what it is for. What was isolated and left running,
        for forensics, computes on; its traffic would be the news.
        """
        isolated = "C2" in self.brief.settled
        no_news = "watch-credentials" if self.watch.replaces else "watch-cpu" if isolated else ""
        names = (n for n in INQUIRIES["watch"].checks if CHECK_BY_NAME[n].of is Of.INSTANCE)
        return tuple(n for n in names if n != no_news)


async def fire(desk: Desk, subject: str) -> None:
    """Make the look that a slot's subject names, if it is still to be made; harmless to repeat."""
    id_, due, number = subject.rsplit("/", 2)
    turn = await _turn(desk, id_, datetime.fromisoformat(due), int(number))
    if turn is None:
        await desk.executor.nudge()
        return
    answers = await desk.cloud.look(turn.watch.target, turn.checks, turn.brief)
    people = await holders_of(desk, Role.RESPONDER)
    await _write(desk, turn, answers, people)


async def _turn(desk: Desk, id_: str, due: datetime, number: int) -> Turn | None:
    """What is to be looked at now; None where that look is over, or another one takes its place."""
    now, schedule = desk.clock(), desk.policy.watch
    async with desk.store.begin() as unit:
        watch = await unit.watches.get(id_)
        if watch is None:
            return None
        found = await locked(unit, watch.target.incident)
        watch = await unit.watches.get(id_) or watch
        seen = {one.due: one for one in await unit.watches.seen(id_)}
        if watch.state is WatchState.RUNNING:
            await go_on(unit, watch, schedule, max(now, due))
        if not _to_do(watch, seen, due, number, schedule):
            return None
        if number == 1:
            *earlier, latest = overdue(watch, schedule, due, now)
            missed = [slot for slot in earlier if slot not in seen]
            if missed:
                await miss(unit, watch, missed, now)
                await unit.slots.add(slot_of(watch, latest))
                await unit.slots.move(slot_of(watch, due).key, SlotState.QUEUED, SlotState.MISSED, now)
                return None
        since = max((one.at for one in seen.values() if one.mark in _LOOKED), default=watch.began)
        return Turn(
            watch=watch, due=due, number=number, since=since, brief=await _brief(unit, watch, found, since)
        )


def _to_do(
    watch: Watch, seen: Mapping[datetime, Watched], due: datetime, number: int, schedule: Schedule
) -> bool:
    before = seen.get(due)
    if number > 1:
        open_ = watch.state is WatchState.RUNNING or (watch.state is WatchState.ENDED and not watch.signed)
        return open_ and before is not None and before.mark is WatchMark.GAP and before.tries < number
    waits = watch.state is WatchState.RUNNING or (watch.paused_at is not None and due <= watch.paused_at)
    return waits and before is None and due in slots(watch, schedule)


async def _brief(unit: Unit, watch: Watch, found: Incident, since: datetime) -> Brief:
    """The incident's brief, as the checks of this look need it: only what came after the last look is news.

    A replacement is compared with what it was made to be: it serves where the instance did, and was born hardened.
    """
    whose = replace(watch.target, instance=watch.replaces or watch.target.instance)
    brief = await brief_of(unit, whose)
    counts = max(found.contained or watch.began, since - LATE)
    if not watch.replaces:
        return replace(brief, contained=counts)
    first = brief.first
    born = replace(first, instance=watch.target.instance, groups={}, profile="", role="") if first else None
    return replace(brief, contained=counts, first=born, settled=(brief.settled & _LEFT) | _BORN_WITH)


def judged(answers: Mapping[str, Answer], found: Sequence[str]) -> tuple[WatchMark, tuple[str, ...]]:
    """The look's mark, and what it says: what was seen, or what could not be; only a clear one says little."""
    hits = [
        f"{CHECK_BY_NAME[n].title}: {' '.join(a.says)}"
        for n, a in answers.items()
        if a.verdict is Verdict.NOTABLE
    ]
    gaps = [
        f"{_UNSEEN}{CHECK_BY_NAME[n].title}: {' '.join(a.gaps or a.says)}"
        for n, a in answers.items()
        if a.verdict is Verdict.GAP
    ]
    says = tuple(plain(s, 400) for s in (*found, *hits, *gaps)[:MOST])
    if found or hits:
        return WatchMark.HIT, says
    if gaps:
        return WatchMark.GAP, says
    clear = sum(a.verdict is Verdict.CLEAR for a in answers.values())
    rest = f", {len(answers) - clear} do not apply" if clear < len(answers) else ""
    return WatchMark.CLEAR, (f"{clear} checks clear{rest}, no new finding",)


async def _write(desk: Desk, turn: Turn, answers: Mapping[str, Answer], people: Sequence[Person]) -> None:
    """Keep what was seen, and do what it asks for. Without effect when another process wrote this try already."""
    now, watch, target = desk.clock(), turn.watch, turn.watch.target
    async with desk.store.begin() as unit:
        others = await holders_of_incident(unit, target.incident)
        for each in sorted({target.incident, *others.values()}):
            await locked(unit, each)
        before = {one.due: one for one in await unit.watches.seen(watch.id)}
        role = turn.brief.first.role if turn.brief.first is not None else ""
        mark, says = judged(answers, await news(unit, watch, role, turn.since))
        seen = Watched(watch=watch.id, due=turn.due, at=now, mark=mark, says=says, tries=turn.number)
        stands = before.get(turn.due)
        if (stands is not None and stands.tries >= turn.number) or not await unit.watches.note(seen):
            return
        await _keep(unit, turn, seen, answers)
        await _tell(unit, turn, seen, before, others, people, desk.policy.watch)
        if mark is WatchMark.HIT:  # an incident that it opened again has rows to be reminded of
            await remind.arrange(unit, target.incident, desk.policy.reminders, now)
        mine = await unit.watches.get(watch.id) or watch
        if next_slot(mine, desk.policy.watch, turn.due) is None:
            await end(unit, await locked(unit, target.incident), mine, now)
        await show_watch(unit, target.incident, now)


async def _keep(unit: Unit, turn: Turn, seen: Watched, answers: Mapping[str, Answer]) -> None:
    target = turn.watch.target
    body = {"look": dump_json(seen), "answers": {name: dump_json(a) for name, a in answers.items()}}
    await unit.ledger.add(
        target.incident, seen.at, "watched", f"{target.instance}/{turn.due.isoformat()}", body
    )
    for name, one in answers.items():
        if not turn.watch.replaces:
            await unit.answers.save(Answered(check=name, target=target, at=seen.at, answer=one))
        await learn(unit, target.incident, one.indicators, f"R7 {CHECK_BY_NAME[name].title}", seen.at)


async def _tell(
    unit: Unit, turn: Turn, seen: Watched, before: Mapping[datetime, Watched], others: Holders,
    people: Sequence[Person], schedule: Schedule,
) -> None:  # fmt: skip
    """A hit opens a closed incident again, and pings when it is new; a gap is tried again, and pings at last."""
    watch, incident = turn.watch, turn.watch.target.incident
    last = max((o for d, o in before.items() if d < turn.due), key=lambda o: o.due, default=None)
    said = "; ".join(seen.says)
    hours = (turn.due - watch.began - watch.paused_for) / timedelta(hours=1)
    when = f"hour {hours:g}" + (
        f", {elapsed(seen.at - turn.due)} late" if turn.number == 1 and seen.at - turn.due > TOLD_LATE else ""
    )
    name = f"{seen.mark.sign} Watch of {watch.target.instance}, {when}: {seen.mark.value}"
    data: Json = {
        "watch": watch.id,
        "due": turn.due.isoformat(),
        "state": seen.mark.value,
        "try": turn.number,
    }
    aloud = f"watch:{watch.id}:{turn.due.isoformat()}:{turn.number}"
    ids = [p.id for p in people]
    if seen.mark is WatchMark.HIT:
        known = last is not None and last.mark is WatchMark.HIT and _kinds(seen) <= _kinds(last)
        await tell(
            unit, incident=incident, at=seen.at, actor=BOT.id, event=Event.WATCH_HIT, words=f"{name}. {said}",
            data=data, aloud=aloud, ping=() if known else ids,
        )  # fmt: skip
        await reopen(unit, incident, others, f"the watch of {watch.target.instance} saw something", seen.at)
        await review(unit, incident, seen.at)
        return
    again = schedule.again[turn.number - 1] if turn.number <= len(schedule.again) else None
    if seen.mark is WatchMark.GAP and again is not None:
        await unit.slots.add(slot_of(watch, turn.due, turn.number + 1, seen.at + again))
        said = f"{said}; tried again in {elapsed(again)}"
    lost = seen.mark is WatchMark.GAP and again is None
    if lost:
        said = f"{said}; tried {turn.number} times: look by hand, nobody knows what goes on there"
    await tell(
        unit, incident=incident, at=seen.at, actor=BOT.id, event=Event.WATCH, words=f"{name}. {said}", data=data,
        aloud=aloud if lost else "", ping=ids if lost else (),
    )  # fmt: skip


def _kinds(seen: Watched) -> frozenset[str]:
    """Which checks saw something: their figures differ from look to look, and nobody is pinged for that again."""
    return frozenset(says.partition(":")[0] for says in seen.says if not says.startswith(_UNSEEN))
