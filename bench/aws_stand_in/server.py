"""The stand-in: each answer is made on arrival and sent when its round trip is over."""

import asyncio
import itertools
import json
import sys
import time
import traceback
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from pydantic import ValidationError

from bench.aws_stand_in.config import RESET, Reset, StandInConfig
from bench.aws_stand_in.dispatch import Key, Outcome, Route, answer
from bench.aws_stand_in.http import Reply
from bench.aws_stand_in.journal import Call, Journal, grouped
from bench.aws_stand_in.messages import Request, Response
from bench.aws_stand_in.seed import seeded
from bench.aws_stand_in.world import World


@dataclass(slots=True)
class StandIn:
    """The running stand-in; `rtt` is seconds."""

    routes: Mapping[Key, Route]
    rtt: float
    ids: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))
    journal: Journal = field(default_factory=Journal)
    world: World = field(init=False)
    waiting: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]])

    def __post_init__(self) -> None:
        self.world = seeded(StandInConfig(), self.ids, {})

    def handle(self, request: Request, reply: Reply) -> None:
        """Answer one request: AWS's after the round trip, the bench's own at once."""
        if request.path.startswith("/control/"):
            reply(self.control(request))
            return
        loop = asyncio.get_running_loop()
        journal = self.journal
        journal.arrive()
        request_id = f"00000000-0000-4000-8000-{next(self.ids):012x}"
        outcome = self.attempt(request, request_id)
        if outcome.later is not None:
            task = loop.create_task(self.finish_later(outcome, request.arrived, journal, reply))
            self.waiting.add(task)
            task.add_done_callback(self.waiting.discard)
            return
        loop.call_at(
            request.arrived + self.rtt, finish, outcome, request.arrived, journal, reply, outcome.response
        )

    def attempt(self, request: Request, request_id: str) -> Outcome:
        """The outcome; a defect of the stand-in is told on stderr and answered as AWS's own failure is."""
        try:
            return answer(self.routes, self.world, request, request_id)
        except Exception:  # noqa: BLE001 - the outermost door: one defect must not end the measurement
            traceback.print_exc(file=sys.stderr)
            return Outcome(service="?", operation="?", response=Response(status=500), error="StandInDefect")

    async def finish_later(self, outcome: Outcome, arrived: float, journal: Journal, reply: Reply) -> None:
        """Reply once the operation stops waiting, a round trip later."""
        assert outcome.later is not None
        response = await outcome.later
        await asyncio.sleep(self.rtt)
        finish(outcome, arrived, journal, reply, response)

    def control(self, request: Request) -> Response:
        """The bench's own calls, which are neither delayed nor counted."""
        match request.method, request.path:
            case "POST", "/control/reset":
                return self.reset(request.body)
            case "GET", "/control/log":
                return as_json([asdict(call) for call in grouped(self.journal.calls)])
            case "GET", "/control/connections":
                usage = {"peak": self.journal.peak, "now": self.journal.in_flight}
                return as_json(
                    usage | {"answered": len(self.journal.calls), "cpu_seconds": time.process_time()}
                )
            case _:
                return as_json({"error": f"no {request.method} {request.path}"}, status=404)

    def reset(self, body: bytes) -> Response:
        """Begin anew with an empty journal."""
        try:
            wanted: Reset = RESET.validate_json(body or b"{}")
        except ValidationError as error:
            return as_json({"error": str(error)}, status=400)
        if wanted.rtt_ms is not None:
            self.rtt = wanted.rtt_ms / 1000
        self.world = seeded(wanted.config, self.ids, self.world.groups)
        self.journal = Journal()
        return as_json({})


def finish(
    outcome: Outcome, arrived: float, journal: Journal, reply: Reply, response: Response | None
) -> None:
    """Send the answer and write the call down."""
    assert response is not None
    call = Call(
        service=outcome.service,
        operation=outcome.operation,
        arrived=arrived,
        answered=asyncio.get_running_loop().time(),
        error=outcome.error,
    )
    journal.answer(call)
    reply(response)


def as_json(value: object, status: int = 200) -> Response:
    """A control call's answer."""
    headers = (("Content-Type", "application/json"),)
    return Response(body=json.dumps(value).encode(), status=status, headers=headers)
