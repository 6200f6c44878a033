"""An incident from a terminal, without Slack: looked at, planned, approved by another, run, taken back, verified."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import sqlite3
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from cli.alerts import DeskSink
from cli.operators import Operators
from cli.settings import load
from cli.wiring import Submitted, base
from intake.receive import handle
from playbook.clock import system_clock
from sandbox.aws.box import AwsBox, emulated
from sandbox.aws.findings import mining
from sandbox.aws.seed import Account, seed
from tests.cli.conftest import Said, Shell

pytestmark = pytest.mark.emulator

ROLE = "security-oncall"
POLICY = """
[roles]
responders = "S0RESPOND"
approvers = "S0APPROVE"
[[operators]]
arn = "arn:aws:sts::{account}:assumed-role/{role}/ana"
person = "U0ANA"
name = "ana"
roles = ["responders", "approvers"]
[[operators]]
arn = "arn:aws:sts::{account}:assumed-role/{role}/bo"
person = "U0BO"
name = "bo"
roles = ["responders", "approvers"]
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terminal:
    """A shell in an account where one instance mines, and its incident."""

    shell: Shell
    box: AwsBox
    seeded: Account
    incident: str

    def be(self, who: str) -> None:
        """Act with the credentials of this person's session from now on."""
        trust = f"arn:aws:iam::{self.seeded.account}:role/{ROLE}"
        got = self.box.client("sts").assume_role(RoleArn=trust, RoleSessionName=who)["Credentials"]
        self.shell.set(
            AWS_ACCESS_KEY_ID=got["AccessKeyId"], AWS_SECRET_ACCESS_KEY=got["SecretAccessKey"],
            AWS_SESSION_TOKEN=got["SessionToken"], AWS_REGION=self.seeded.region,
            AWS_DEFAULT_REGION=self.seeded.region,
        )  # fmt: skip

    def as_(self, who: str, *words: str) -> Said:
        self.be(who)
        return self.shell(*words)

    def planned(self, who: str, *steps: str) -> tuple[str, str]:
        """The id and the short hash of the plan that this person asks for."""
        (made,) = self.as_(who, "plan", self.incident, *steps, "--json").json
        return made["id"], made["hash"][:4]

    def tags(self) -> dict[str, str]:
        (found,) = self.box.client("ec2").describe_instances(InstanceIds=[self.seeded.web])["Reservations"]
        return {t["Key"]: t["Value"] for t in found["Instances"][0].get("Tags", [])}


@pytest.fixture
def at(shell: Shell) -> Generator[Terminal]:
    with emulated(clock=system_clock) as box:
        seeded = seed(box.client)
        box.client("iam").create_role(RoleName=ROLE, AssumeRolePolicyDocument="{}")
        shell.policy(POLICY.format(account=seeded.account, role=ROLE))
        shell.set(EC2IR_EVIDENCE_BUCKET=seeded.bucket)
        made = Terminal(shell=shell, box=box, seeded=seeded, incident="")
        made.be("ana")
        finding = mining(box.client("ec2"), seeded.web, at=system_clock())
        with pytest.MonkeyPatch.context() as patch:
            for name, value in shell.environment.items():
                patch.setenv(name, value) if value is not None else patch.delenv(name, raising=False)
            asyncio.run(_alert(json.dumps(finding)))
        (listed,) = shell("incidents", "--json").json
        yield Terminal(shell=shell, box=box, seeded=seeded, incident=listed["id"])


async def _alert(body: str) -> None:
    async with base(load()) as parts:
        desk = parts.desk(Operators(()), Submitted())
        await handle(body, "m1", DeskSink(desk), received=system_clock())


def test_the_incident_is_listed_and_shown(at: Terminal) -> None:
    listed = at.shell("incidents")
    assert (listed.status, listed.err) == (0, "")
    assert at.incident in listed.out
    shown = at.shell("incident", "show", at.incident)
    assert "Next: snapshot, then isolate (production, mining, playbook D1)" in shown.out
    assert (
        f"ec2ir approve {at.shell('incident', 'show', at.incident, '--json').json['pending'][0]['id']}"
        in shown.out
    )
    assert "Timeline (UTC)" in shown.out


