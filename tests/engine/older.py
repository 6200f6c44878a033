"""A process that runs other code under our fixed version, and never ends what it began."""

from __future__ import annotations

import threading
from multiprocessing.connection import Connection

from dbos import DBOS, SetWorkflowID

from engine.durable import VERSION, system_url


def begin(database_url: str, executor: str, run: str, alive: Connection) -> None:
    """Begin a run's workflow, say so, and stay in it until killed or let go of."""
    DBOS(
        config={
            "name": "ec2ir",
            "system_database_url": system_url(database_url),
            "executor_id": executor,
            "application_version": VERSION,
            "console_log_level": "ERROR",
        }
    )
    begun = threading.Event()

    def other_code(run: str) -> None:
        begun.set()
        threading.Event().wait()

    workflow = DBOS.workflow(name="run")(other_code)
    DBOS.launch()
    with SetWorkflowID(f"run:{run}:0"):
        DBOS.start_workflow(workflow, run)
    begun.wait()
    alive.send("begun")
    alive.poll(None)
