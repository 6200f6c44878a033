"""What is remembered, table by table; every rule that a race could break is a key or an index here.

One long file with a reason: it is the schema, and whoever changes it wants to see all of it.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    UniqueConstraint,
    text,
)

from playbook.approval import Decision
from playbook.checklist import Said
from playbook.environment import Environment
from playbook.escalation import EscalationState, Way
from playbook.finding import Scope, Severity
from playbook.incident import IncidentState
from playbook.outbox import Post, SendState
from playbook.people import Door
from playbook.proposal import Kind
from playbook.run import RunState, StepState
from playbook.slot import Alarm, SlotState
from playbook.timeline import Event
from playbook.watch import WatchMark, WatchState
from storage.types import Lines, Moment, Serial, Words, member

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
    }
)


def _key(name: str, *args: Any) -> Column[str]:
    return Column(name, Words, *args, primary_key=True)


def _words(name: str) -> Column[str]:
    return Column(name, Words, nullable=False)


def _moment(name: str) -> Column[Any]:
    return Column(name, Moment, nullable=False)


def _maybe(name: str) -> Column[Any]:
    return Column(name, Moment, nullable=True)


def _number(name: str) -> Column[int]:
    return Column(name, Integer, nullable=False)


def _flag(name: str) -> Column[bool]:
    return Column(name, Boolean, nullable=False)


def _json(name: str) -> Column[Any]:
    return Column(name, JSON, nullable=False)


def _lines(name: str) -> Column[Any]:
    return Column(name, Lines, nullable=False)


def _serial(name: str = "seq") -> Column[int]:
    return Column(name, Serial, primary_key=True, autoincrement=True)


def _some(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    return Index(name, *columns, unique=unique, sqlite_where=text(where), postgresql_where=text(where))


incidents = Table(
    "incidents",
    metadata,
    _key("id"),
    Column("state", member(IncidentState), nullable=False),
    _moment("opened"),
    _words("title"),
    Column("severity", member(Severity), nullable=False),
    _number("rank"),  # the severity's rank: texts do not sort by how bad they are
    Column("environment", member(Environment), nullable=False),
    _flag("sample"),
    _flag("drill"),
    _words("lead"),
    _words("channel"),
    _words("card_ts"),
    _maybe("contained"),
    _maybe("closed"),
    _words("closed_why"),
    Index("ix_incidents_listed", "state", "rank", "opened"),
    Index("ix_incidents_all", "rank", "opened"),
    Index("ix_incidents_channel", "channel"),
)

instances = Table(
    "instances",
    metadata,
    _serial(),
    Column("incident", Words, ForeignKey("incidents.id"), nullable=False),
    _words("account"),
    _words("region"),
    _words("instance"),
    _number("held"),  # 1 while its incident is open, else 0: both databases read a condition on it alike
    _json("facts"),
    _json("first"),  # as they were when it joined: what steps changed since is no longer in AWS
    UniqueConstraint("incident", "account", "region", "instance"),
    _some("uq_instances_held", "account", "region", "instance", where="held = 1", unique=True),
)

findings = Table(
    "findings",
    metadata,
    _key("account"),
    _key("region"),
    _key("id"),
    Column(
        "incident",
        Words,
        ForeignKey("incidents.id", deferrable=True, initially="DEFERRED"),
        nullable=True,
        index=True,
    ),
    _words("source"),
    _words("type"),
    Column("scope", member(Scope), nullable=False),
    Column("score", Float, nullable=False),
    _words("title"),
    _words("description"),
    _lines("instances"),
    _number("count"),
    _moment("first_seen"),
    _moment("last_seen"),
    _moment("updated"),
    _flag("archived"),
    _flag("sample"),
    _flag("actor"),
    _words("caller"),
    _json("indicators"),
    _lines("techniques"),
    _words("raw"),
)

proposals = Table(
    "proposals",
    metadata,
    _key("id"),
    _words("incident"),
    _words("account"),
    _words("region"),
    _words("instance"),
    Column("kind", member(Kind), nullable=False),
    _words("actions"),
    _json("steps"),
    _json("left_out"),
    Column("proposer", Words, nullable=True),
    _words("proposer_name"),
    Column("environment", member(Environment), nullable=False),
    _flag("sample"),
    _moment("made"),
    _moment("expires"),
    Column("decision", member(Decision), nullable=False),
    _words("decided_by"),
    _maybe("decided"),
    _words("undoes"),
    Index("ix_proposals_incident", "incident", "made"),
    _some(
        "uq_proposals_pending",
        *("account", "region", "instance", "kind", "actions"),
        where="decision IN ('pending')",
        unique=True,
    ),
)

approvals = Table(
    "approvals",
    metadata,
    _serial(),
    Column("proposal", Words, ForeignKey("proposals.id"), nullable=False),
    _words("person"),
    _words("name"),
    _moment("at"),
    _words("override"),
    Column("door", member(Door), nullable=False),
    # An approver who is one of two may still break the glass: that is another word of theirs.
    UniqueConstraint("proposal", "person", "override"),
)

runs = Table(
    "runs",
    metadata,
    _key("id"),
    _words("incident"),
    _words("account"),
    _words("region"),
    _words("instance"),
    Column("kind", member(Kind), nullable=False),
    Column("state", member(RunState), nullable=False),
    _words("holder"),
    _number("attempt"),
    _moment("approved"),
    _maybe("began"),
    _maybe("ended"),
    Index("ix_runs_incident", "incident", "approved"),
    Index("ix_runs_state", "state", "approved"),
    _some(
        "uq_runs_active",
        *("account", "region", "instance"),
        where="state IN ('approved', 'executing')",
        unique=True,
    ),
)

steps = Table(
    "steps",
    metadata,
    _key("run", ForeignKey("runs.id")),
    _key("action"),
    _number("position"),
    Column("state", member(StepState), nullable=False),
    _number("attempt"),
    _maybe("began"),
    _maybe("ended"),
    _lines("says"),
    _words("waits"),
    _words("problem"),
    _number("checks"),
)

intents = Table(
    "intents",
    metadata,
    _key("run", ForeignKey("runs.id")),
    _key("action"),
    _key("key"),
    _number("attempt"),
    _moment("at"),
    _words("outcome"),
    _maybe("ended"),
)

executors = Table(
    "executors",
    metadata,
    _key("id"),
    _moment("seen"),
    Column("heard", Integer, nullable=False, server_default="0"),  # an older replica beats without it
    _maybe("heard_last"),
    _maybe("pinned"),
)

timeline = Table(
    "timeline",
    metadata,
    _serial(),
    _words("incident"),
    _moment("at"),
    _words("actor"),
    Column("event", member(Event), nullable=False),
    _words("words"),
    _json("data"),
    Index("ix_timeline_incident", "incident", "seq"),
)

evidence = Table(
    "evidence",
    metadata,
    _key("incident"),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    _moment("at"),
    _words("kind"),
    _words("subject"),
    _json("body"),
    _words("previous"),
    _words("sha256"),
)

_UNSENT = "state IN ('waiting', 'sending')"
outbox = Table(
    "outbox",
    metadata,
    _serial(),
    Column("key", Words, nullable=False, unique=True),
    _words("incident"),
    Column("post", member(Post), nullable=False),
    _moment("at"),
    _json("body"),
    _number("urgency"),
    _number("place"),  # its turn: a row armed again after it was sent goes behind what waits already
    Column("state", member(SendState), nullable=False),
    _moment("due"),
    _number("attempts"),
    _number("version"),
    _words("holder"),
    _maybe("leased_until"),
    _words("ts"),
    _words("problem"),
    _maybe("sent"),
    Index("ix_outbox_place", "place"),
    _some("ix_outbox_turn", "urgency", "place", "seq", where=_UNSENT),
    _some("ix_outbox_unsent", "incident", "place", "seq", where=_UNSENT),
)

slots = Table(
    "slots",
    metadata,
    _key("key"),
    Column("alarm", member(Alarm), nullable=False),
    _words("subject"),
    _moment("due"),
    Column("state", member(SlotState), nullable=False),
    _maybe("moved"),
    Index("ix_slots_due", "state", "due"),
    Index("ix_slots_moved", "state", "moved"),
)

clicks = Table("clicks", metadata, _key("key"), _words("person"), _words("name"), _moment("at"))

answers = Table(
    "answers",
    metadata,
    _key("incident"),
    _key("account"),
    _key("region"),
    _key("instance"),
    _key("check"),
    _moment("at"),
    _json("answer"),
)

ticks = Table(
    "ticks",
    metadata,
    _key("incident"),
    _key("row"),
    Column("said", member(Said), nullable=False),
    _words("by"),
    _moment("at"),
    _words("assignee"),
    _words("comment"),
)

indicators = Table(
    "indicators",
    metadata,
    _serial(),
    _words("incident"),
    _words("kind"),
    _words("value"),
    _words("about"),
    _moment("first"),
    _lines("sources"),
    UniqueConstraint("incident", "kind", "value"),
)

files = Table(
    "files",
    metadata,
    _key("id"),
    _words("incident"),
    _words("name"),
    _words("media"),
    Column("content", LargeBinary, nullable=False),
    _words("sha256"),
    _moment("at"),
    Column("signature", LargeBinary, nullable=False),
    Index("ix_files_incident", "incident", "at"),
)

root_causes = Table("root_causes", metadata, _key("incident"), _json("body"), _words("by"), _moment("at"))

escalations = Table(
    "escalations",
    metadata,
    _key("id"),
    _words("incident"),
    _words("rule"),
    _words("target"),
    _words("why"),
    _moment("opened"),
    Column("state", member(EscalationState), nullable=False),
    _number("rung"),
    _words("handed_to"),
    _words("acknowledged_by"),
    _maybe("acknowledged"),
    Index("ix_escalations_incident", "incident", "opened"),
    Index("ix_escalations_state", "state", "opened"),
)

pings = Table(
    "pings",
    metadata,
    _key("escalation", ForeignKey("escalations.id")),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("way", member(Way), primary_key=True),
    _key("to"),
    _moment("at"),
    _words("problem"),
)

legal_clocks = Table(
    "legal_clocks",
    metadata,
    _key("incident"),
    _key("jurisdiction"),
    _moment("aware"),
    _words("aware_by"),
    _moment("due"),
    _maybe("notified"),
    _words("notified_by"),
    _words("sent"),
    Index("ix_legal_clocks_due", "due"),
)

watches = Table(
    "watches",
    metadata,
    _key("id"),
    _words("incident"),
    _words("account"),
    _words("region"),
    _words("instance"),
    _moment("began"),
    _moment("until"),
    Column("state", member(WatchState), nullable=False),
    _words("by"),
    _maybe("paused_at"),
    Column("paused_for", Float, nullable=False),  # seconds
    _words("verdict"),
    _words("signed_by"),
    _maybe("signed"),
    _words("replaces"),
    Index("ix_watches_incident", "incident", "began"),
    Index("ix_watches_state", "state", "began"),
)

watched = Table(
    "watched",
    metadata,
    _key("watch", ForeignKey("watches.id")),
    Column("due", Moment, primary_key=True),
    _moment("at"),
    Column("mark", member(WatchMark), nullable=False),
    _lines("says"),
    _number("tries"),
)

letters = Table(
    "letters",
    metadata,
    _key("id"),
    _moment("received"),
    _words("body"),
    _words("problem"),
    _flag("understood"),
    Index("ix_letters_received", "received"),
)
