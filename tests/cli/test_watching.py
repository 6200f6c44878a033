"""The watch from a terminal: everything that chat can do with it, and the strip."""

from __future__ import annotations

import pytest

from tests.cli.test_terminal import Terminal, at

pytestmark = pytest.mark.emulator
__all__ = ["at"]


def test_a_watch_is_started_steered_stopped_and_signed(at: Terminal) -> None:
    nothing = at.as_("ana", "watch", at.incident)
    assert "Nothing is watched here yet" in nothing.out
    started = at.as_("ana", "watch", at.incident, "start")
    assert started.status == 0, started.err
    assert f"{at.seeded.web}  …" in started.out
    assert "no look was made yet" in started.out

    paused = at.as_("bo", "watch", at.incident, "pause", "--json")
    assert [w["state"] for w in paused.json] == ["paused"]
    assert at.as_("bo", "watch", at.incident, "extend", "24").status == 0
    assert at.as_("bo", "watch", at.incident, "resume").status == 0
    refused = at.as_("bo", "watch", at.incident, "sign", "clean")
    assert (refused.status, "is running" in refused.err) == (3, True)

    assert at.as_("ana", "watch", at.incident, "stop", "it", "was", "terminated").status == 0
    signed = at.as_("ana", "watch", at.incident, "sign", "nothing", "was", "seen")
    assert "Verdict “nothing was seen”, signed by U0ANA" in signed.out
    assert at.as_("ana", "watch", at.incident, "dance").status == 2


def test_its_checks_are_made_by_hand(at: Terminal) -> None:
    made = at.as_("ana", "watch", at.incident, "now", "--json")
    assert made.status == 0, made.err
    assert {reply["check"] for reply in made.json} >= {"watch-traffic", "watch-drift", "watch-cpu"}
