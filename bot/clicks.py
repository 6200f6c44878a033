"""What each button does. A button's name is its `action_id`; its value says what it was drawn for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from bot import showing, ticking
from bot.act import Act
from bot.asking import check_place
from bot.check import checked
from bot.dialogs import DIALOGS, open_dialog
from bot.escalating import acknowledge_ping, decline_ping
from bot.front import Front, at
from bot.more import chosen
from bot.plan_message import plan_message, shown
from bot.value import Value, unpack
from bot.watch_verbs import WATCH_CLICKS
from commands.approve import approve, as_it_stands, need_of
from commands.progress import retry
from commands.propose import propose, propose_recommended, propose_undo
from commands.roles import require_any_role
from commands.together import approve_together
from playbook.decisions import CONTAIN
from playbook.errors import BadInput, Refused
from playbook.people import Door
from playbook.text import mrkdwn

Effect = Callable[[Front, Act, Value], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Click:
    """`changes` says whether anything but what the person sees can come of it; `anywhere`, that the button may stand
    in another channel than its incident's.
    """

    effect: Effect
    changes: bool = True
    anywhere: bool = False


async def clicked(front: Front, act: Act, name: str) -> None:
    """Carry out one click. Raises Ec2irError."""
    value = unpack(act.words)
    if act.view:  # a dialog says where it was opened
        act = at(act, value.channel)
    if not CLICKS[name].anywhere:
        await check_place(front, act, value)
    await CLICKS[name].effect(front, act, value)


async def approve_plan(front: Front, act: Act, value: Value) -> None:
    """Approve the plan that the button shows."""

    async def effect() -> None:
        by = await front.person(act)
        await approve(front.desk, value.proposal, value.hash, by=by, door=Door.CHAT)

    await front.once(act, f"{value.key('approve')}:{act.user}", effect)


async def contain(front: Front, act: Act, value: Value) -> None:
    """Approve what ec2ir proposes; or, where that expired, have it proposed anew, to be looked at first."""
    if value.proposal:
        await approve_plan(front, act, value)
        return

    async def effect() -> None:
        await require_any_role(front.desk, await front.person(act), Door.CHAT)
        made = await propose_recommended(front.desk, value.incident, instance=value.instance)
        if not made:
            raise Refused(
                "No plan could be made.", means="Nothing was approved or run.", then="The card says why."
            )

    await front.once(act, value.key("contain"), effect)


async def contain_all(front: Front, act: Act, value: Value) -> None:
    """Approve what ec2ir proposes for every instance; say to the person which of the plans were refused."""

    async def effect() -> None:
        by = await front.person(act)
        done = await approve_together(front.desk, value.incident, value.hash, by=by, door=Door.CHAT)
        if done.refused:
            lines = [f"✋ {len(done.approved)} plans were approved, {len(done.refused)} were not:"]
            lines += [f"`{mrkdwn(i, 40)}`: {mrkdwn(str(why), 300)}" for i, why in done.refused]
            await front.tell(act, "\n".join(lines))

    await front.once(act, f"{value.key('contain_all')}:{value.hash}:{act.user}", effect)


async def plan_containment(front: Front, act: Act, value: Value) -> None:
    """Plan the whole containment where the playbook would look first."""
    await _plan(front, act, value, CONTAIN, "plan_containment")


async def plan_step(front: Front, act: Act, value: Value) -> None:
    """Plan one step."""
    await _plan(front, act, value, (value.action,), "plan")


async def _plan(front: Front, act: Act, value: Value, actions: tuple[str, ...], verb: str) -> None:
    async def effect() -> None:
        by = await front.person(act)
        await propose(front.desk, value.incident, actions, by=by, door=Door.CHAT, instance=value.instance)

    await front.once(act, value.key(verb), effect)


async def retry_step(front: Front, act: Act, value: Value) -> None:
    """Carry out a failed step again."""

    async def effect() -> None:
        await retry(front.desk, value.run, value.action, by=await front.person(act), door=Door.CHAT)

    await front.once(act, value.key("retry"), effect)


async def undo_step(front: Front, act: Act, value: Value) -> None:
    """Plan to take a step back."""

    async def effect() -> None:
        by = await front.person(act)
        await propose_undo(front.desk, value.run, value.action, by=by, door=Door.CHAT)

    await front.once(act, value.key("undo"), effect)


async def show_plan(front: Front, act: Act, value: Value) -> None:
    """Show the waiting plan to this person, at the place where they are."""
    async with front.desk.store.begin() as unit:
        stored = await unit.proposals.get(value.proposal)
        if stored is None:
            raise BadInput("That plan is not stored.", then="Look at the card.")
        proposal = await as_it_stands(unit, stored)
    pages = plan_message(proposal, shown(proposal), need_of(proposal), now=front.desk.clock())
    for page in pages[:4]:  # a response_url serves five times
        await front.tell(act, f"Plan {proposal.hash[:4]}", checked(page))


def _dialog(name: str, *, anywhere: bool = False) -> Click:
    async def effect(front: Front, act: Act, value: Value) -> None:
        await open_dialog(front, act, value, name)

    return Click(effect=effect, changes=False, anywhere=anywhere)


CLICKS: Mapping[str, Click] = {
    "contain": Click(effect=contain),
    "plan_containment": Click(effect=plan_containment),
    "approve": Click(effect=approve_plan),
    "step_plan": Click(effect=plan_step),
    "step_retry": Click(effect=retry_step),
    "step_undo": Click(effect=undo_step),
    "contain_all": Click(effect=contain_all),
    "tick": Click(effect=ticking.tick_row),
    "judge_yes": Click(effect=ticking.judge_yes),
    "judge_no": Click(effect=ticking.judge_no),
    "more": Click(effect=chosen),
    "show_plan": Click(effect=show_plan, changes=False),
    "show_phase": Click(effect=showing.show_phase, changes=False),
    "show_instance": Click(effect=showing.show_instance, changes=False),
    "show_checklist": Click(effect=showing.show_checklist, changes=False),
    "checklist_phase": Click(effect=showing.checklist_phase, changes=False),
    "show_checks": Click(effect=showing.show_checks, changes=False),
    "show_processes": Click(effect=showing.show_processes, changes=False),
    "ping_acknowledge": Click(effect=acknowledge_ping, anywhere=True),
    "ping_decline": Click(effect=decline_ping, anywhere=True),
    **{name: Click(effect=effect) for name, effect in WATCH_CLICKS.items()},
    **{name: _dialog(name, anywhere=name == "ping_hand_over") for name in DIALOGS},
}
