"""Mail and pagers: one alert however often it is sent, refusals noticed, and quiet once somebody has it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from email.utils import parsedate_to_datetime

import pytest

from bot.mail import Mailer, mail_of
from bot.pager import Pager, event_of
from bot.summon import Summons, Ways
from commands import pinging
from playbook.environment import Environment
from playbook.errors import BadInput, Unreachable
from playbook.escalation import Escalation
from playbook.finding import FindingType, Severity
from playbook.policy import Contact, Escalating
from playbook.slot import Alarm
from sandbox.pager import PagerBox, paging
from sandbox.slack import Workspace
from storage.store import SqlStore
from tests.bot.conftest import ManualClock, Room, new_room
from tests.fakes.mail import MailBox, mail_server
from tests.storage.values import NOON, incident

pytestmark = [pytest.mark.slow, pytest.mark.process]
KEY = "k" * 32
STOLEN = FindingType(full="UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS")


@dataclass(slots=True, kw_only=True)
class Scene:
    """Legal has mail, the CISO a pager, Dee is on duty; ana can type."""

    room: Room
    pager: PagerBox
    mail: MailBox

    async def stolen(self) -> None:
        """Credentials of a test instance are stolen."""
        self.room.cloud.has(environment=Environment.NONPRODUCTION, state="running")
        await self.room.finding(type=STOLEN)

    async def rings(self) -> None:
        """Fire the timers that are due, and let everything be sent."""
        async with self.room.store.begin() as unit:
            due = [s for s in await unit.slots.claim(self.room.clock(), 500) if s.alarm is Alarm.PING]
        for slot in due:
            await pinging.fire(self.room.desk, slot.subject, slot.due)
        await self.room.settle()

    async def later(self, **time: float) -> None:
        self.room.clock.passes(**time)
        await self.room.settle()

    async def words(self) -> list[str]:
        found = await self.room.incident()
        async with self.room.store.begin() as unit:
            return [e.words for e in await unit.timeline.of(found.id)]


@pytest.fixture
async def scene(workspace: Workspace, clock: ManualClock, memory_store: SqlStore) -> AsyncIterator[Scene]:
    pager = PagerBox()
    async with mail_server() as mail, paging(pager) as url:
        targets = {
            "legal": Contact(email="legal@example.com"),
            "ciso": Contact(pager_url=url, pager_key_env="PAGER_KEY"),
            "duty": Contact(person=workspace.user("dee").id),
        }
        ladder = (timedelta(minutes=5), timedelta(minutes=10))
        ways = Ways(
            policy=Escalating(ladder=ladder, fallback="duty", targets=targets),
            mail=Mailer(host="127.0.0.1", port=mail.port, sender="ec2ir@example.com", starttls=False),
            pager=Pager(keys={"PAGER_KEY": KEY}),
        )
        room = new_room(workspace, clock, memory_store, workspace.client(), ways=ways)
        yield Scene(room=room, pager=pager, mail=mail)


def summons(**changes: object) -> Summons:
    escalation = Escalation(
        id="I1:X4:legal", incident="I1", rule="X4", target="legal", why="245 MB left", opened=NOON
    )
    made = Summons(
        key="ping:I1:X4:legal:0:mail:legal", incident=incident(), escalation=escalation, number=0,
        contact=Contact(email="legal@example.com", pager_url="http://127.0.0.1:9/x", pager_key_env="K"), at=NOON,
    )  # fmt: skip
    return replace(made, **changes)  # pyright: ignore[reportArgumentType]


async def test_a_mail_says_what_is_wanted_and_how_to_acknowledge(scene: Scene) -> None:
    await scene.stolen()
    await scene.room.says("ana", "/ec2ir escalate X4 files were read")
    await scene.rings()
    (mail,) = scene.mail.mails
    assert mail["To"] == "legal@example.com"
    assert mail["Subject"].strip().startswith("[ec2ir] X4 Data may have left the instance: ")
    text = mail.get_content()
    assert "files were read" in text
    assert "What is wanted: Decide whether an authority must be notified" in text
    assert "/ec2ir ack X4" in text
    assert "X4: legal <legal@example.com> was told by mail" in await scene.words()


def test_the_same_ping_has_the_same_message_id_and_another_one_another() -> None:
    one, again = mail_of(summons(), "a@example.com"), mail_of(summons(), "a@example.com")
    other = mail_of(summons(key="ping:I1:X4:legal:1:mail:legal", number=1), "a@example.com")
    assert one["Message-ID"] == again["Message-ID"] != other["Message-ID"]
    assert one["Message-ID"].endswith("@example.com>")
    assert other["Subject"].endswith("(ping 2)")
    assert parsedate_to_datetime(one["Date"]) == NOON.replace(microsecond=0)


def test_outside_text_makes_no_headers() -> None:
    hostile = incident(title="x\r\nBcc: everybody@example.com\r\n\r\nhello")
    mail = mail_of(summons(incident=hostile), "a@example.com")
    assert mail["Bcc"] is None
    assert "\n" not in mail["Subject"]


def test_a_drill_says_so_everywhere() -> None:
    drill = summons(incident=incident(drill=True))
    assert "DRILL: X4" in mail_of(drill, "a@example.com")["Subject"]
    assert event_of(drill, KEY)["payload"]["summary"].startswith("DRILL: X4")


async def test_a_refused_mail_goes_to_the_fallback_at_once(scene: Scene) -> None:
    await scene.stolen()
    scene.mail.refusals.append("550 no such mailbox")
    await scene.room.says("ana", "/ec2ir escalate X4")
    await scene.rings()
    assert scene.mail.mails == []
    words = await scene.words()
    assert any("could not be told by mail: The mail server said 550 no such mailbox." in w for w in words)
    assert "X4: duty was told by chat" in words


async def test_a_mail_that_is_put_off_is_tried_again(scene: Scene) -> None:
    await scene.stolen()
    scene.mail.refusals.append("451 greylisted, try again")
    await scene.room.says("ana", "/ec2ir escalate X4")
    await scene.rings()
    await scene.later(seconds=10)
    assert scene.mail.refusals == []
    assert len(scene.mail.mails) == 1
    assert not any("could not be told" in w for w in await scene.words())


async def test_a_mail_server_that_is_down_holds_up_nobody_and_the_fallback_is_told(scene: Scene) -> None:
    await scene.stolen()
    mailer = Mailer(host="127.0.0.1", port=1, sender="a@example.com", starttls=False)
    office = scene.room.sender.office
    down = replace(office, ways=replace(office.ways, mail=mailer))
    scene.room.sender = replace(scene.room.sender, office=down)
    await scene.room.says("ana", "/ec2ir escalate X4")
    await scene.rings()
    assert "X4: legal was told by chat" in await scene.words()
    for _ in range(3):
        await scene.later(seconds=30)
    assert "X4: duty was told by chat" in await scene.words()


async def test_a_mail_server_without_tls_gets_nothing_when_tls_is_asked_for(scene: Scene) -> None:
    mailer = Mailer(host="127.0.0.1", port=scene.mail.port, sender="a@example.com", starttls=True)
    with pytest.raises(BadInput, match="can't do what the settings ask for"):
        await mailer.send(summons())
    assert scene.mail.mails == []


async def test_a_pager_rings_once_for_the_whole_ladder_and_is_quiet_once_acknowledged(scene: Scene) -> None:
    await scene.stolen()
    await scene.rings()
    await scene.later(minutes=5)
    await scene.rings()
    (alert,) = scene.pager.alerts
    assert (alert.state, alert.events) == ("triggered", 2)
    assert alert.summary.startswith("X3 IAM credentials of the instance are stolen")
    trigger = scene.pager.requests[0]
    found = await scene.room.incident()
    assert trigger["dedup_key"] == f"{found.id}:X3:ciso"
    assert trigger["payload"]["severity"] == "error"
    assert STOLEN.full in trigger["payload"]["custom_details"]["why"]
    assert trigger["payload"]["custom_details"]["wanted"].startswith("Revoke the role's sessions")

    await scene.room.says("bo", "/ec2ir ack X3")
    assert alert.state == "acknowledged"
    assert len(scene.pager.alerts) == 1


async def test_a_throttled_pager_is_asked_again_when_it_says(scene: Scene) -> None:
    await scene.stolen()
    scene.pager.answers, scene.pager.retry_after = [429, 500], "200"
    await scene.rings()
    await scene.later(seconds=120)
    assert len(scene.pager.requests) == 1
    await scene.later(seconds=120)
    await scene.later(seconds=10)
    assert len(scene.pager.requests) == 3
    assert [a.state for a in scene.pager.alerts] == ["triggered"]
    assert not any("could not be told" in w for w in await scene.words())


async def test_a_pager_that_refuses_is_final_and_the_fallback_told(scene: Scene) -> None:
    await scene.stolen()
    scene.pager.answers = [400]
    await scene.rings()
    await scene.later(minutes=1)
    assert len(scene.pager.requests) == 1
    assert any("could not be told by pager: The pager refused: 400" in w for w in await scene.words())
    assert "X3: duty was told by chat" in await scene.words()


async def test_acknowledged_before_it_left_nothing_leaves(scene: Scene) -> None:
    await scene.stolen()
    scene.pager.answers, scene.pager.retry_after = [429], "200"
    await scene.rings()
    await scene.room.says("bo", "/ec2ir ack X3")
    await scene.later(minutes=5)
    assert [r["event_action"] for r in scene.pager.requests] == ["trigger"]
    assert scene.pager.alerts == []


async def test_a_pager_that_does_not_answer_may_later() -> None:
    with pytest.raises(Unreachable, match="did not answer"):
        await Pager(keys={"K": KEY}).send(summons())


@pytest.mark.parametrize("severity", list(Severity))
def test_no_event_is_refused_for_its_shape(severity: Severity) -> None:
    long = summons(incident=incident(severity=severity, title="x" * 9_000))
    event = event_of(long, KEY)
    assert event["payload"]["severity"] in ("critical", "error", "warning", "info")
    assert len(event["payload"]["summary"]) <= 1_024


def test_a_key_is_never_shown() -> None:
    shown = repr(Pager(keys={"K": KEY})) + repr(Mailer(host="h", port=1, sender="a@b", password=KEY))
    assert KEY not in shown
