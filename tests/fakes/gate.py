"""Gates: one that is always open, and one that nobody passes."""

from __future__ import annotations


class OpenGate:
    """Lets everything pass; remembers whether the step opened it for those after it."""

    def __init__(self) -> None:
        self.opened = False

    async def passed(self) -> None:
        return

    def open(self) -> None:
        self.opened = True


class GateShut(Exception):
    """Somebody came to the gate."""


class ShutGate(OpenGate):
    """Turns everybody back who would change the target, at once: so a test sees what was done before."""

    async def passed(self) -> None:
        raise GateShut
