"""Every action, in the order in which people read them. A new action is its file and one line here."""

from __future__ import annotations

from actions.action import AnyAction
from actions.deregister import deregister
from actions.isolate import isolate
from actions.memory import memory
from actions.protect import protect
from actions.revoke import revoke
from actions.revoke_role import revoke_role
from actions.snapshot import snapshot
from actions.stop import stop
from actions.tag import tag

ACTIONS: tuple[AnyAction, ...] = (
    protect,
    snapshot,
    tag,
    deregister,
    isolate,
    revoke,
    revoke_role,
    memory,
    stop,
)

BY_NAME: dict[str, AnyAction] = {action.name: action for action in ACTIONS}
