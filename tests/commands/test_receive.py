"""A finding comes in: opened once, joined, updated, acknowledged, and told no more often than it is news."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from commands.close import close
from commands.receive import keep, receive
from playbook.environment import Environment
from playbook.errors import NotAllowed, Refused
from playbook.finding import FindingType, Scope, Severity
from playbook.incident import IncidentState
from playbook.letter import Letter
from playbook.outbox import Post
from playbook.people import Door
from playbook.timeline import Event
from tests.commands.conftest import WEB, Room
from tests.fakes.clock import NOON
from tests.fakes.people import ANA, BO, DEE
from tests.storage.values import OTHER, finding

pytestmark = pytest.mark.slow


THIRD = "i-00000000000000333"
SEQUENCE = FindingType(full="AttackSequence:EC2/CompromisedInstanceGroup")
MINING = FindingType(full="CryptoCurrency:EC2/BitcoinTool.B")
RECON = FindingType(full="Recon:EC2/PortProbeUnprotectedPort")


async def test_a_new_finding_opens_an_incident_with_everything_that_slack_is_to_be_told(room: Room) -> None:
    incident = await room.finding()

    found = await room.incident(incident)
    assert found.state is IncidentState.OPEN
    assert found.severity is Severity.HIGH
    assert [e.event for e in await room.timeline(incident)] == [
        Event.OPENED, Event.FACTS, Event.FINDING, Event.ESCALATED, Event.PROPOSED,
    ]  # fmt: skip
    posts = [m.post for m in await room.told()]
    assert posts[0] is Post.OPEN_CHANNEL
    assert {*posts} == {Post.OPEN_CHANNEL, Post.ANNOUNCE, Post.CARD, Post.TOPIC, Post.PLAN}


async def test_the_bot_plans_what_the_playbook_recommends(room: Room) -> None:
    shown = await room.board(await room.finding())

    plan = shown.sections[0].recommended
    assert plan is not None
    assert plan.proposer is None
    assert plan.actions == shown.recommendation.steps


async def test_the_same_finding_again_changes_a_number_and_pings_nobody(room: Room) -> None:
    incident = await room.finding(count=3)
    await room.told()
    room.clock.advance(60)
    assert await room.finding(count=14) == incident

    told = await room.told()
    assert [m.post for m in told] == [Post.CARD]
    assert (await room.board(incident)).findings[0].count == 14
    assert (await room.timeline(incident))[-1].words.endswith("seen 14 times")


async def test_an_equal_copy_and_an_older_one_change_nothing(room: Room) -> None:
    incident = await room.finding(count=14)
    await room.told()
    before = await room.timeline(incident)

    await room.finding(count=14)
    await room.finding(count=3, updated=NOON - timedelta(hours=1))

    assert await room.timeline(incident) == before
    assert await room.told() == []
    assert (await room.board(incident)).findings[0].count == 14


async def test_a_second_finding_on_the_instance_joins_and_is_told(room: Room) -> None:
    incident = await room.finding("f1")
    await room.told()
    assert await room.finding("f2", type=MINING) == incident

    assert await room.news() == ["CryptoCurrency:EC2/BitcoinTool.B, seen 3 times"]
    assert (await room.timeline(incident))[-1].event is Event.JOINED
    assert len(await room.open()) == 1


async def test_two_findings_at_the_same_instant_open_one_incident(busy_room: Room) -> None:
    incidents = await asyncio.gather(*(busy_room.finding(f"f{n}") for n in range(6)))

    assert len({*incidents}) == 1
    assert len(await busy_room.open()) == 1
    assert len((await busy_room.board(incidents[0])).findings) == 6


async def test_copies_of_one_finding_at_the_same_instant_are_taken_in_once(busy_room: Room) -> None:
    incidents = await asyncio.gather(*(busy_room.finding() for _ in range(6)))

    assert len({*incidents}) == 1
    told = [e.event for e in await busy_room.timeline(incidents[0])]
    assert told.count(Event.OPENED) == told.count(Event.FINDING) == told.count(Event.PROPOSED) == 1


async def test_a_rising_severity_pings_once_and_sets_the_topic(room: Room) -> None:
    incident = await room.finding(score=5.0)
    await room.told()
    for _ in range(2):
        room.clock.advance(60)
        await room.finding(score=9.5)

    told = await room.told()
    loud = [str(m.body["words"]) for m in told if m.post is Post.CHANNEL]
    assert loud == ["Backdoor:EC2/C&CActivity.B, seen 3 times, severity rose to critical"]
    assert Post.TOPIC in [m.post for m in told]
    assert (await room.incident(incident)).severity is Severity.CRITICAL


async def test_a_falling_severity_lowers_nothing(room: Room) -> None:
    incident = await room.finding(score=9.5)
    room.clock.advance(60)
    await room.finding(score=2.0)
    assert (await room.incident(incident)).severity is Severity.CRITICAL


async def test_seen_after_containment_pings_once(room: Room) -> None:
    await room.contained()
    await room.news()
    for _ in range(3):
        room.clock.advance(60)
        await room.finding()

    assert await room.news() == ["Backdoor:EC2/C&CActivity.B, seen 3 times, seen after containment"]


async def test_what_was_seen_before_containment_and_arrives_late_pings_nobody(room: Room) -> None:
    await room.contained()
    await room.news()
    room.clock.advance(60)
    await room.finding(last_seen=NOON - timedelta(minutes=5))
    assert await room.news() == []


async def test_an_archived_finding_opens_nothing_and_is_shown_once(room: Room) -> None:
    for _ in range(2):
        assert await room.finding(archived=True) == ""
        room.clock.advance(60)

    (told,) = await room.told()
    assert told.post is Post.ANNOUNCE
    assert told.body["words"] == (
        "Backdoor:EC2/C&CActivity.B was received and opens no incident: it is archived in GuardDuty."
    )
    assert await room.open() == ()


async def test_archived_while_the_incident_is_open_is_said_on_it(room: Room) -> None:
    incident = await room.finding()
    room.clock.advance(60)
    assert await room.finding(archived=True) == incident
    assert (await room.timeline(incident))[-1].words.endswith("archived in GuardDuty")


async def test_archived_after_closing_leaves_the_finding_with_its_incident(room: Room) -> None:
    incident = await room.finding()
    await close(room.desk, incident, "false alarm", by=ANA, door=Door.CHAT)
    room.clock.advance(60)
    assert await room.finding(archived=True) == incident
    assert await room.open() == ()


async def test_a_sample_is_shown_never_planned_and_never_looked_up(room: Room) -> None:
    incident = await room.finding(sample=True)

    assert (await room.incident(incident)).sample
    shown = await room.board(incident)
    assert shown.pending == ()
    assert shown.recommendation.why == "this is a sample finding"
    assert "does not exist" in shown.sections[0].facts.problem
    assert room.cloud.looked == room.cloud.planned == []


async def test_a_samples_plan_can_be_looked_at_and_never_run(room: Room) -> None:
    plan = await room.propose(await room.finding(sample=True), "isolate")
    with pytest.raises(Refused, match="sample finding"):
        await room.approve(plan)
    with pytest.raises(Refused, match="sample finding"):
        await room.approve(plan, override="nobody else is awake at this hour")
    assert room.executor.carried == []


async def test_a_sample_makes_way_for_the_real_one(room: Room) -> None:
    sample = await room.finding("s1", sample=True)
    real = await room.finding("f1")

    assert real != sample
    assert (await room.incident(sample)).state is IncidentState.CLOSED
    assert (await room.timeline(sample))[-1].event is Event.CLOSED
    assert [m.post for m in await room.told() if m.incident == sample][-1] is Post.CLOSE_CHANNEL
    assert (await room.board(real)).sections[0].facts.seen


async def test_a_sample_on_a_second_instance_makes_way_too(room: Room) -> None:
    real = await room.finding("f1", instances=(WEB,))
    sample = await room.finding("s1", instances=(OTHER,), sample=True)

    assert await room.finding("f2", type=SEQUENCE, instances=(WEB, OTHER)) == real
    assert (await room.incident(sample)).state is IncidentState.CLOSED
    assert [s.facts.instance for s in (await room.board(real)).sections] == [WEB, OTHER]


async def test_a_sample_never_joins_a_real_incident(room: Room) -> None:
    room.cloud.tag(WEB, Environment.NONPRODUCTION)
    incident = await room.finding("f1", score=5.0)
    before = await room.board(incident)

    assert await room.finding("s1", sample=True, score=9.9) == ""
    after = await room.board(incident)
    assert after == before
    assert any("it is a sample" in str(m.body.get("words")) for m in await room.told())


async def test_a_closed_incident_stays_closed_and_newer_activity_opens_a_new_one(room: Room) -> None:
    first = await room.finding()
    await close(room.desk, first, "false alarm", by=ANA, door=Door.CHAT)
    room.clock.advance(60)
    second = await room.finding()

    assert second != first
    assert (await room.incident(first)).state is IncidentState.CLOSED
    assert [i.id for i in await room.open()] == [second]
    assert (await room.board(second)).sections[0].recommended is not None


async def test_an_attack_sequence_is_one_incident_with_a_plan_for_each_instance(room: Room) -> None:
    incident = await room.finding(type=SEQUENCE, instances=(WEB, OTHER, THIRD))

    sections = (await room.board(incident)).sections
    assert [s.facts.instance for s in sections] == [WEB, OTHER, THIRD]
    assert all(s.recommended is not None for s in sections)


async def test_an_attack_sequence_across_two_open_incidents_is_told_in_both(room: Room) -> None:
    first = await room.finding("f1", instances=(WEB,))
    second = await room.finding("f2", instances=(OTHER,))
    await room.told()

    assert await room.finding("f3", type=SEQUENCE, instances=(WEB, OTHER, THIRD)) == first
    assert [s.facts.instance for s in (await room.board(first)).sections] == [WEB, THIRD]
    assert {m.incident for m in await room.told() if m.post is Post.CHANNEL} == {first, second}
    assert first in (await room.timeline(second))[-1].words


async def test_a_new_instance_makes_a_contained_incident_open_to_attack_again(room: Room) -> None:
    incident, _ = await room.contained()
    assert (await room.incident(incident)).contained is not None
    await room.finding("f2", type=SEQUENCE, instances=(WEB, OTHER))

    assert (await room.incident(incident)).contained is None
    assert f"No longer contained: {OTHER} is not shown to be cut off" in await room.news()


@pytest.mark.parametrize(
    "caller",
    ["ec2ir-responder", "arn:aws:sts::111111111111:assumed-role/ec2ir-responder/x-1",
     "arn:aws:iam::111111111111:role/security/ec2ir-responder"],
)  # fmt: skip
async def test_what_its_own_calls_caused_opens_nothing(room: Room, caller: str) -> None:
    assert await room.finding(caller=caller) == ""
    (told,) = await room.told()
    assert str(told.body["words"]).endswith("ec2ir's own calls caused it.")


@pytest.mark.parametrize(
    "caller",
    ["ec2ir-responder-2", "arn:aws:sts::111111111111:assumed-role/evil/ec2ir-responder",
     "arn:aws:iam::111111111111:role/ec2ir-responder/evil", "not-ec2ir-responder"],
)  # fmt: skip
async def test_nobody_hides_behind_a_name_that_only_looks_like_its_own(room: Room, caller: str) -> None:
    assert await room.finding(caller=caller) != ""


async def test_a_gone_instance_opens_as_production_with_the_problem_in_words(room: Room) -> None:
    room.cloud.gone.add(WEB)
    incident = await room.finding()

    assert (await room.incident(incident)).environment is Environment.PRODUCTION
    assert any("it is gone" in e.words for e in await room.timeline(incident) if e.event is Event.FACTS)


async def test_an_account_that_does_not_answer_costs_the_plan_and_not_the_incident(room: Room) -> None:
    room.cloud.down = True
    incident = await room.finding()

    assert (await room.timeline(incident))[-1].words.startswith(f"No plan for {WEB}: Account")
    assert (await room.board(incident)).sections[0].recommended is None


async def test_a_copy_after_a_crash_makes_the_plan_that_the_first_did_not_come_to(room: Room) -> None:
    room.cloud.down = True
    incident = await room.finding()
    room.cloud.down = False

    await room.finding()  # the queue delivers the very same message again

    assert (await room.board(incident)).sections[0].recommended is not None
    await room.finding()
    assert len((await room.board(incident)).pending) == 1


async def test_a_joining_finding_that_calls_for_more_gets_its_plan(room: Room) -> None:
    incident = await room.finding("f1", type=RECON, score=3.0)
    assert (await room.board(incident)).pending == ()
    await room.finding("f2", type=MINING)
    assert (await room.board(incident)).sections[0].recommended is not None


async def test_a_finding_about_something_else_is_acknowledged_once(room: Room) -> None:
    for _ in range(2):
        assert await room.finding(type=FindingType(full="Policy:IAMUser/RootCredentialUsage"),
                                  scope=Scope.OTHER, instances=()) == ""  # fmt: skip
        room.clock.advance(60)
    (told,) = await room.told()
    assert "it is not about an EC2 instance" in str(told.body["words"])


async def test_a_letter_is_kept_and_shown_once(room: Room) -> None:
    letter = Letter(id="a" * 64, received=NOON, body="{", problem="no JSON: <!channel>\u202e " + "x" * 5000)
    for _ in range(3):
        await keep(room.desk, letter)

    async with room.store.begin() as unit:
        assert await unit.letters.listed() == (letter,)
    (told,) = await room.told()
    words = str(told.body["words"])
    assert "\u202e" not in words
    assert len(words) < 500


async def test_hostile_names_end_as_one_short_visible_line(room: Room) -> None:
    hostile = "<!channel>\u202e`\n" + "x" * 10_000
    incident = await room.finding(title=hostile, type=FindingType(full=hostile))
    for entry in await room.timeline(incident):
        assert "\n" not in entry.words
        assert "\u202e" not in entry.words
        assert len(entry.words) <= 1000


async def test_no_transaction_is_held_while_aws_is_asked(room: Room) -> None:
    async def another() -> None:
        async with asyncio.timeout(2), room.store.begin() as unit:
            await unit.incidents.listed()

    room.cloud.meanwhile = another
    incident = await room.finding()
    await room.propose(incident, "isolate")
    assert len(room.cloud.planned) == 2


async def test_an_incident_closed_while_aws_is_asked_does_not_swallow_the_finding(room: Room) -> None:
    first = await room.finding("f1", instances=(WEB,))
    closed: list[bool] = []

    async def close_it() -> None:
        if not closed:
            closed.append(True)
            await close(room.desk, first, "false alarm", by=BO, door=Door.CHAT)

    room.cloud.meanwhile = close_it
    second = await room.finding("f2", type=SEQUENCE, instances=(WEB, OTHER))

    assert second not in ("", first)
    assert [s.facts.instance for s in (await room.board(second)).sections] == [WEB, OTHER]


async def test_without_a_role_nothing_is_declared_closed_or_led(room: Room) -> None:
    incident = await room.finding()
    with pytest.raises(NotAllowed, match="Ask ana, bo, chai"):
        await close(room.desk, incident, "mine", by=DEE, door=Door.CHAT)
    assert (await room.incident(incident)).state is IncidentState.OPEN


async def test_receiving_is_harmless_to_repeat_in_any_order(room: Room) -> None:
    copies = [finding("f1", count=n, updated=NOON + timedelta(seconds=n)) for n in (3, 1, 2, 3)]
    for copy in copies:
        await receive(room.desk, copy, "{}")
    (incident,) = await room.open()
    assert [f.count for f in (await room.board(incident.id)).findings] == [3]
