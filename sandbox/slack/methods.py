"""The methods that the workspace serves, one row each: what they need, what they may answer, how often."""

from collections.abc import Callable
from dataclasses import dataclass

from sandbox.slack import boards, chat, conversations, directory, files, history, views
from sandbox.slack.arguments import Arguments
from sandbox.slack.limits import POSTING
from sandbox.slack.models import JSON
from sandbox.slack.state import State

Handler = Callable[[State, Arguments], JSON]

# Any method may answer these. `invalid_arguments` is what Slack really sends for a missing argument or a bad view,
# with the reasons in response_metadata; its own lists of codes leave it out.
EVERYWHERE = frozenset(
    {
        "not_authed", "invalid_auth", "not_allowed_token_type", "missing_scope", "ratelimited", "internal_error",
        "service_unavailable", "invalid_arguments",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """One row. In `scope`, `*` stands for `channels`, `groups` or `im`, by the kind of the channel.

    `tier` is Slack's rate limit tier; 0 is that of posting. `missing` is the refusal for a missing argument.
    """

    serve: Handler
    required: frozenset[str] = frozenset()
    errors: frozenset[str] = frozenset()
    scope: str = ""
    tier: int = 3
    missing: str = "invalid_arguments"
    app_token: bool = False


def _row(serve: Handler, required: str, scope: str, tier: int, errors: str, missing: str = "") -> Method:
    return Method(
        serve=serve,
        required=frozenset(required.split()),
        scope=scope,
        tier=tier,
        errors=frozenset(errors.split()),
        missing=missing or "invalid_arguments",
    )


_BLOCKS = "no_text invalid_blocks invalid_blocks_format"
_TRIGGER = "invalid_trigger_id expired_trigger_id exchanged_trigger_id view_too_large"

METHODS: dict[str, Method] = {
    "auth.test": _row(directory.auth_test, "", "", 4, ""),
    "apps.connections.open": Method(serve=directory.open_connection, tier=1, app_token=True),
    "users.info": _row(directory.user_info, "user", "users:read", 4, "user_not_found"),
    "usergroups.list": _row(directory.group_list, "", "usergroups:read", 2, ""),
    "usergroups.users.list": _row(
        directory.group_members, "usergroup", "usergroups:read", 2, "no_such_subteam"
    ),
    "chat.postMessage": _row(
        chat.post_message, "channel", "chat:write", POSTING,
        f"{_BLOCKS} channel_not_found is_archived not_in_channel cannot_reply_to_message msg_blocks_too_long "
        "invalid_metadata_format metadata_too_large",
    ),
    "chat.update": _row(
        chat.update, "channel ts", "chat:write", 3,
        f"{_BLOCKS} channel_not_found message_not_found cant_update_message is_inactive msg_too_long "
        "invalid_metadata_format metadata_too_large",
    ),
    "chat.postEphemeral": _row(
        chat.post_ephemeral, "channel user", "chat:write", 4,
        f"{_BLOCKS} channel_not_found is_archived not_in_channel user_not_in_channel msg_too_long",
    ),
    "chat.getPermalink": _row(
        chat.get_permalink, "channel message_ts", "", 4, "channel_not_found message_not_found"
    ),
    "conversations.create": _row(
        conversations.create, "name", "*:manage", 2,
        "invalid_name_required invalid_name_maxlength invalid_name_specials invalid_name_punctuation name_taken",
        missing="invalid_name_required",
    ),
    "conversations.invite": _row(
        conversations.invite, "channel users", "*:manage", 3,
        "channel_not_found not_in_channel is_archived no_user user_not_found cant_invite_self already_in_channel "
        "method_not_supported_for_channel_type",
    ),
    "conversations.setTopic": _row(
        conversations.set_topic, "channel topic", "*:manage", 2,
        "channel_not_found not_in_channel is_archived too_long method_not_supported_for_channel_type",
    ),
    "conversations.archive": _row(
        conversations.archive, "channel", "*:manage", 2,
        "channel_not_found not_in_channel already_archived method_not_supported_for_channel_type",
    ),
    "conversations.join": _row(
        conversations.join, "channel", "channels:join", 3,
        "channel_not_found is_archived method_not_supported_for_channel_type",
    ),
    "conversations.info": _row(conversations.info, "channel", "*:read", 3, "channel_not_found"),
    "conversations.list": _row(conversations.listing, "", "*:read", 2, "invalid_types invalid_cursor"),
    "conversations.members": _row(
        conversations.members, "channel", "*:read", 4, "channel_not_found invalid_cursor"
    ),
    "conversations.history": _row(
        history.history, "channel", "*:history", 3,
        "channel_not_found not_in_channel invalid_cursor invalid_ts_latest invalid_ts_oldest",
    ),
    "conversations.replies": _row(
        history.replies, "channel ts", "*:history", 3,
        "channel_not_found not_in_channel thread_not_found invalid_cursor invalid_ts_latest invalid_ts_oldest",
    ),
    "pins.add": _row(
        boards.add_pin, "channel", "pins:write", 2,
        "channel_not_found not_in_channel no_item_specified message_not_found already_pinned too_many_pins",
    ),
    "bookmarks.add": _row(
        boards.add_bookmark, "title type", "bookmarks:write", 2,
        "channel_not_found invalid_bookmark_type invalid_link too_many_bookmarks",
    ),
    "views.open": _row(views.open_view, "view", "", 4, _TRIGGER),
    "views.push": _row(views.push_view, "view", "", 4, f"{_TRIGGER} not_found push_limit_reached"),
    "views.update": _row(views.update_view, "view", "", 4, "not_found hash_conflict view_too_large"),
    "views.publish": _row(views.publish_view, "user_id view", "", 4, "hash_conflict view_too_large"),
    "files.getUploadURLExternal": _row(
        files.get_upload_url, "filename length", "files:write", 4, "missing_argument", missing="missing_argument"
    ),
    "files.completeUploadExternal": _row(
        files.complete_upload, "files", "files:write", 4, "file_not_found channel_not_found not_in_channel"
    ),
}  # fmt: skip
