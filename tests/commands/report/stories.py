"""Incidents as reports tell them: one played from alert to closing, and one whose every name is hostile."""

from __future__ import annotations

from commands import progress
from commands.checklist import tick
from commands.close import close, take_lead
from commands.indicators import learn
from commands.progress import Looked
from commands.report.gather import gather
from commands.report.model import Report
from playbook.checklist import Said
from playbook.environment import Environment
from playbook.finding import FindingType, Indicator
from playbook.people import Door
from playbook.proof import Proof, Rung
from playbook.run import RunRecord
from tests.commands.conftest import Room
from tests.fakes.people import ANA, BO, CHAI
from tests.storage.values import WEB

HOSTILE = '#set page(fill: red) *bold* `code` $x^2$ [link](http://evil.example) | <b> \u202egnp.exe @everyone 漢字 \\ "'
PROVED = Proof(rung=Rung.PROVED, says=("3 of 3 volumes complete, locked",))
CONFIGURED = Proof(
    rung=Rung.CONFIGURED, says=("2 of 2 interfaces have no other group",), waits="flow logs, about 12:20"
)


async def played(room: Room) -> str:
    """An incident with an approved containment, one failed step, a broken glass, and a checklist half done."""
    room.cloud.tag(WEB, Environment.PRODUCTION, name="web-prod-7", owner="team-web", role="web-app",
                   public_ips=("203.0.113.7",), exposed=("22", "443"))  # fmt: skip
    incident = await room.finding(type=FindingType(full="CryptoCurrency:EC2/BitcoinTool.B"), score=8.0)
    room.clock.advance(34)
    await take_lead(room.desk, incident, by=ANA, door=Door.CHAT)
    plan = (await room.board(incident)).sections[0].recommended
    assert plan is not None
    room.clock.advance(20)
    await room.approve(plan)
    run = await room.take(plan.id)
    await progress.failed(room.desk, run, "revoke", "AWS refused iam:PutRolePolicy", {})
    for name in ("protect", "snapshot", "tag", "deregister", "isolate"):
        room.clock.advance(3)
        await looked(room, run, name, CONFIGURED)
    room.clock.advance(600)
    await looked(room, run, "snapshot", PROVED)
    room.clock.advance(900)
    again = await room.propose(incident, "memory")
    await room.approve(again, CHAI, override="bo and the others do not answer the phone")
    await room.carry(again.id)
    async with room.store.begin() as unit:
        await learn(
            unit, incident,
            [Indicator(kind="domain", value="pool.evil.example", about="mining pool"),
             Indicator(kind="hash", value="ab" * 32, about="/tmp/.x/kdevtmpfsi")],
            "A10 Running processes", room.clock(),
        )  # fmt: skip
    room.clock.advance(5400)
    await tick(room.desk, incident, "V2", Said.DONE, by=ANA, door=Door.CHAT, comment="an old admin page")
    room.clock.advance(86_400)
    await close(room.desk, incident, "rebuilt from the golden image", by=BO, door=Door.CHAT)
    return incident


async def looked(room: Room, run: RunRecord, action: str, proof: Proof) -> None:
    """A look at a step, with the evidence that the engine keeps of it."""
    seen = {"rung": proof.rung.name, "says": list(proof.says)}
    await progress.proved(room.desk, run, [Looked(action=action, proof=proof, observed=seen)])


async def hostile(room: Room) -> str:
    """An incident in which whatever the attacker can name is named to break what is drawn."""
    room.cloud.tag(WEB, Environment.PRODUCTION, name=HOSTILE, owner=HOSTILE, role=HOSTILE)
    incident = await room.finding(title=HOSTILE, type=FindingType(full=f"Backdoor:EC2/{HOSTILE}"))
    async with room.store.begin() as unit:
        await learn(
            unit,
            incident,
            [Indicator(kind="file", value=f"/tmp/{HOSTILE}", about=HOSTILE)],
            HOSTILE,
            room.clock(),
        )
    return incident


async def report_of(room: Room, incident: str) -> Report:
    async with room.store.begin() as unit:
        return await gather(unit, incident, room.clock())