def test_proposer_and_approver_are_two_people_and_the_step_is_proved(at: Terminal) -> None:
    shown = at.as_("ana", "plan", at.incident, "isolate", "tag")
    assert "sg-" in shown.out or "web" in shown.out
    match = re.search(r"ec2ir approve (\w+) --hash (\w+)", shown.out)
    assert match is not None
    refused = at.as_("ana", "approve", match[1], "--hash", match[2])
    assert (refused.status, refused.out) == (3, "")
    assert "You proposed this plan" in refused.err

    wrong = at.as_("bo", "approve", match[1], "--hash", "0000")
    assert wrong.status in (2, 3)
    assert at.tags().get("Status") is None

    done = at.as_("bo", "approve", match[1], "--hash", match[2])
    assert done.status == 0, done
    assert "🟢 Tag as compromised: proved" in done.out
    assert "Not proved yet: Isolate the instance" in done.err
    assert at.tags()["Status"] == "Compromised"


def test_a_step_is_taken_back_and_the_ledger_is_whole(at: Terminal) -> None:
    plan, short = at.planned("ana", "tag")
    ran = at.as_("ana", "approve", plan, "--hash", short, "--json")
    (section,) = ran.json["instances"]
    assert {r["step"]: r["state"] for r in section["rows"]}["tag"] == "proved"
    assert at.as_("ana", "run", plan).status == 0  # once more changes nothing

    undo = at.as_("ana", "undo", at.incident, "tag", "--json").json
    assert at.as_("ana", "approve", undo["id"], "--hash", undo["hash"][:4]).status == 0
    assert "Status" not in at.tags()

    export = at.shell.home / "evidence"
    whole = at.shell("ledger", "verify", "--export", str(export))
    assert (whole.status, whole.err) == (0, "")
    assert f"{at.incident}: " in whole.out
    assert json.loads((export / f"{at.incident}.json").read_text())[0]["seq"] == 1

    tamper(at)
    broken = at.shell("ledger", "verify")
    assert broken.status == 1
    assert "The ledger is NOT whole" in broken.err
    assert "entry 2" in broken.err
    said = at.shell("ledger", "verify", "--json")
    assert said.status == 1
    assert said.json[at.incident]["problems"]


def tamper(at: Terminal) -> None:
    """Change an entry as somebody with the database's file could: past the trigger that forbids it."""
    path = str(at.shell.environment["EC2IR_DATABASE_URL"]).removeprefix("sqlite:///")
    with sqlite3.connect(path) as database:
        for (name,) in database.execute(
            "SELECT name FROM sqlite_master WHERE type='trigger' AND tbl_name='evidence'"
        ):
            database.execute(f"DROP TRIGGER {name}")
        database.execute("UPDATE evidence SET subject = 'something else' WHERE seq = 2")
    database.close()


def test_who_is_no_operator_changes_nothing(at: Terminal) -> None:
    said = at.as_("dee", "plan", at.incident, "tag")
    assert (said.status, said.out) == (3, "")
    assert "is not among the operators" in said.err
    assert "[[operators]]" in said.err


def test_words_that_name_nothing(at: Terminal) -> None:
    for words, status, says in (
        (("incident", "show", "nope"), 2, "There is no incident “nope”"),
        (("plan", "nope", "tag"), 2, "There is no incident “nope”"),
        (("undo", "nope", "frobnicate"), 2, "There is no step “frobnicate”"),
        (("run", "nope"), 3, "not approved"),
        (("approve", "nope", "--hash", "abcd"), 2, "nope"),
    ):
        said = at.as_("ana", *words)
        assert (said.status, said.out) == (status, "")
        assert says in said.err


def test_a_hostile_title_formats_nothing(at: Terminal) -> None:
    path = str(at.shell.environment["EC2IR_DATABASE_URL"]).removeprefix("sqlite:///")
    with sqlite3.connect(path) as database:
        database.execute(
            "UPDATE incidents SET title = ?", ("[/nope] [link=https://evil.example]x \x1b[2J\u202e",)
        )
    database.close()
    said = at.shell("incidents")
    assert said.status == 0
    assert "[/nope]" in said.out
    assert "\x1b" not in said.out + at.shell("incident", "show", at.incident).out


