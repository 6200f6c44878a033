"""Every method row agrees with Slack's reference, and every refusal that a row declares is really given."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from sandbox.slack import App, Workspace
from sandbox.slack.interactivity import new_trigger
from sandbox.slack.method import COMMON, EVERYWHERE, UNLISTED
from sandbox.slack.methods import METHODS
from tests.sandbox.slack.reference import reference
from tests.sandbox.slack.refusals import HOME, MODAL, NAMED, ON_THE_FREE_PLAN, REFUSALS, WITHOUT_TABS

NOT_IN_REFERENCE = {"conversations.replies"}


@pytest.mark.parametrize("name", sorted(METHODS.keys() - NOT_IN_REFERENCE))
def test_a_row_agrees_with_the_reference(name: str) -> None:
    documented = reference()[name]
    required = {argument for argument, facts in documented["args"].items() if facts["required"]}
    assert METHODS[name].required == required
    assert METHODS[name].errors <= set(documented["errors"])
    assert set(documented["errors"]) >= COMMON
    assert not METHODS[name].errors & EVERYWHERE


def test_every_method_of_the_reference_is_served_and_one_that_it_lacks() -> None:
    assert METHODS.keys() ^ reference().keys() == NOT_IN_REFERENCE


def test_what_is_sent_though_no_list_has_it_is_explained() -> None:
    everywhere = {code for facts in reference().values() for code in facts["errors"]}
    assert {code for code in UNLISTED if code in everywhere} == {"invalid_auth"}  # listed for two methods
    assert all(UNLISTED.values())


def react(workspace: Workspace, channel: str, ts: str, *names: str) -> None:
    for name in names:
        assert workspace.call("reactions.add", channel=channel, timestamp=ts, name=name)["ok"]


@dataclass(slots=True)
class World:
    workspace: Workspace
    names: dict[str, str]

    def fill(self, value: Any) -> Any:
        return self.names.get(value, value) if isinstance(value, str) else value


@pytest.fixture
def world(workspace: Workspace, clock: Any) -> World:
    """A workspace in which everything that can be refused is at hand, under a `$name`."""
    ana, bo, chai = (workspace.user(name).id for name in ("ana", "bo", "chai"))
    state, names = workspace.state, {"$ana": ana, "$dee": workspace.user("dee").id}
    names["$bot"] = workspace.app.bot_user
    names["$open"] = workspace.channel("incidents").id
    names["$secret"] = workspace.add_channel("no-bots", ["ana"], private=True, bot=False).id
    names["$outside"] = workspace.add_channel("lounge", ["ana"], bot=False).id
    names["$im"] = state.direct_message(ana).id
    names["$made"] = workspace.call("conversations.create", name="made")["channel"]["id"]
    names["$general"] = workspace.add_channel("general", ["ana"]).id
    workspace.channel("general").is_general = True
    names["$read_only"] = workspace.add_channel("announcements", ["ana"]).id
    workspace.channel("announcements").is_read_only = True
    names["$gone"] = workspace.add_user("gone").id
    workspace.user("gone").deleted = True
    names["$locked"] = workspace.add_group("locked", ["ana"]).id
    workspace.state.groups[names["$locked"]].locked = True
    for kind in ("$archived", "$full", "$open"):
        channel = (
            workspace.channel(names[kind]) if kind in names else workspace.add_channel(kind[1:], ["ana"])
        )
        names[kind] = channel.id
        posted = workspace.call("chat.postMessage", channel=channel.id, text="card")
        names[f"{kind}_card"] = posted["ts"]
    archived, full = workspace.channel(names["$archived"]), workspace.channel(names["$full"])
    archived.is_archived = True
    full.pins = [str(number) for number in range(100)]
    full.bookmarks = [{}] * 100
    workspace.call("pins.add", channel=names["$open"], timestamp=names["$open_card"])
    react(workspace, names["$open"], names["$open_card"], "white_check_mark")
    names["$bookmark"] = workspace.call(
        "bookmarks.add", channel_id=names["$open"], title="t", type="link", link="https://a.example"
    )["bookmark"]["id"]
    for name, others, mine in (("$mine_full", 0, 23), ("$all_full", 30, 20)):
        names[name] = workspace.call("chat.postMessage", channel=names["$open"], text="x")["ts"]
        message = workspace.messages("incidents")[-1]
        message.reactions = {f"others{number}": [ana] for number in range(others)}
        react(workspace, names["$open"], names[name], *(f"mine{number}" for number in range(mine)))
    names["$reply"] = workspace.call(
        "chat.postMessage", channel=names["$open"], text="r", thread_ts=names["$open_card"]
    )["ts"]

    names["$old"] = new_trigger(state, ana)
    clock.pass_by(seconds=4)
    for name, who in (
        ("$used", ana),
        ("$live", ana),
        ("$first", bo),
        ("$second", bo),
        ("$third", bo),
        ("$deep", bo),
    ):
        names[name] = new_trigger(state, who)
    workspace.call("views.open", trigger_id=names["$used"], view=MODAL)
    workspace.call("views.open", trigger_id=names["$first"], view=MODAL)
    workspace.call("views.push", trigger_id=names["$second"], view=MODAL)
    workspace.call("views.push", trigger_id=names["$third"], view=MODAL)
    names["$modal"] = workspace.modal("bo").id
    names["$modal_less"] = new_trigger(state, chai)
    workspace.call("views.publish", user_id=ana, view=HOME)
    workspace.call("views.open", trigger_id=new_trigger(state, workspace.user("dee").id), view=NAMED)
    return World(workspace, names)


CASES = [(method, error) for method, refusals in REFUSALS.items() for error in refusals]


def expect(world: World, method: str, error: str, arguments: dict[str, Any]) -> None:
    """The call is refused with this code, at HTTP 200, as Slack answers all but the rate limit."""
    answer = world.workspace.call(method, **{name: world.fill(value) for name, value in arguments.items()})
    assert (answer["ok"], answer.get("error")) == (False, error)
    assert world.workspace.calls[-1].status == 200


@pytest.mark.slow
@pytest.mark.parametrize(("method", "error"), CASES)
async def test_a_declared_refusal_is_given(world: World, method: str, error: str) -> None:
    workspace = world.workspace
    world.names["$anas"] = (await workspace.posts("ana", "incidents", "mine")).ts
    upload = workspace.call("files.getUploadURLExternal", filename="a", length=1)
    workspace.state.files[upload["file_id"]].content = b"x"
    world.names["$uploaded"] = json.dumps([{"id": upload["file_id"]}])

    expect(world, method, error, REFUSALS[method][error])


@pytest.mark.parametrize("method", ON_THE_FREE_PLAN)
def test_the_free_plan_has_no_user_groups(world: World, method: str) -> None:
    world.workspace.state.is_paid = False
    for error, arguments in ON_THE_FREE_PLAN[method].items():
        expect(world, method, error, arguments)


@pytest.mark.parametrize("method", WITHOUT_TABS)
def test_tabs_that_the_manifest_does_not_ask_for_are_not_there(world: World, method: str) -> None:
    world.workspace.state.app = replace(world.workspace.app, home_tab=False, messages_tab=False)
    for error, arguments in WITHOUT_TABS[method].items():
        expect(world, method, error, arguments)


def test_no_declared_refusal_is_left_untried() -> None:
    tried = {
        name: {code for table in (REFUSALS, ON_THE_FREE_PLAN, WITHOUT_TABS) for code in table.get(name, {})}
        for name in METHODS
    }
    assert tried == {name: set(row.errors) for name, row in METHODS.items()}


@pytest.mark.parametrize("method", [name for name, row in METHODS.items() if row.required])
def test_a_missing_argument_is_refused_and_named(workspace: Workspace, method: str) -> None:
    answer = workspace.call(method)
    first = min(METHODS[method].required)
    assert answer["error"] == METHODS[method].missing.get(first, "invalid_arguments")
    assert f"missing required field: {first}" in answer["response_metadata"]["messages"][0]


def test_unknown_methods_are_never_ok(workspace: Workspace) -> None:
    assert workspace.call("chat.postMesage", channel="C1")["error"] == "unknown_method"


def test_tokens_are_checked(workspace: Workspace) -> None:
    def error(token: str, method: str = "auth.test") -> str:
        return json.loads(workspace.api.call(method, {}, f"Bearer {token}" if token else "").body)["error"]

    assert error("") == "not_authed"
    assert error("xoxb-another") == "invalid_auth"
    assert error(workspace.app.app_token) == "not_allowed_token_type"
    assert error(workspace.app.bot_token, "apps.connections.open") == "not_allowed_token_type"
    answer = workspace.api.call("auth.test", {"token": workspace.app.bot_token})
    assert json.loads(answer.body)["ok"]
    assert "chat:write" in answer.headers["x-oauth-scopes"]


@pytest.mark.parametrize("method", [name for name, row in METHODS.items() if row.scope])
def test_a_missing_scope_is_named(clock: Callable[[], Any], method: str) -> None:
    workspace = Workspace(clock=clock, app=App(scopes=frozenset()))
    answer = workspace.call(method)
    assert answer["error"] == "missing_scope"
    assert answer["needed"] in App().scopes
