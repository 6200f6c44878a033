"""The page for people: what one of them sees, their acts, a stream of changes, and what stands beside Slack."""

from sandbox.slack.page.beside import Beside
from sandbox.slack.page.routes import Page

__all__ = ["Beside", "Page"]
