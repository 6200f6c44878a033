"""App Home: what waits for one person, open incidents, deadlines, watches and gaps; in `/ec2ir status` the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from slack_sdk.models.blocks import Block

from bot import blocks
from bot.act import Act
from bot.api import call
from bot.check import as_json
from bot.front import Front
from bot.words import DAY_AND_TIME, deadline, mention, moment, severity
from commands.approve import need_of
from commands.home import Home, Strip, home
from playbook.errors import Ec2irError
from playbook.escalation import Escalation
from playbook.incident import Incident
from playbook.people import Door, Person
from playbook.plan import Json
from playbook.proposal import Kind, Proposal
from playbook.rows import BY_ID
from playbook.text import mrkdwn, words
from playbook.watch import WatchState, strip, tally

REFRESH = "home_refresh"
_MOST = 15
"""Lines under one heading; what is over that is counted. Five headings stay far from Slack's hundred blocks."""
QUIET = "Nothing is on fire. Start a drill? `ec2ir demo` plays one on a laptop, without AWS or Slack."


async def show_home(front: Front, act: Act) -> None:
    """Publish this person's Home, or the sentence why they have none. Raises SlackTrouble."""
    try:
        shown = home_blocks(await home(front.desk, by=await front.person(act), door=Door.CHAT))
    except Ec2irError as why:
        shown = [blocks.section(f"✋ {mrkdwn(str(why), 1000)}")]
    drawn = [*shown, blocks.divider(), *_foot(front)]
    view: Json = {"type": "home", "blocks": as_json(drawn)}
    await call(front.client, "views.publish", user_id=act.user, view=view)


def _foot(front: Front) -> Iterator[Block]:
    yield blocks.row([blocks.button("Refresh", REFRESH, "home")])
    yield blocks.context(
        f"As of {moment(front.desk.clock(), DAY_AND_TIME)} · it is drawn anew when you open it"
    )


def home_blocks(home: Home) -> list[Block]:
    """Everything under its heading; headings with nothing under them are left out."""
    if home.quiet:
        return [blocks.section(QUIET)]
    return [
        *_headed(f"Waiting for you ({home.waits})", _waiting(home), empty="Nothing waits for you."),
        *([blocks.context(_others(home.others))] if home.others else []),
        *_headed(
            f"Open incidents ({len(home.incidents)})",
            (_incident(home, i) for i in home.incidents),
            empty="None.",
        ),
        *_headed("Legal deadlines", (f"{deadline(c)} · {_place(home, c.incident)}" for c in home.clocks)),
        *_headed("Watches after recovery", (_strip(home, s) for s in home.watches)),
        *_headed("Gaps: what could not be looked at", _gaps(home)),
    ]


def _headed(heading: str, lines: Iterable[str], *, empty: str = "") -> Iterator[Block]:
    found = list(lines)
    if not found and not empty:
        return
    over = len(found) - _MOST
    shown = found[:_MOST] + ([f"and {over} more: `ec2ir status` lists all"] if over > 0 else [])
    for paragraph in blocks.paragraphs([f"*{heading}*", *(shown or [empty])]):
        yield blocks.section(paragraph)


def _waiting(home: Home) -> Iterator[str]:
    yield from (_plan(home, plan) for plan in home.plans)
    yield from (_ping(home, ping) for ping in home.pings)
    for tick in home.rows:
        row = BY_ID.get(tick.row)
        yield f"☑️ {mrkdwn(tick.row, 10)} {row.title if row else ''} · {_place(home, tick.incident)}"


def _others(count: int) -> str:
    return f"📣 {count} escalation{'s' if count > 1 else ''} that nobody acknowledged yet wait for others"


def _plan(home: Home, plan: Proposal) -> str:
    undo = "undo of " if plan.kind is Kind.UNDO else ""
    return (
        f"▶ Approve {undo}{mrkdwn(words(list(plan.actions)), 80)} on `{plan.target.instance}` (plan {plan.hash[:4]}), "
        f"needs {mrkdwn(need_of(plan).words(plan.proposer), 80)} · expires {moment(plan.expires, '{ago}')} · "
        f"{_place(home, plan.target.incident)}"
    )


def _ping(home: Home, ping: Escalation) -> str:
    since = moment(ping.opened, "{ago}")
    return f"📣 Acknowledge {ping.rule}: {mrkdwn(ping.why, 120)} · {since} · {_place(home, ping.incident)}"


def _incident(home: Home, incident: Incident) -> str:
    contained = "contained" if incident.contained else "*not contained*"
    lead = f"lead {mention(Person(id=incident.lead))}" if incident.lead else "no lead"
    sample = "SAMPLE · " if incident.sample else "DRILL · " if incident.drill else ""
    return (
        f"{severity(incident)} · {sample}{incident.environment.value} · {contained} · {mrkdwn(incident.title, 80)} · "
        f"opened {moment(incident.opened, '{ago}')} · {lead} · {_place(home, incident.id)}"
    )


def _place(home: Home, incident: str) -> str:
    """Where it is talked about; an incident that is closed, or has no channel, by its id."""
    found = home.incident(incident)
    if found is None:
        return f"incident {mrkdwn(incident, 40)} (closed)"
    return f"<#{found.channel}>" if found.channel else f"incident {mrkdwn(incident, 40)}"


def _strip(home: Home, shown: Strip) -> str:
    watch = shown.watch
    until = {WatchState.PAUSED: "paused", WatchState.ENDED: "*waits for a signed verdict*"}.get(
        watch.state, f"until {moment(watch.until, DAY_AND_TIME)}"
    )
    place = _place(home, watch.target.incident)
    return (
        f"🔭 `{watch.target.instance}` {_last(strip(watch, shown.seen))} · "
        f"{tally(shown.seen).words} · {until} · {place}"
    )


def _last(marks: str) -> str:
    """The newest marks of a strip; an extended watch has more than a line holds."""
    kept = marks.split(" ")
    return marks if len(kept) <= 30 else f"… {' '.join(kept[-30:])}"


def _gaps(home: Home) -> Sequence[str]:
    counted = [
        f"🕳️ {home.gaps[i.id]} checks of {_place(home, i.id)}: its checklist names them"
        for i in home.incidents
        if i.id in home.gaps
    ]
    unseen = [(s, tally(s.seen)) for s in home.watches]
    return counted + [
        f"🕳️ {count.gap + count.missed} looks of the watch on `{s.watch.target.instance}` · "
        f"{_place(home, s.watch.target.incident)}"
        for s, count in unseen
        if count.gap or count.missed
    ]
