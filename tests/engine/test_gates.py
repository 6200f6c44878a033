from __future__ import annotations

import asyncio

from engine.gates import Changes, gates

AFTER = {"memory": (), "isolate": ("memory", "snapshot"), "snapshot": (), "tag": ()}


def test_a_step_knows_whether_others_of_its_run_wait_for_it() -> None:
    made = gates(AFTER, ["memory", "isolate", "tag"])
    assert {name: gate.awaited for name, gate in made.items()} == {
        "memory": True,
        "isolate": False,
        "tag": False,
    }
    assert not gates(AFTER, ["memory"])["memory"].awaited


async def test_a_gate_passes_when_every_step_before_it_has_opened() -> None:
    made = gates(AFTER, ["memory", "isolate", "snapshot"])
    made["memory"].open()
    assert not all(event.is_set() for event in made["isolate"].before)
    made["snapshot"].open()
    await made["isolate"].passed()


def test_a_step_that_stands_alone_lets_the_others_go_ahead() -> None:
    after = {"snapshot": (), "isolate": ("snapshot",), "tag": ()}
    at = gates(after, after)
    assert {name for name, gate in at.items() if gate.alone} == {"tag"}
    assert not any(gate.alone for gate in gates(after, ["tag"]).values())


async def test_looks_take_turns_while_changes_are_being_made_and_then_all_go_at_once() -> None:
    names = ("a", "b", "c", "isolate")
    changes, looking, enough = Changes(names), set[str](), asyncio.Event()

    async def look(name: str) -> None:
        async with changes.turn():
            looking.add(name)
            await enough.wait()

    for name in names[:3]:
        changes.made(name)
    looks = [asyncio.create_task(look(name)) for name in names[:3]]
    for _ in range(10):
        await asyncio.sleep(0)
    assert looking == {"a", "b"}

    changes.made("isolate")
    looks.append(asyncio.create_task(look("isolate")))
    for _ in range(10):
        await asyncio.sleep(0)
    assert looking == set(names)
    enough.set()
    await asyncio.gather(*looks)


async def test_a_turn_is_given_on() -> None:
    changes = Changes(("a", "b", "c", "d"))
    order: list[str] = []

    async def look(name: str) -> None:
        async with changes.turn():
            order.append(name)
            await asyncio.sleep(0)

    await asyncio.gather(*(look(name) for name in "abc"))
    assert order == ["a", "b", "c"]
