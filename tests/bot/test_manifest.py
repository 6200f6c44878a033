"""The manifest asks for the scopes of the methods that are called, and for nothing else."""

from __future__ import annotations

import json
from typing import get_args

import pytest

from bot.api import Method
from bot.manifest import SCOPES, UNSCOPED, manifest, scope_table
from sandbox.slack import App
from sandbox.slack.methods import METHODS
from tests.bot.conftest import Room
from tests.sandbox.slack.reference import reference

pytestmark = pytest.mark.slow


NAMES = frozenset(scope.name for scope in SCOPES)


def test_every_method_is_explained_and_no_scope_is_without_one() -> None:
    explained = {method for scope in SCOPES for method in scope.methods} | set(UNSCOPED)
    assert explained == set(get_args(Method))
    assert [s.name for s in SCOPES if not s.methods] == ["commands", "pins:read"]
    assert all(len(s.why) > 10 for s in SCOPES)


@pytest.mark.parametrize("method", get_args(Method))
def test_the_scopes_are_those_that_slack_wants(method: str) -> None:
    wanted = METHODS[method].scope
    asked = {scope.name for scope in SCOPES if method in scope.methods}
    kinds = (
        {"channels", "groups"} if method in ("conversations.list", "conversations.history") else {"groups"}
    )
    manage = {"*:manage": {"groups:write"}}
    expected = manage.get(wanted) or {wanted.replace("*", kind) for kind in kinds if wanted}
    assert asked == expected


@pytest.mark.slow
async def test_with_these_scopes_alone_an_incident_is_played(quiet: Room) -> None:
    quiet.slack.state.app = App(scopes=NAMES)
    await quiet.finding()
    await quiet.clicks("ana", "Not malicious")
    await quiet.clicks("bo", "Contain now ▸")

    calls = quiet.slack.calls
    assert {c.answer.get("error") for c in calls} == {None}
    assert {c.method for c in calls} - {"auth.test"} <= set(get_args(Method))
    assert [c.method for c in calls].count("auth.test") == 1
    assert len(quiet.executor.carried) == 1


async def test_no_call_has_an_argument_that_slack_does_not_know(quiet: Room) -> None:
    await quiet.finding()
    await quiet.clicks("ana", "Not malicious")
    await quiet.clicks("bo", "Contain now ▸")

    ours = set(get_args(Method)) - {"auth.test"}  # Bolt makes that call itself, with a team id
    known = {name: set(facts["args"]) for name, facts in reference().items() if name in ours}
    given = {name: {a for c in quiet.slack.calls if c.method == name for a in c.arguments} for name in known}
    assert len([name for name, arguments in given.items() if arguments]) > 5
    assert {name: extra for name in known if (extra := given[name] - known[name])} == {}


def test_the_table_explains_every_scope_once() -> None:
    lines = scope_table().splitlines()[2:]
    assert [line.split("`")[1] for line in lines] == [scope.name for scope in SCOPES]


def test_over_http_the_urls_are_ours() -> None:
    made = manifest(socket_mode=False, url="https://ir.example.com/")
    url = "https://ir.example.com/slack/events"
    assert made["features"]["slash_commands"][0]["url"] == url
    assert made["settings"]["interactivity"] == {"is_enabled": True, "request_url": url}
    assert made["settings"]["socket_mode_enabled"] is False
    with pytest.raises(ValueError, match="needs the URL"):
        manifest(socket_mode=False)


def test_over_a_socket_there_is_no_url() -> None:
    made = manifest(socket_mode=True)
    assert "url" not in json.dumps(made)
    assert made["oauth_config"]["scopes"]["bot"] == sorted(NAMES)