def test_a_major_incident_is_contained_together_by_its_hash(at: Terminal) -> None:
    assert at.as_("ana", "join", at.incident, at.seeded.bystander).status == 0
    shown = at.as_("bo", "contain", at.incident)
    match = re.search(r"--hash (\w{64})", shown.out)
    assert match is not None, shown
    wrong = at.as_("bo", "contain", at.incident, "--hash", "0" * 64)
    assert (wrong.status, "not those that you saw" in wrong.err) == (3, True)

    done = at.as_("bo", "contain", at.incident, "--hash", match[1])
    assert done.status == 0, done
    assert done.out.count("Isolate the instance: applied") == 2
    assert at.shell("incident", "show", at.incident, "--json").json["incident"]["contained"]


def test_the_checklist_is_shown_ticked_and_kept(at: Terminal) -> None:
    everything = at.shell("checklist", at.incident, "--json").json
    assert [item["row"]["id"] for item in everything][:2] == ["A1", "A2"]
    ticked = at.as_("ana", "checklist", at.incident, "tick", "A7", "na", "no", "flow", "logs", "--json").json
    assert [(i["standing"], i["tick"]["comment"]) for i in ticked] == [("does not apply", "no flow logs")]
    at.as_("ana", "checklist", at.incident, "assign", "a8", "U0BO")
    assert "with U0BO" in at.shell("checklist", at.incident).out
    assert at.as_("ana", "checklist", at.incident, "tick", "Z9").status == 2
    assert at.as_("ana", "checklist", at.incident, "frobnicate", "A7").status == 2


def test_checks_are_made_by_hand_and_an_account_is_audited_without_an_incident(at: Terminal) -> None:
    (reply,) = at.as_("ana", "check", at.incident, "A5", "--json").json
    assert (reply["check"], reply["row"]) == ("exposed", "A5")
    assert reply["verdict"] in ("clear", "notable")
    audited = at.as_("ana", "audit", "--json")
    assert {r["row"] for r in audited.json} == {"H1", "H2", "H3", "H4", "H5"}
    assert at.as_("ana", "audit", "--region", "mars").status == 2
    assert at.as_("ana", "check", at.incident, "bananas").status == 2
    assert at.as_("dee", "audit").status == 3


def test_an_incident_is_declared_and_its_question_answered(at: Terminal) -> None:
    made = at.as_("ana", "declare", at.seeded.bystander, "--json").json
    assert "ec2ir malicious" in at.shell("incident", "show", made["id"]).out
    assert at.as_("ana", "malicious", made["id"], "perhaps").status == 2
    assert at.as_("ana", "malicious", made["id"], "yes").status == 0
    (plan,) = at.shell("incident", "show", made["id"], "--json").json["pending"]
    assert "isolate" in [step["action"] for step in plan["steps"]]


