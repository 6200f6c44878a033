"""`GET /metrics` for Prometheus: what is open, what waits, what is late, and how quick and how well answers come.

Counted here are this replica's own acts; what is in the database is the same on each. No label is ever outside text.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field

from aiohttp import web
from prometheus_client import CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from bot.heard import Hearing
from bot.sender import Sender
from cli.wiring import Base
from engine.clock import Clock
from playbook.errors import Unreachable

_MOST = 1000
"""Open incidents that are counted one by one."""
_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 90)
_OUTCOMES = ("ok", "throttled", "refused", "failed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What is asked of the database: numbers, and how many seconds the oldest due timer is late."""

    incidents: int
    outbox: int
    due: int
    late: float


@dataclass(frozen=True, slots=True, eq=False)  # the registry keeps it by identity
class _Shown:
    """Prometheus's collector of one answer."""

    metrics: tuple[Metric, ...]

    def collect(self) -> Generator[Metric]:
        yield from self.metrics


@dataclass(frozen=True, slots=True, kw_only=True)
class Metrics:
    """What this replica can tell of itself."""

    parts: Base
    clock: Clock
    sender: Sender
    hearing: Hearing
    clicks: Histogram = field(
        default_factory=lambda: Histogram(
            "ec2ir_act_seconds",
            "From a click or command in Slack to the end of its work",
            buckets=_BUCKETS,
            registry=None,
        )
    )

    def took(self, seconds: float) -> None:
        """A click or command was worked through."""
        self.clicks.observe(seconds)

    async def shown(self, _request: web.Request) -> web.Response:
        """Answer a scrape. While the database is away, what this process knows by itself is told."""
        try:
            stored = await self._stored()
        except Unreachable:
            stored = None
        registry = CollectorRegistry()
        registry.register(self.clicks)
        registry.register(_Shown((*self._own(), *_of(stored))))
        return web.Response(
            body=generate_latest(registry),
            headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"},
        )

    async def _stored(self) -> Stored:
        now = self.parts.clock()
        async with self.parts.store.begin() as unit:
            next_due = await unit.slots.next_due()
            return Stored(
                incidents=len(await unit.incidents.listed(most=_MOST)),
                outbox=await unit.outbox.waiting(),
                due=await unit.slots.overdue(now),
                late=max(0.0, (now - next_due).total_seconds()) if next_due is not None else 0.0,
            )

    def _own(self) -> tuple[Metric, ...]:
        answers = CounterMetricFamily("ec2ir_aws_answers", "AWS's answers, by outcome", labels=("outcome",))
        tally = self.parts.cloud.tally
        for outcome in _OUTCOMES:
            answers.add_metric((outcome,), tally.get(outcome, 0))
        held = self.sender.office.poster.pace.held
        return (
            answers,
            _gauge("ec2ir_beat_age_seconds", "Since the clock's last beat", self.clock.still),
            CounterMetricFamily("ec2ir_slack_throttled", "Slack's answers 429 to the sender", value=held),
            CounterMetricFamily("ec2ir_slack_heard", "What Slack delivered here", value=self.hearing.events),
        )


def _of(stored: Stored | None) -> tuple[Metric, ...]:
    up = _gauge("ec2ir_database_up", "Whether the database answered just now", float(stored is not None))
    if stored is None:
        return (up,)
    return (
        up,
        _gauge("ec2ir_incidents_open", "Open incidents", stored.incidents),
        _gauge("ec2ir_outbox_waiting", "Messages that are not sent yet", stored.outbox),
        _gauge("ec2ir_timers_due", "Timers that are due and not handed out", stored.due),
        _gauge("ec2ir_timers_late_seconds", "How late the oldest of those is", stored.late),
    )


def _gauge(name: str, words: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, words, value=value)
