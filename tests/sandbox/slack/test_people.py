"""Direct messages, user groups and look-ups of people."""

from dataclasses import replace

from sandbox.slack import Workspace


def test_a_direct_message_is_opened_once(workspace: Workspace) -> None:
    ana = workspace.user("ana").id
    first = workspace.call("conversations.open", users=ana)["channel"]
    again = workspace.call("conversations.open", channel=first["id"], return_im=True)["channel"]
    assert (again["id"], again["is_im"]) == (first["id"], True)
    assert workspace.call("chat.postMessage", channel=first["id"], text="hello")["ok"]


def test_several_people_share_one_message_if_the_token_may(workspace: Workspace) -> None:
    people = f"{workspace.user('ana').id},{workspace.user('bo').id}"
    opened = workspace.call("conversations.open", users=people, return_im=True)["channel"]
    assert opened["is_mpim"]
    assert workspace.call("conversations.open", users=people)["channel"]["id"] == opened["id"]
    listed = workspace.call("conversations.list", types="mpim")["channels"]
    assert [channel["id"] for channel in listed] == [opened["id"]]

    workspace.state.app = replace(workspace.app, scopes=workspace.app.scopes - {"mpim:write"})
    refused = workspace.call("conversations.open", users=people)
    assert (refused["error"], refused["needed"]) == ("missing_scope", "mpim:write")


def test_a_group_takes_the_list_given_and_nothing_else(workspace: Workspace) -> None:
    chai, dee = workspace.user("chai").id, workspace.user("dee").id
    answer = workspace.call("usergroups.users.update", usergroup="S0APPROVE", users=f"{chai},{dee}")
    assert answer["usergroup"]["users"] == [chai, dee]
    assert workspace.call("usergroups.users.list", usergroup="S0APPROVE")["users"] == [chai, dee]

    answer = workspace.call("usergroups.update", usergroup="S0APPROVE", name="Approvers", include_count=True)
    assert (answer["usergroup"]["name"], answer["usergroup"]["user_count"]) == ("Approvers", 2)
    assert workspace.call("usergroups.update", usergroup="S404")["error"] == "invalid_arguments"


def test_a_person_is_found_by_address_and_shown_with_it_only_to_whom_may_see_it(workspace: Workspace) -> None:
    ana = workspace.user("ana")
    found = workspace.call("users.lookupByEmail", email="ANA@example.com")["user"]
    assert (found["id"], found["profile"]["email"]) == (ana.id, "ana@example.com")
    ana.deleted = True
    assert workspace.call("users.lookupByEmail", email="ana@example.com")["error"] == "users_not_found"

    workspace.state.app = replace(workspace.app, scopes=workspace.app.scopes - {"users:read.email"})
    assert "email" not in workspace.call("users.info", user=workspace.user("bo").id)["user"]["profile"]
    assert workspace.call("users.lookupByEmail", email="bo@example.com")["error"] == "missing_scope"


def test_somebody_is_removed_from_a_channel(workspace: Workspace) -> None:
    channel, bo = workspace.channel("incidents"), workspace.user("bo").id
    assert workspace.call("conversations.kick", channel=channel.id, user=bo)["ok"]
    assert bo not in channel.members