def test_the_report_is_written_signed_and_kept(at: Terminal) -> None:
    key = Ed25519PrivateKey.generate()
    pem = at.shell.home / "key.pem"
    pem.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    at.shell.set(EC2IR_SIGNING_KEY=str(pem))
    folder = at.shell.home / "out"
    made = at.as_("ana", "report", at.incident, "--out", str(folder), "--json")
    assert made.status == 0, made
    assert sorted(Path(f["path"]).suffix for f in made.json) == [".md", ".pdf"]
    for one in made.json:
        content = Path(one["path"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == one["sha256"]
        key.public_key().verify(Path(one["signature"]).read_bytes(), content)

    only = at.as_("ana", "report", at.incident, "--out", str(folder), "--format", "pdf")
    assert ".pdf  SHA-256 " in only.out
    assert ".md  SHA-256" not in only.out
    assert "openssl pkeyutl -verify" in only.out
    assert at.as_("dee", "report", at.incident).status == 3


def test_indicators_and_root_cause_are_kept_from_a_terminal(at: Terminal) -> None:
    assert (
        at.as_("ana", "ioc", "add", at.incident, "pool[.]evil[.]example", "--about", "the pool").status == 0
    )
    assert (
        "I3 domain pool[.]evil[.]example · the pool · added by ana"
        in at.shell("ioc", "list", at.incident).out
    )
    assert "pool.evil.example" in {
        k["indicator"]["value"] for k in at.shell("ioc", "list", at.incident, "--json").json
    }
    (file,) = at.as_("ana", "ioc", "export", at.incident, "stix", "--json").json
    assert json.loads(Path(file["path"]).read_text())["type"] == "bundle"
    assert at.as_("ana", "ioc", "forget", at.incident, "pool.evil.example").status == 0
    assert "pool" not in at.shell("ioc", "list", at.incident).out

    assert "Nobody has stated it yet" in at.shell("root-cause", at.incident).out
    assert at.as_("ana", "root-cause", at.incident, "hacking").status == 2
    stated = at.as_("ana", "root-cause", at.incident, "hacking", "Exploit", "vuln", "--json").json
    assert stated["action"]["hacking"]["variety"] == ["Exploit vuln"]


def test_a_legal_clock_is_started_shown_and_ended(at: Terminal) -> None:
    assert "th-pdpa: Thailand PDPA, 72 h, not started." in at.shell("legal", at.incident).out
    (clock,) = at.as_("ana", "aware", at.incident, "--json").json
    assert (clock["jurisdiction"], clock["aware_by"]) == ("th-pdpa", "U0ANA")
    assert re.search(r"th-pdpa: due .*, 7[12] h \d+ min left", at.shell("legal", at.incident).out)
    assert "Legal clock th-pdpa: due" in at.shell("incident", "show", at.incident).out
    again = at.as_("ana", "aware", at.incident)
    assert (again.status, "th-pdpa runs already" in again.err) == (3, True)
    assert at.as_("ana", "aware", at.incident, "--at", "tomorrow").status == 2
    assert at.as_("dee", "notified", at.incident, "th-pdpa", "a letter").status == 3

    ended = at.as_("bo", "notified", at.incident, "th-pdpa", "form", "12", "by", "e-mail")
    assert "by U0BO, in time: form 12 by e-mail" in ended.out
    assert at.shell("legal", at.incident, "--json").json[0]["sent"] == "form 12 by e-mail"


def test_status_shows_what_waits_for_whoever_asks(at: Terminal) -> None:
    at.as_("ana", "aware", at.incident)
    plan, short = at.planned("ana", "isolate")
    bos = at.as_("bo", "status")
    assert f"ec2ir approve {plan} --hash {short}" in bos.out
    assert f"{at.incident} th-pdpa: due" in bos.out
    assert plan not in at.as_("ana", "status").out
    assert plan in [p["id"] for p in at.as_("bo", "status", "--json").json["plans"]]
    assert at.as_("dee", "status").status == 3


def test_whoever_becomes_the_engine_sets_the_timer_of_the_quarterly_audit(at: Terminal) -> None:
    at.as_("ana", "status")
    path = str(at.shell.environment["EC2IR_DATABASE_URL"]).removeprefix("sqlite:///")
    with sqlite3.connect(path) as database:
        found = database.execute(
            "SELECT key FROM slots WHERE alarm = 'audit' AND state = 'pending'"
        ).fetchall()
    database.close()
    (key,) = found[0]
    assert key.startswith(f"audit:{at.seeded.account}:{at.seeded.region}:20")
    assert len(found) == 1


def test_an_escalation_is_made_shown_and_acknowledged(at: Terminal) -> None:
    made = at.as_("ana", "escalate", at.incident, "x4", "--why", "files were read")
    assert made.out == "X4: legal is told by the running bot.\nX4: dpo is told by the running bot.\n"
    again = at.as_("bo", "escalate", at.incident, "X4")
    assert (again.status, again.out) == (3, "")
    assert "X4 was escalated already." in again.err
    assert at.as_("bo", "escalate", at.incident, "X9").status == 2

    assert at.as_("bo", "ack", at.incident, "X4").out == "X4 (dpo) is yours.\nX4 (legal) is yours.\n"
    shown = at.shell("incident", "show", at.incident)
    assert "X4 legal: acknowledged by U0BO" in shown.out
    kept = at.shell("incident", "show", at.incident, "--json").json["escalations"]
    assert {e["why"] for e in kept if e["rule"] == "X4"} == {"files were read"}
    assert "No escalation by X4 waits" in at.as_("ana", "ack", at.incident, "X4").err
