"""What stands beside Slack on the page and is not Slack's: whoever serves the page hands it in."""

from typing import Protocol

from sandbox.slack.models import JSON


class Beside(Protocol):
    """The demo's own part of the page: the account's truth, a guide, and levers."""

    def offers(self) -> JSON:
        """Return what does not change: `{"verbs": [{"usage", "help"}], "people": {user id: role}, "levers": [LEVER]}`.

        A LEVER is `{"name", "title", "choices": [{"id", "title", "about"}]}`.
        """
        ...

    async def now(self) -> JSON:
        """Return what does change: `{"clock", "busy", "hint", "account"}`; pushed to the page when it is another."""
        ...

    async def pull(self, lever: str, choice: str) -> str:
        """Pull a lever and return what happens now, in words. Raises: CannotActError."""
        ...
