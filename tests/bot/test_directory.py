"""Who holds which role, as Slack's groups and the terminal's settings say."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.directory import RoleGroups, SlackDirectory
from bot.people import People
from playbook.errors import Unreachable
from playbook.people import Door, Person, Role
from sandbox.slack import Fault, Workspace
from tests.bot.conftest import ManualClock
from tests.fakes.people import BOTH, FakeDirectory


@pytest.fixture
def directory(workspace: Workspace, clock: ManualClock) -> SlackDirectory:
    client = workspace.client()
    return SlackDirectory(
        client=client,
        groups=RoleGroups(responders="ir-responders", approvers="S0APPROVE"),
        people=People(client=client, clock=clock),
        terminal=FakeDirectory({"U0BO": BOTH}),
    )


def person(workspace: Workspace, name: str) -> Person:
    return Person(id=workspace.user(name).id, name=name)


async def test_roles_are_read_anew_each_time(workspace: Workspace, directory: SlackDirectory) -> None:
    ana = person(workspace, "ana")
    assert await directory.roles(ana, Door.CHAT) == {Role.RESPONDER}
    workspace.state.groups["S0APPROVE"].members.append(ana.id)
    assert await directory.roles(ana, Door.CHAT) == {Role.RESPONDER, Role.APPROVER}
    workspace.state.groups["S0APPROVE"].members.clear()
    assert await directory.roles(ana, Door.CHAT) == {Role.RESPONDER}


async def test_a_closed_account_holds_no_role(workspace: Workspace, directory: SlackDirectory) -> None:
    workspace.user("bo").deleted = True
    assert await directory.roles(person(workspace, "bo"), Door.CHAT) == frozenset()


async def test_the_terminal_answers_for_its_own_people(
    directory: SlackDirectory, workspace: Workspace
) -> None:
    assert await directory.roles(Person(id="U0BO"), Door.TERMINAL) == BOTH
    assert workspace.calls == []


async def test_one_closed_account_does_not_hide_the_others(
    workspace: Workspace, directory: SlackDirectory
) -> None:
    workspace.user("bo").deleted = True
    assert [p.name for p in await directory.holders(Role.APPROVER)] == ["chai"]


async def test_a_name_that_slack_does_not_give_is_no_hindrance(
    workspace: Workspace, directory: SlackDirectory
) -> None:
    workspace.faults.order("users.info", Fault.refused("internal_error"))
    assert [str(p) for p in await directory.holders(Role.APPROVER)] == [workspace.user("bo").id, "chai"]


async def test_many_questions_about_holders_are_one_to_slack(
    workspace: Workspace, directory: SlackDirectory, clock: ManualClock
) -> None:
    for _ in range(5):
        await directory.holders(Role.APPROVER)
    assert [c.method for c in workspace.calls].count("usergroups.users.list") == 1
    clock.passes(seconds=31)
    await directory.holders(Role.APPROVER)
    assert [c.method for c in workspace.calls].count("usergroups.users.list") == 2


async def test_a_disabled_group_lets_nobody_in(workspace: Workspace, directory: SlackDirectory) -> None:
    workspace.state.groups["S0APPROVE"].enabled = False
    assert await directory.roles(person(workspace, "bo"), Door.CHAT) == {Role.RESPONDER}


@pytest.mark.parametrize("fault", [Fault.refused("internal_error"), Fault.server_error(), Fault.timeout()])
async def test_when_slack_does_not_say_nobody_has_a_role(
    workspace: Workspace, directory: SlackDirectory, fault: Fault
) -> None:
    workspace.faults.order("usergroups.users.list", fault)
    with pytest.raises(Unreachable, match="approve at the terminal: ec2ir approve"):
        await directory.roles(person(workspace, "bo"), Door.CHAT)


async def test_a_group_that_is_not_there_is_named(workspace: Workspace, directory: SlackDirectory) -> None:
    directory.groups = replace(directory.groups, approvers="@ir-aprovers")
    with pytest.raises(Unreachable, match="There is no user group @ir-aprovers in Slack"):
        await directory.roles(person(workspace, "bo"), Door.CHAT)


async def test_on_slacks_free_plan_the_reader_is_told_what_is_missing(
    workspace: Workspace, directory: SlackDirectory
) -> None:
    workspace.state.is_paid = False
    with pytest.raises(Unreachable, match="need a paid Slack plan"):
        await directory.roles(person(workspace, "ana"), Door.CHAT)
    with pytest.raises(Unreachable, match="need a paid Slack plan"):
        await directory.holders(Role.APPROVER)
