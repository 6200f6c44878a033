"""A strict, small Slack workspace in a box: for the tests and the demo."""

from sandbox.slack.delivery import Ack, Delivery, Envelope, sign
from sandbox.slack.errors import CannotActError, SlackError
from sandbox.slack.http_delivery import HttpDelivery
from sandbox.slack.in_process import InProcessDelivery
from sandbox.slack.limits import Fault, Faults, Limits
from sandbox.slack.manifest import app_of
from sandbox.slack.models import App, Call, Channel, Ephemeral, Message, User, UserGroup, View
from sandbox.slack.outcome import Click, Outcome
from sandbox.slack.query import Button, blocks_in, buttons, texts, with_metadata
from sandbox.slack.server import Server, serving, start
from sandbox.slack.socket_mode import SocketMode
from sandbox.slack.workspace import Workspace

__all__ = [
    "Ack", "App", "Button", "Call", "CannotActError", "Channel", "Click", "Delivery", "Envelope", "Ephemeral", "Fault",
    "Faults", "HttpDelivery", "InProcessDelivery", "Limits", "Message", "Outcome", "Server", "SlackError",
    "SocketMode", "User", "UserGroup", "View", "Workspace", "app_of", "blocks_in", "buttons", "serving", "sign",
    "start", "texts", "with_metadata",
]  # fmt: skip
