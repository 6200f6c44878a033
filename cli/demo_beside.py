"""What stands beside Slack on the demo's page: the account's truth, the guide, and the levers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.request import urlopen

from bot.slash import VERBS
from cli.demo_guide import AWAY, Hint, hint
from cli.demo_scenarios import SCENARIOS, Alerts
from cli.demo_world import PEOPLE, World
from commands.board import Board, board
from sandbox.slack.errors import CannotActError
from sandbox.slack.limits import Fault
from sandbox.slack.models import JSON

FORWARD: Mapping[str, tuple[str, int]] = {
    "10": ("10 minutes", 1),
    "60": ("1 hour", 2),
    "1440": ("24 hours", 15),
    "4320": ("72 hours", 30),
}
"""Minutes to go, in words, and in steps of how many: small where flow logs and plans count minutes."""
BREATH_SECONDS = 0.15
"""Between two steps: what became due gets its turn."""
THROTTLED, REFUSED, SLACK_WAIT = 12, 5, 2
POSTING = ("chat.postMessage", "chat.update")
BREAK: Mapping[str, tuple[str, str]] = {
    "slack": ("Slack: 429", f"the next {REFUSED} messages and updates are refused with Retry-After"),
    "throttle": ("AWS: throttling", f"EC2 refuses the next {THROTTLED} calls with RequestLimitExceeded"),
    "lose": ("AWS: time-out after success", "the next change in EC2 is made, and its answer lost"),
    "bot": ("ec2ir: restart", "it ends with work under way, is away for a while, and takes up where it was"),
}


@dataclass(slots=True, kw_only=True)
class DemoBeside:
    """The levers and the look beside Slack; `since` is how many AWS calls had been made when the demo was ready."""

    made: World
    alerts: Alerts
    since: int
    busy: str = ""
    _work: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]])

    def offers(self) -> JSON:
        """Verbs for completion, who the people are, and the levers."""
        listed = {"incident": [_choice(n, s.title, s.about) for n, s in SCENARIOS.items()]}
        listed["forward"] = [_choice(n, f"+ {words}", "") for n, (words, _) in FORWARD.items()]
        listed["break"] = [_choice(n, *words) for n, words in BREAK.items()]
        titles = {"incident": "New incident", "forward": "Fast-forward", "break": "Break it"}
        return {
            "verbs": [{"usage": each.usage, "help": each.help} for each in VERBS.values()],
            "people": {self.made.workspace.user(name).id: role for name, role in PEOPLE.items()},
            "levers": [{"name": n, "title": titles[n], "choices": choices} for n, choices in listed.items()],
        }

    async def now(self) -> JSON:
        """How far the clock is ahead, what is under way, the next hint, and the account."""
        shown = await self._board()
        account = await asyncio.to_thread(self._account)
        concerned = {section.facts.instance for section in shown.sections} if shown else set[str]()
        for card in account["instances"]:
            card["open"] = card["key"] in concerned
        account["instances"].sort(key=_concerned_first)
        ahead = round(self.made.clock.ahead.total_seconds())
        return {
            "ahead": ahead,
            "busy": self.busy,
            "hint": self._spoken(hint(shown) if self.made.bot.up else AWAY),
            "account": account,
        }

    async def pull(self, lever: str, choice: str) -> str:
        """Pull a lever. Raises: CannotActError for one that is not there, or not now."""
        pulls: Mapping[str, Callable[[str], Any]] = {
            "incident": self._incident, "forward": self._forward, "break": self._break
        }  # fmt: skip
        if (
            lever not in pulls
            or choice not in {"incident": SCENARIOS, "forward": FORWARD, "break": BREAK}[lever]
        ):
            raise CannotActError("There is no such lever.")
        if self.busy:
            raise CannotActError(f"Not now: {self.busy}.")
        return str(await pulls[lever](choice))

    async def end(self) -> None:
        """Let go of what is under way."""
        for task in tuple(self._work):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _incident(self, name: str) -> str:
        title = await self.alerts.send(name)
        return f"GuardDuty reports: {title}. It comes through the queue in a moment."

    async def _forward(self, minutes: str) -> str:
        words, step = FORWARD[minutes]
        self.busy = f"putting the clock forward by {words}"
        self._go_on(self._run_forward(int(minutes), step))
        return (
            f"The clock runs {words} ahead, in steps of {step} min: whatever becomes due on the way is done."
        )

    def _go_on(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._work.add(task)
        task.add_done_callback(self._work.discard)

    async def _restart(self) -> None:
        try:
            await self.made.bot.restart()
        finally:
            self.busy = ""

    async def _run_forward(self, minutes: int, step: int) -> None:
        try:
            for done in range(step, minutes + 1, step):
                await self._settled()
                await self.made.forward(step)
                self.busy = f"{_hours(done)} of {_hours(minutes)}"
                await asyncio.sleep(BREATH_SECONDS)
        finally:
            self.busy = ""

    async def _settled(self) -> None:
        """Wait until no click can open its dialog any more: putting the clock forward would end its three seconds."""
        while True:
            if self.made.workspace.settled():
                return
            await asyncio.sleep(BREATH_SECONDS)

    async def _break(self, name: str) -> str:
        match name:
            case "slack":
                for method in POSTING:
                    self.made.workspace.faults.order(method, Fault.rate_limited(SLACK_WAIT), times=REFUSED)
            case "bot":
                self.busy = "ec2ir is away"
                self._go_on(self._restart())
            case _:
                ordered = {"throttle": THROTTLED} if name == "throttle" else {"lose": 1}
                await asyncio.to_thread(self.made.box.controls.call, "faults", ordered)
        title, about = BREAK[name]
        return f"{title}: {about}."

    async def _board(self) -> Board | None:
        if not self.made.bot.up:
            return None
        async with self.made.product.base.store.begin() as unit:
            found = await unit.incidents.listed() or await unit.incidents.listed(closed=True)
            return await board(unit, found[0].id, self.made.clock()) if found else None

    def _account(self) -> JSON:
        box = self.made.box
        told = _got(f"{box.endpoint_url}/sandbox/truth?region={box.region}")
        return told | {"calls": _got(f"{box.endpoint_url}/sandbox/calls?after={self.since}")["changes"]}

    def _spoken(self, told: Hint) -> JSON:
        return asdict(told) | {"who": self.made.workspace.user(told.who).id if told.who else ""}


def calls_made(made: World) -> int:
    """How many AWS calls were answered so far."""
    return int(_got(f"{made.box.endpoint_url}/sandbox/calls")["made"])


def _got(address: str) -> JSON:
    with urlopen(address, timeout=10) as answer:  # noqa: S310 - the box's own address
        return json.load(answer)


def _concerned_first(card: JSON) -> tuple[bool, str]:
    return not card["open"], str(card["title"])


def _choice(name: str, title: str, about: str) -> JSON:
    return {"id": name, "title": title, "about": about}


def _hours(minutes: int) -> str:
    return f"{minutes} min" if minutes < 120 else f"{minutes / 60:.1f} h"
