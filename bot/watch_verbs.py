"""The watch after recovery in chat: `/ec2ir watch`, the buttons of its message, and the dialogs that they open."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence

from bot.act import Act
from bot.asking import board_of, incident_here
from bot.check import checked
from bot.check_verbs import CHECK_VERBS
from bot.command import Command, Topic, instance_in
from bot.front import Front
from bot.value import Value
from bot.watch_message import EXTENDS, watch_message, watch_words
from commands import watch
from playbook.errors import BadInput
from playbook.people import Door
from playbook.text import mrkdwn

USAGE = "watch [now | start | pause | resume | extend HOURS | stop why… | sign verdict…] [i-…]"


async def _watch(front: Front, act: Act, words: Sequence[str]) -> None:
    verb, *said = words or [""]
    if verb.casefold() == "now":
        await CHECK_VERBS["watch"].effect(front, act, said)
        return
    incident = await incident_here(front, act)
    if not verb:
        await _show(front, act, incident.id)
        return
    instance, rest = instance_in(said)
    by, desk, id_ = await front.person(act), front.desk, incident.id
    match verb.casefold(), rest:
        case "start", []:
            await watch.start(desk, id_, by=by, door=Door.CHAT, instance=instance)
        case "pause", []:
            await watch.pause(desk, id_, by=by, door=Door.CHAT, instance=instance)
        case "resume", []:
            await watch.resume(desk, id_, by=by, door=Door.CHAT, instance=instance)
        case "extend", [hours] if hours.isdecimal():
            await watch.extend(desk, id_, int(hours), by=by, door=Door.CHAT, instance=instance)
        case "stop", _:
            await watch.stop(desk, id_, " ".join(rest), by=by, door=Door.CHAT, instance=instance)
        case "sign", _:
            await watch.sign(desk, id_, " ".join(rest), by=by, door=Door.CHAT, instance=instance)
        case _:
            raise BadInput(f"A watch can't do “{mrkdwn(verb, 40)}”.", then=f"/ec2ir {USAGE}")


async def _show(front: Front, act: Act, incident: str) -> None:
    board = await board_of(front, incident)
    if not board.watches:
        await front.tell(
            act,
            "Nothing is watched here yet. A watch begins when the incident is recovered, or by"
            " `/ec2ir watch start`; `/ec2ir watch now` makes its checks once.",
        )
        return
    await front.tell(act, watch_words(board), checked(watch_message(board)))


Effect = Callable[[Front, Act, Value], Awaitable[None]]


def _click(change: Callable[..., Awaitable[object]], name: str, **more: int) -> Effect:
    async def effect(front: Front, act: Act, value: Value) -> None:
        async def once() -> None:
            await change(front.desk, value.incident, by=await front.person(act), door=Door.CHAT, **more)

        await front.once(act, value.key(name), once)

    return effect


WATCH_CLICKS: Mapping[str, Effect] = {
    "watch_pause": _click(watch.pause, "watch_pause"),
    "watch_resume": _click(watch.resume, "watch_resume"),
    "watch_extend": _click(watch.extend, "watch_extend", hours=EXTENDS),
}


async def stop(front: Front, act: Act, value: Value) -> None:
    """What sending off the dialog of “Stop…” does."""
    by = await front.person(act)
    await watch.stop(front.desk, value.incident, act.typed, by=by, door=Door.CHAT)


async def sign(front: Front, act: Act, value: Value) -> None:
    """What sending off the dialog of “Sign…” does."""
    by = await front.person(act)
    await watch.sign(front.desk, value.incident, act.typed, by=by, door=Door.CHAT)


WATCH_VERBS: Mapping[str, Command] = {
    "watch": Command(
        usage=USAGE,
        help="shows the 72-hour watch (R7), makes its checks now, or steers it",
        effect=_watch,
        topic=Topic.CHECKS,
        slow=True,
    )
}
