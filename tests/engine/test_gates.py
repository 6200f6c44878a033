from __future__ import annotations

from engine.gates import gates

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
