"""Each wrong or missing setting ends the start with one line: its name, its value unless secret, and the mend."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any, cast

import pytest
from pydantic import BaseModel, SecretStr

from cli.settings import PolicyFile, Settings
from playbook.environment import Environment
from tests.cli.conftest import Shell

pytestmark = pytest.mark.slow


ROOT = Path(__file__).resolve().parents[2]
TOKEN = "xoxb-1234-do-not-show"
LAW = "[[legal]]\nname = 'x'\ntitle = 'X'\nauthority = 'the authority'\n"
ROLES = "[roles]\nresponders = 'S1'\napprovers = 'S2'\n"
SERVES = {"EC2IR_SLACK_BOT_TOKEN": TOKEN, "EC2IR_SLACK_APP_TOKEN": "xapp-1-do-not-show"}


def one_line(shell: Shell, *words: str) -> str:
    """The one line with which it ended, by status 2."""
    said = shell(*words)
    assert said.status == 2, said
    assert said.out == ""
    (line,) = said.err.strip().splitlines()
    assert "do-not-show" not in line
    return line


@pytest.mark.parametrize(
    ("variables", "starts", "mend"),
    [
        ({"EC2IR_HTTP_PORT": "abc"}, "EC2IR_HTTP_PORT (it is 'abc'): ", ".env.example"),
        ({"EC2IR_HTTP_PORT": "70000"}, "EC2IR_HTTP_PORT (it is '70000'): ", ".env.example"),
        ({"EC2IR_CONFIG": "/nowhere.toml"}, "EC2IR_CONFIG names /nowhere.toml", "Mend the path"),
        ({"EC2IR_CONFIG": "/"}, "/ can't be read: ", "EC2IR_CONFIG"),
        ({"EC2IR_ALERTS_SECRET": "do-not-show"}, "EC2IR_ALERTS_SECRET: ", ".env.example"),
        ({"EC2IR_SLACK_CHANEL": "C1"}, "EC2IR_SLACK_CHANEL is no setting", "EC2IR_SLACK_CHANNEL?"),
        ({"EC2IR_ZZZ": "1"}, "EC2IR_ZZZ is no setting", ".env.example"),
        ({"EC2IR_DATABASE_URL": "mysql://u:do-not-show@h/d"}, "The database URL does not start", "EC2IR_DATABASE_URL"),
        ({"EC2IR_DATABASE_URL": "do-not-show"}, "The database URL does not start", "EC2IR_DATABASE_URL"),
    ],
)  # fmt: skip
def test_a_wrong_variable(shell: Shell, variables: dict[str, str], starts: str, mend: str) -> None:
    shell.set(**variables)
    line = one_line(shell, "incidents")
    assert line.startswith(starts)
    assert mend in line


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("a = [", "is not TOML"),
        ("[roles]\nresponder = 'S1'", "roles.responder (it is 'S1')"),
        ("[slack]\nbot_token = 'do-not-show'", "slack: "),
        ("slack_bot_token = 'do-not-show'", "slack_bot_token: "),
        ("[isolation]\nforensics_cidr = '10.0.0.0/33'", "isolation.forensics_cidr (it is '10.0.0.0/33')"),
        ("[isolation]\nuntrack = 'perhaps'", "isolation.untrack (it is 'perhaps')"),
        ("[recovery]\ngolden_image = 'web-latest'", "recovery.golden_image (it is 'web-latest')"),
        ("[recovery]\nmax_image_age_days = 0", "recovery.max_image_age_days (it is '0')"),
        ("[recovery]\nprobe_url = 'ftp://h/x'", "recovery.probe_url: "),
        ("[recovery]\nprobe_url = 'https://u:do-not-show@h/x'", "recovery.probe_url: "),
        ("[recovery]\ninstance_profile = 'arn:aws:iam::1:x/y'", "recovery.instance_profile (it is"),
        ("[forensics]\nsubnet = 'vpc-1'", "forensics.subnet (it is 'vpc-1')"),
        ("[forensics]\nimage = 'forensic'", "forensics.image (it is 'forensic')"),
        ("[forensics]\ninstance_type = 'm6i'", "forensics.instance_type (it is 'm6i')"),
        ("[forensics]\nsecurity_group = 'lab'", "forensics.security_group (it is 'lab')"),
        ("[[legal]]\nname = 'TH PDPA'", "legal.0.name (it is 'TH PDPA')"),
        (LAW, "legal.0: "),
        (LAW + "hours = 72\ndays = 3", "legal.0: "),
        (LAW + "days = 3\nzone = 'Mars/Olympus'", "legal.0.zone (it is 'Mars/Olympus')"),
        (LAW + "hours = 72\nping = ['@ana']", "legal.0.ping.0 (it is '@ana')"),
        (f"{LAW}hours = 72\n{LAW}hours = 24", "two laws are called x"),
        ("[reminders]\nhours = 0", "reminders.hours (it is '0')"),
        ("[audit]\nregions = ['mars']", "audit.regions.0 (it is 'mars')"),
        ("[escalation]\nladder_minutes = []", "escalation.ladder_minutes: "),
        ("[escalation]\nladder_minutes = [0]", "escalation.ladder_minutes.0 (it is '0')"),
        ("[escalation]\nfallback = 'duty'", "escalation: Value error, fallback is 'duty'"),
        ("[escalation.targets.boss]\ngroup = 'S1'", "no rule calls the target 'boss'"),
        ("[escalation.targets.ciso]", "set at least one of group, person"),
        ("[escalation.targets.ciso]\nperson = 'ana'", "escalation.targets.ciso.person (it is 'ana')"),
        ("[escalation.targets.ciso]\nemail = 'a@b, c@d'", "escalation.targets.ciso.email (it is"),
        ("[escalation.targets.ciso]\npager_url = 'https://h/x'", "both pager_url and pager_key_env"),
        (
            "[escalation.targets.ciso]\npager_url = 'http://h/do-not-show'\npager_key_env = 'K'",
            "escalation.targets.ciso.pager_url: ",
        ),
        (
            "[escalation.targets.ciso]\npager_url = 'https://h/x'\npager_key_env = 'a key'",
            "escalation.targets.ciso.pager_key_env (it is 'a key')",
        ),
        ("[smtp]\nhost = 'h'", "a mail server needs from"),
        ("[smtp]\nhost = 'h'\nfrom = 'a@b.c'\nuser = 'u'\nstarttls = false", "sent in the clear"),
        ("[[accounts]]\nid = '12'", "accounts.0.id (it is '12')"),
        ("[[accounts]]\nid = '111111111111'\nexternal_id = ['do-not-show']", "accounts.0.external_id: "),
        ("[[operators]]\nperson = 'U1'", "operators.0.arn: "),
        ("[[operators]]\narn = 'a'\nperson = 'U1'\nroles = ['boss']", "operators.0.roles.0 (it is 'boss')"),
    ],
)
def test_a_wrong_policy_file(shell: Shell, text: str, names: str) -> None:
    shell.policy(text)
    line = one_line(shell, "incidents")
    assert "ec2ir.toml" in line
    assert names in line
    assert "ec2ir.example.toml" in line


@pytest.mark.parametrize(
    ("variables", "policy", "names"),
    [
        ({}, "", "EC2IR_SLACK_BOT_TOKEN is not set"),
        ({"EC2IR_SLACK_BOT_TOKEN": TOKEN}, "", "EC2IR_SLACK_SIGNING_SECRET is not set"),
        (SERVES, "", "[roles] responders is not set"),
        (SERVES, "[roles]\nresponders = 'S1'", "[roles] approvers is not set"),
        (
            SERVES,
            f"{ROLES}[escalation.targets.ciso]\nemail = 'a@b.c'",
            "[escalation.targets.ciso] has an email",
        ),
        (
            SERVES,
            f"{ROLES}[escalation.targets.ciso]\npager_url = 'https://h/x'\npager_key_env = 'NO_SUCH_KEY'",
            "[escalation.targets.ciso] has pager_key_env NO_SUCH_KEY, which is not set",
        ),
        (SERVES, f"{ROLES}[smtp]\nhost = 'h'\nfrom = 'a@b.c'\nuser = 'u'", "[smtp] has a user"),
    ],
)
def test_what_serving_needs(shell: Shell, variables: dict[str, str], policy: str, names: str) -> None:
    shell.set(**variables)
    shell.policy(policy)
    assert one_line(shell, "serve").startswith(names)


def test_a_dotenv_file_is_read(shell: Shell) -> None:
    (shell.home / ".env").write_text("EC2IR_HTTP_PORT=eighty\n")
    assert one_line(shell, "incidents").startswith("EC2IR_HTTP_PORT (it is 'eighty')")


def test_without_settings_the_database_is_in_the_users_data_folder(shell: Shell) -> None:
    shell.set(EC2IR_DATABASE_URL="")
    assert shell("incidents").status == 0
    assert (shell.home / "ec2ir" / "ec2ir.db").exists()


def test_the_example_policy_loads_and_names_every_key() -> None:
    text = (ROOT / "ec2ir.example.toml").read_text()
    policy = PolicyFile.model_validate(tomllib.loads(text))
    assert policy.roles.responders.startswith("S0")

    def keys(model: type[BaseModel], where: str) -> set[str]:
        found = set[str]()
        for name, about in model.model_fields.items():
            inner = [about.annotation, *getattr(about.annotation, "__args__", ())]
            nested = [c for c in inner if isinstance(c, type) and issubclass(c, BaseModel)]
            place = f"{where}{about.alias or name}" + (".*" if name == "targets" else "")
            found |= keys(nested[0], f"{place}.") if nested else {place}
        return found

    def named(value: Any, where: str) -> set[str]:
        if isinstance(value, dict):
            free = where.endswith(".targets.")  # their names are the user's
            inside = cast("dict[str, Any]", value).items()
            return {k for n, v in inside for k in named(v, f"{where}{'*' if free else n}.")}
        if isinstance(value, list) and value and isinstance(value[0], dict):
            return named(value[0], where)
        return {where.rstrip(".")}

    assert named(tomllib.loads(text), "") == keys(PolicyFile, "")


def test_the_example_environment_names_every_variable() -> None:
    named = set(re.findall(r"^(?:# )?(EC2IR_\w+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    fields = {f"EC2IR_{name.upper()}" for name in Settings.model_fields if name != "policy_file"}
    assert named == fields | {"EC2IR_CONFIG"}


def test_a_token_is_in_no_representation(shell: Shell) -> None:
    assert "do-not-show" not in repr(Settings(slack_bot_token=SecretStr(TOKEN)))


def test_an_empty_variable_is_one_that_is_not_set(shell: Shell) -> None:
    shell.set(EC2IR_HTTP_PORT="", EC2IR_SLACK_API_URL="", EC2IR_CONFIG="")
    assert shell("incidents").status == 0


def test_the_policy_of_the_settings_is_what_steps_get() -> None:
    settings = Settings(
        evidence_bucket="evidence",
        policy_file=PolicyFile.model_validate({"isolation": {"forensics_cidr": "10.9.0.0/24", "untrack": False}}),
    )  # fmt: skip
    assert (settings.policy.forensics_cidr, settings.policy.untrack) == ("10.9.0.0/24", False)
    assert settings.policy.evidence_bucket == "evidence"
    assert settings.policy.environment.classify({"Environment": "staging"}) is Environment.NONPRODUCTION


@pytest.mark.parametrize(
    "image", ["", "ami-0123456789abcdef0", "ami-01234567", "ssm:/golden/web", "ssm:golden:3"]
)
def test_a_golden_image_is_an_id_or_a_parameter(image: str) -> None:
    section = PolicyFile.model_validate({"recovery": {"golden_image": image}})
    recovery = Settings(policy_file=section).policy.recovery
    assert (recovery.golden_image, recovery.max_image_age_days) == (image, 90)


def test_without_laws_in_the_settings_thailands_holds() -> None:
    assert [law.name for law in Settings(policy_file=PolicyFile()).policy.legal] == ["th-pdpa"]
    law = PolicyFile.model_validate(tomllib.loads(f"{LAW}days = 3\nzone = 'Asia/Singapore'"))
    (found,) = Settings(policy_file=law).policy.legal
    assert (found.name, found.limit) == ("x", "3 calendar days (Asia/Singapore)")
