"""The root cause: the playbook's defaults, what can be said instead, and VERIS's JSON."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from playbook.errors import BadInput
from playbook.finding import FindingType
from playbook.plan import dump_json
from playbook.root_cause import CHOICES, FIELDS, RootCause, changed, default, in_words, stored, veris_json

MINING = FindingType(full="CryptoCurrency:EC2/BitcoinTool.B")
OPENED = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def test_before_anybody_speaks_it_says_what_the_playbook_says() -> None:
    cause = default([])
    said = veris_json(cause, incident="x1", opened=OPENED, instances=2, alarmed=True, minutes_to_contain=3)

    assert set(said["actor"]) == {"external"}
    assert set(said["action"]) == {"malware", "hacking"}
    assert set(said["attribute"]) == {"integrity", "availability"}
    assert said["asset"]["assets"] == [{"variety": "S - Other", "amount": 2}]
    assert said["asset"]["notes"] == "AWS EC2 instance"
    assert said["timeline"]["containment"] == {"unit": "Minutes", "value": 3}


def test_the_finding_says_more() -> None:
    assert default([MINING]).malware == ("Cryptocurrency mining",)
    assert default([FindingType(full="Backdoor:EC2/C&CActivity.B")]).malware == ("Backdoor or C2",)


def test_every_default_is_one_of_veris_words() -> None:
    for cause in (default([]), default([MINING]), default([FindingType(full="Trojan:EC2/DropPoint")])):
        for name, choices in CHOICES.items():
            assert set(getattr(cause, name)) <= set(choices)


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("hacking", "exploit vuln, Use of stolen creds", ("Exploit vuln", "Use of stolen creds")),
        ("hacking-vector", "web application", ("Web application",)),
        ("malware", "none", ()),
        ("confidence", "HIGH", ("High",)),
    ],
)
def test_one_field_is_said_anew(field: str, value: str, expected: tuple[str, ...]) -> None:
    after = changed(RootCause(), field, value)
    assert getattr(after, field.replace("-", "_")) == expected


@pytest.mark.parametrize(
    ("field", "value", "answer"),
    [
        ("colour", "red", "is no part of a root cause"),
        ("hacking", "magic", "“magic” is not among VERIS's words for hacking"),
        ("confidence", "High, Low", "one word"),
        ("asset", "none", "not among VERIS's words"),
        ("motive", "", "is empty"),
    ],
)
def test_what_veris_does_not_have_is_refused_with_what_it_has(field: str, value: str, answer: str) -> None:
    with pytest.raises(BadInput, match=answer) as refusal:
        changed(RootCause(), field, value)
    assert refusal.value.then.startswith("There are:")


def test_an_actor_of_another_kind_keeps_no_variety_that_it_can_not_have() -> None:
    outside = changed(RootCause(), "variety", "Organized crime")
    assert changed(outside, "actor", "internal").variety == ("Unknown",)
    partner = changed(outside, "actor", "partner")
    assert partner.variety == ()
    assert (
        "variety" not in veris_json(partner, incident="x", opened=OPENED, instances=1, alarmed=False)["actor"]
    )


def test_nothing_stated_is_an_unknown_action() -> None:
    cause = changed(changed(RootCause(), "malware", "none"), "hacking", "none")
    assert veris_json(cause, incident="x", opened=OPENED, instances=1, alarmed=True)["action"] == {
        "unknown": {}
    }
    assert dict(in_words(cause))["Action (Q2)"] == "none stated"


def test_it_is_stored_and_read_again_whole() -> None:
    cause = changed(default([MINING]), "summary", "An open\nadmin page \u202elet them in")
    assert cause.summary == "An open admin page let them in"
    assert stored(dump_json(cause)) == cause
    assert set(dump_json(cause)) == set(FIELDS)
