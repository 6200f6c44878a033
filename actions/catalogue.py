"""Every action, in the order in which people read them. A new action is its file and one line here."""

from __future__ import annotations

from actions.action import AnyAction
from actions.analyse import analyse
from actions.block_domains import block_domains
from actions.block_ports import block_ports
from actions.close_ports import close_ports
from actions.deactivate_keys import deactivate_keys
from actions.deregister import deregister
from actions.guardduty import guardduty
from actions.imdsv2 import imdsv2
from actions.isolate import isolate
from actions.lab import lab
from actions.memory import memory
from actions.protect import protect
from actions.register import register
from actions.replace import replace
from actions.retire_key import retire_key
from actions.revoke import revoke
from actions.revoke_role import revoke_role
from actions.snapshot import snapshot
from actions.stop import stop
from actions.tag import tag
from actions.teardown import teardown
from actions.terminate import terminate

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
    block_domains,
    block_ports,
    lab,
    analyse,
    teardown,
    terminate,
    deactivate_keys,
    retire_key,
    close_ports,
    replace,
    register,
    guardduty,
    imdsv2,
)

BY_NAME: dict[str, AnyAction] = {action.name: action for action in ACTIONS}
