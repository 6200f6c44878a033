"""Killed at every level of containment, before and after the call, and begun again."""

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
ON_POSTGRES = [death for death in DEATHS if death.when == "after"][:5]
"""There every death costs the silence after which the next life may take over."""


@pytest.mark.parametrize("death", DEATHS, ids=str)
async def test_a_run_goes_on_where_it_was_killed(sqlite_scene: Scene, death: AtCall) -> None:
    await killed_once(sqlite_scene, death)


@pytest.mark.postgres
@pytest.mark.parametrize("death", ON_POSTGRES, ids=str)
async def test_a_run_goes_on_where_it_was_killed_on_postgres(postgres_scene: Scene, death: AtCall) -> None:
    await killed_once(postgres_scene, death)


@pytest.mark.parametrize("nth", [1, 2, 3, 4])
@pytest.mark.parametrize("when", ["before", "after"])
async def test_an_open_interface_is_closed_before_anything_else(
    sqlite_scene: Scene, when: When, nth: int
) -> None:
    await killed_while_open(sqlite_scene, when, nth)


@pytest.mark.postgres
@pytest.mark.parametrize(("when", "nth"), [("after", 1), ("before", 3)])
async def test_an_open_interface_is_closed_before_anything_else_on_postgres(
    postgres_scene: Scene, when: When, nth: int
) -> None:
    await killed_while_open(postgres_scene, when, nth)


async def test_killed_again_and_again(scene: Scene) -> None:
    """Four lives of one run end one level deeper each; the fifth completes it."""
    deaths = (
        AtCall(operation="CreateSnapshots", when="after"),
        AtCall(operation="LockSnapshot", when="before"),
        AtCall(operation="ModifyNetworkInterfaceAttribute", when="before"),
        AtCall(operation="ModifyNetworkInterfaceAttribute", when="after", nth=2),
    )
    doomed = await scene.start(deaths[0])
    await scene.finding()
    await scene.approve()
    await doomed.killed()
    for death in deaths[1:]:
        await (await scene.start(death)).killed()

    await scene.run()

    await judge(scene)


async def killed_once(scene: Scene, death: AtCall) -> None:
    doomed = await scene.start(death)
    await scene.finding()
    await scene.approve()
    await doomed.killed()

    await scene.run()

    await judge(scene)


async def killed_while_open(scene: Scene, when: When, nth: int) -> None:
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
