"""AWS's own limits on how often a call may be made, kept by all who make it from this process."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Hashable


class Pace:
    """Gives out moments at which a call may leave: at most so many in any second, first come, first served.

    Thread-safe. It never waits itself: whoever asks waits as long as it says.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._given: dict[Hashable, deque[float]] = {}
        self._lock = threading.Lock()

    def wait(self, key: Hashable, per_second: int) -> float:
        """The seconds to wait from now until this caller's moment; the moment is taken with it."""
        with self._lock:
            now = self._clock()
            given = self._given.setdefault(key, deque(maxlen=per_second))
            moment = now if len(given) < per_second else max(now, given[0] + 1.0)
            given.append(moment)
            return moment - now
