"""The order of steps, environments, targets, severities and spans of time."""

from datetime import timedelta
from graphlib import CycleError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playbook.clock import elapsed, system_clock
from playbook.environment import Environment, EnvironmentRule, strictest
from playbook.errors import BadInput
from playbook.finding import FindingType, Severity, severity_of
from playbook.graph import levels
from playbook.target import account_id, instance_id, region_name

PRODUCTION, NONPRODUCTION = Environment.PRODUCTION, Environment.NONPRODUCTION
AFTER = {
    "protect": (),
    "snapshot": (),
    "tag": (),
    "deregister": (),
    "isolate": ("protect", "snapshot", "deregister"),
    "revoke": ("isolate",),
}


def test_steps_go_at_once_unless_one_waits_for_another() -> None:
    assert levels(AFTER, AFTER) == (
        ("protect", "snapshot", "tag", "deregister"),
        ("isolate",),
        ("revoke",),
    )


def test_nobody_waits_for_a_step_that_was_not_chosen() -> None:
    assert levels(AFTER, ["revoke", "isolate"]) == (("isolate",), ("revoke",))
    assert levels(AFTER, ["revoke"]) == (("revoke",),)
    assert levels(AFTER, []) == ()


@given(st.sets(st.sampled_from(sorted(AFTER))))
def test_every_chosen_step_has_its_place_behind_what_it_waits_for(chosen: set[str]) -> None:
    placed = {name: n for n, level in enumerate(levels(AFTER, sorted(chosen))) for name in level}
    assert set(placed) == chosen
    assert all(placed[a] < placed[name] for name in chosen for a in AFTER[name] if a in chosen)


def test_steps_that_wait_for_each_other_are_an_error() -> None:
    with pytest.raises(CycleError):
        levels({"a": ("b",), "b": ("a",)}, ["a", "b"])


@pytest.mark.parametrize(
    ("tags", "environment"),
    [
        ({"Environment": "dev"}, NONPRODUCTION),
        ({"environment": " Test "}, NONPRODUCTION),
        ({"ENVIRONMENT": "STAGING"}, NONPRODUCTION),
        ({"Environment": "production"}, PRODUCTION),
        ({"Environment": "prod"}, PRODUCTION),
        ({"Environment": "development"}, PRODUCTION),
        ({"Environment": ""}, PRODUCTION),
        ({"Env": "dev"}, PRODUCTION),
        ({}, PRODUCTION),
    ],
)
def test_what_is_not_known_to_be_harmless_is_production(
    tags: dict[str, str], environment: Environment
) -> None:
    assert EnvironmentRule().classify(tags) is environment


def test_the_settings_say_which_tag_counts() -> None:
    rule = EnvironmentRule(tag="stage", nonproduction=frozenset({"Sandbox"}))
    assert rule.classify({"Stage": "sandbox"}) is NONPRODUCTION
    assert rule.classify({"Environment": "dev"}) is PRODUCTION


def test_production_stays_once_it_was_seen() -> None:
    assert strictest([NONPRODUCTION, PRODUCTION, NONPRODUCTION]) is PRODUCTION
    assert strictest([NONPRODUCTION, NONPRODUCTION]) is NONPRODUCTION
    assert strictest([]) is PRODUCTION


@pytest.mark.parametrize("text", ["i-0123456789abcdef0", " I-0123456789ABCDEF0\n", "i-01234567"])
def test_an_instance_id_is_read_as_people_write_it(text: str) -> None:
    assert instance_id(text) == text.strip().lower()


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "web-1",
            "i-",
            "i-0123456789abcdef",
            "i-0123456789abcdefg",
            "i-0123456789abcdef0;rm",
            "<!channel>",
        ),
        *("i-０１２３４５６７", "x" * 10_000),
    ],
)
def test_what_is_no_instance_id_is_refused_in_a_few_words(text: str) -> None:
    with pytest.raises(BadInput) as refusal:
        instance_id(text)
    assert len(str(refusal.value)) < 200


@pytest.mark.parametrize(
    "text", ["11111111111", "1111111111111", "11111111111a", "１１１１１１１１１１１１", "111111111111\n"]
)
def test_what_is_no_account_id_is_refused(text: str) -> None:
    assert account_id("111111111111") == "111111111111"
    with pytest.raises(BadInput):
        account_id(text)


@pytest.mark.parametrize("text", ["eu-west", "EU-WEST-1", "eu-west-1 ", "eu-west-1/..", "", "eu-west-1\n"])
def test_what_is_no_region_is_refused(text: str) -> None:
    assert region_name("us-gov-west-1") == "us-gov-west-1"
    with pytest.raises(BadInput):
        region_name(text)


@pytest.mark.parametrize(
    ("score", "severity"),
    [
        (10.0, Severity.CRITICAL),
        (9.0, Severity.CRITICAL),
        (8.9, Severity.HIGH),
        (7.0, Severity.HIGH),
        (6.9, Severity.MEDIUM),
        (4.0, Severity.MEDIUM),
        (3.9, Severity.LOW),
        (0.0, Severity.LOW),
    ],
)
def test_scores_fall_into_guarddutys_bands(score: float, severity: Severity) -> None:
    assert severity_of(score) is severity


def test_the_most_severe_has_the_lowest_rank() -> None:
    assert [s.rank for s in (Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM, Severity.LOW)] == [0, 1, 2, 3]


def test_a_finding_type_is_read_in_its_parts() -> None:
    kind = FindingType(full="Backdoor:EC2/C&CActivity.B!DNS")
    assert (kind.purpose, kind.resource, kind.name) == ("Backdoor", "EC2", "C&CActivity.B!DNS")


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-5, "0 s"),
        (0, "0 s"),
        (12.4, "12 s"),
        (59.6, "1 min 0 s"),
        (82, "1 min 22 s"),
        (3600, "1 h 0 min"),
        (3 * 3600 + 5 * 60 + 59, "3 h 5 min"),
        (100 * 3600, "100 h 0 min"),
    ],
)
def test_spans_are_said_in_words(seconds: float, said: str) -> None:
    assert elapsed(timedelta(seconds=seconds)) == said


def test_the_machines_clock_is_aware_and_in_utc() -> None:
    assert system_clock().utcoffset() == timedelta(0)
