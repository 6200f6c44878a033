"""Killed at every level of containment, before and after the call, on both databases, and begun again."""

from __future__ import annotations

import pytest

from tests.crash.judge import judge
from tests.crash.scene import Scene
from tests.crash.worker import AtCall, When

pytestmark = pytest.mark.process

CALLS = (
    "CreateSnapshots", "CreateTags", "ModifyInstanceAttribute", "CreateSecurityGroup", "EnterStandby",
    "LockSnapshot", "AuthorizeSecurityGroupIngress", "RevokeSecurityGroupEgress", "PutRolePolicy",
    "DisassociateIamInstanceProfile",
)  # fmt: skip
"""Each level's calls, from the first to the rules of the groups."""
DEATHS = [AtCall(operation=name, when=when) for name in CALLS for when in ("before", "after")]


@pytest.mark.parametrize("death", DEATHS, ids=str)
async def test_a_run_goes_on_where_it_was_killed(scene: Scene, death: AtCall) -> None:
    doomed = await scene.start(death)
    await scene.finding()
    await scene.approve()
    await doomed.killed()

    await scene.run()

    await judge(scene)


@pytest.mark.parametrize("nth", [1, 2, 3, 4])
@pytest.mark.parametrize("when", ["before", "after"])
async def test_an_interface_in_the_open_group_is_closed_before_anything_else(
    scene: Scene, when: When, nth: int
) -> None:
    doomed = await scene.start(AtCall(operation="ModifyNetworkInterfaceAttribute", when=when, nth=nth))
    await scene.finding()
    await scene.approve()
    await doomed.killed()
    left_open = await scene.open_interfaces()
    before = len(await scene.writes())

    await scene.run()

    await judge(scene)
    first = (await scene.writes())[before : before + len(left_open)]
    assert {e.parameters["NetworkInterfaceId"] for e in first} == left_open
    deny = await scene.group_of(scene.account.web_interfaces[0])
    assert all(e.parameters["SecurityGroupId.1"] == deny for e in first)
