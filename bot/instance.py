"""An instance on the card: what AWS says of it, what is recommended, and its rows; or all that in one line."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Sequence

from slack_sdk.models.blocks import Block, ButtonElement

from bot import blocks
from bot.rows import Density, rows, tally
from bot.value import Value
from bot.words import called, moment
from commands.approve import need_of
from commands.board import Board, Mark, Row, Section, Verb
from commands.containment import CUTS_OFF
from commands.together import combined, waiting
from playbook.approval import Decision
from playbook.decisions import CONTAIN
from playbook.environment import strictest
from playbook.incident import Incident, IncidentState, InstanceFacts
from playbook.proposal import Proposal
from playbook.text import many, mrkdwn, words

_TOLD = 220
"""Characters of a question that tell what is approved."""
_SETTLED = frozenset({Mark.PROVED, Mark.NOT_APPLICABLE})


def opened(
    section: Section, board: Board, *, first: bool, limit: int, density: Density = Density.ROWS
) -> list[Block]:
    """The instance in full. Only the first carries the recommendation and what concerns the whole incident."""
    name = f"*{called(section.facts)}* `{section.facts.instance}`"
    title = [blocks.section(name)] if len(board.sections) > 1 else []
    buttons = _buttons(section, board, first=first)
    return [
        *title,
        _facts(section.facts, limit),
        blocks.divider(),
        *([blocks.section(_next(section, board, limit))] if first else []),
        *([blocks.row(buttons)] if buttons else []),
        blocks.divider(),
        *rows(section, board, limit=limit, density=density),
        blocks.divider(),
    ]


def closed(section: Section, board: Board) -> Block:
    """The instance in one line, with the button that matters most."""
    text = f"*{called(section.facts, 40)}* `{section.facts.instance}` · {tally(section.rows)}"
    value = Value(incident=board.incident.id, instance=section.facts.instance)
    show = blocks.button("Show steps", "show_instance", value.pack())
    return blocks.section(text, next(iter(_buttons(section, board, first=False)), show))


def nowhere(board: Board, limit: int) -> list[Block]:
    """What is recommended while the incident has no instance: a finding on the account opened it."""
    advice = board.recommendation
    over = blocks.button("Not malicious", "not_malicious", Value(incident=board.incident.id).pack())
    open_still = board.incident.state is not IncidentState.CLOSED
    return [
        blocks.section(f"▶ *Next:* {mrkdwn(advice.words, limit)} — {mrkdwn(advice.why, limit)}"),
        *([blocks.row([over])] if open_still else []),
        blocks.divider(),
    ]


def _facts(facts: InstanceFacts, limit: int) -> Block:
    if not facts.seen:
        return blocks.section(f"⚠️ AWS shows nothing of `{facts.instance}`: {mrkdwn(facts.problem, limit)}")
    role = mrkdwn(facts.role, limit) or "none"
    shared = f" (shared by {facts.role_shared_by} instances)" if facts.role_shared_by > 1 else ""
    return blocks.facts(
        (
            ("Account", mrkdwn(facts.account, 20)),
            ("Region", mrkdwn(facts.region, 30)),
            ("Exposed", _exposed(facts, limit)),
            ("Role", role + shared),
            ("Serves", _serves(facts, limit)),
            ("Owner", mrkdwn(facts.owner, limit) or "not tagged"),
        )
    )


def _exposed(facts: InstanceFacts, limit: int) -> str:
    if not facts.public_ips:
        return "no public address"
    address = mrkdwn(words(facts.public_ips, most=2), limit)
    if not facts.exposed:
        return f"{address}, no port open to the world"
    return f"yes: {address}, ports {mrkdwn(words(facts.exposed), limit)}"


def _serves(facts: InstanceFacts, limit: int) -> str:
    count = len(facts.target_groups)
    groups = f"{count} target group{'s' if count > 1 else ''}" if count else ""
    scaling = f"ASG {mrkdwn(facts.autoscaling_group, limit)}" if facts.autoscaling_group else ""
    return ", ".join(part for part in (groups, scaling) if part) or "nothing known"


def _next(section: Section, board: Board, limit: int) -> str:
    advice, row = board.recommendation, board.recommendation.row
    by_name = {r.action.name: r for r in section.rows}
    chosen = [by_name[name] for name in advice.steps if name in by_name]
    source = f" (playbook {row})" if row else ""
    text = f"▶ *{_stage(chosen)}:* {mrkdwn(advice.words, limit)} — {mrkdwn(advice.why, limit)}{source}"
    if advice.asks:
        text += f"\n❓ *{mrkdwn(advice.asks, limit)}*"
    return f"{text}\n{_waits(section.recommended, board.incident)}" if section.recommended else text


def _stage(recommended: Sequence[Row]) -> str:
    """How far what is recommended has come."""
    if recommended and all(r.mark in _SETTLED for r in recommended):
        return "Done"
    if recommended and all(r.run or r.mark in _SETTLED for r in recommended):
        return "Under way"
    return "Next"


def _waits(made: Proposal, incident: Incident) -> str:
    strict = strictest([made.environment, incident.environment])
    proposal = dataclasses.replace(made, environment=strict)
    return (
        f"Plan {proposal.hash[:4]} waits for {need_of(proposal).words(proposal.proposer)}, "
        f"until {moment(proposal.expires, '{time}')}"
    )


def _buttons(section: Section, board: Board, *, first: bool) -> list[ButtonElement]:
    incident = board.incident
    if incident.state is IncidentState.CLOSED:
        return []
    value = Value(incident=incident.id, instance=section.facts.instance, drawn=str(section.planned))
    over = blocks.button("Not malicious", "not_malicious", value.pack())
    every = _contain_all(board) if first else []
    contain = [] if incident.sample else _contain(section, board, value, alone=not every)
    return [*every, *contain, *([*_asked(board), over] if first else [])]


def _asked(board: Board) -> list[ButtonElement]:
    """The way to the question of D3 and D4, where the decision flow asks it and nobody has answered."""
    if not board.recommendation.asks:
        return []
    value = Value(incident=board.incident.id, drawn=str(len(board.ticks)))
    return [blocks.button("Show processes", "show_processes", value.pack(), style="primary")]


def _contain_all(board: Board) -> list[ButtonElement]:
    plans = waiting(board)
    if len(plans) < 2:
        return []
    bound = Value(incident=board.incident.id, hash=combined(plans))
    question = blocks.sure(
        f"All {len(plans)} instances at once?",
        f"This approves {_sets(plans)}. They are carried out at once, eight instances at a time.",
        "Approve all",
    )
    contain = all(CUTS_OFF.intersection(plan.actions) for plan in plans)
    label = f"{'Contain' if contain else 'Carry out'} all {len(plans)} ▸"
    return [blocks.button(label, "contain_all", bound.pack(), style="danger", confirm=question)]


def _sets(plans: Sequence[Proposal]) -> str:
    """Each set of steps that differs, with how many plans have it; Slack's question holds 300 characters."""
    each = Counter(plan.actions for plan in plans)
    told = "; ".join(f"{many(count, 'plan')} of {', '.join(actions)}" for actions, count in each.items())
    if len(told) <= _TOLD:
        return told
    every = dict.fromkeys(name for actions in each for name in actions)
    return (
        f"{len(plans)} plans with {len(each)} different sets of steps; together {words(list(every), most=12)}"
    )


def _contain(section: Section, board: Board, value: Value, *, alone: bool) -> list[ButtonElement]:
    plan = section.recommended
    if plan is not None and plan.decision is Decision.PENDING:
        bound = Value(
            incident=value.incident, instance=value.instance, proposal=plan.id, hash=plan.hash
        ).pack()
        verb = "Contain now" if CUTS_OFF.intersection(plan.actions) else "Carry out"
        question = blocks.sure(
            f"{verb}: {section.facts.instance}?",
            f"This approves plan {plan.hash[:4]}: {', '.join(plan.actions)}. It is carried out at once.",
            verb,
        )
        return [
            blocks.button(f"{verb} ▸", "contain", bound, style="danger" if alone else None, confirm=question),
            blocks.button("Show plan", "show_plan", bound),
        ]
    wanted = board.recommendation.steps or CONTAIN
    if not any(Verb.PLAN in row.offers for row in section.rows if row.action.name in wanted):
        return []
    if board.recommendation.steps:
        return [blocks.button("Plan what is recommended", "contain", value.pack(), style="primary")]
    return [blocks.button("Plan containment", "plan_containment", value.pack())]
