"""Message timestamps as arguments."""

import re

from sandbox.slack.errors import SlackError

TIMESTAMP = re.compile(r"\d+\.\d+")


def require_timestamp(ts: str) -> None:
    """Refuse what is no message timestamp, such as `1234567890.123456`. Raises: SlackError `bad_timestamp`."""
    if not TIMESTAMP.fullmatch(ts):
        raise SlackError("bad_timestamp")
