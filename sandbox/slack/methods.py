"""The methods that the workspace serves, one row each: what they need, what they may answer, how often.

Arguments, codes and tiers are those of Slack's reference. Left out are codes that nothing in a workspace of one
organisation with one bot can bring about: Slack Connect, legacy tokens, workflows, drafts, lists and canvases.
"""

from sandbox.slack import (
    boards,
    chat,
    conversations,
    directory,
    files,
    groups,
    history,
    membership,
    reactions,
    views,
)
from sandbox.slack.limits import POSTING
from sandbox.slack.method import Method, reading, writing

_BLOCKS = "no_text invalid_blocks invalid_blocks_format too_many_attachments markdown_text_conflict"
_THREAD = "cannot_reply_to_message"
_METADATA = "invalid_metadata_format metadata_too_large"
_NAME = "invalid_name_maxlength invalid_name_specials invalid_name_punctuation name_taken"
_TRIGGER = "invalid_trigger_id expired_trigger_id exchanged_trigger_id view_too_large duplicate_external_id"
_WRONG_KIND = "method_not_supported_for_channel_type"
_TIMES = "invalid_cursor invalid_ts_latest invalid_ts_oldest"

METHODS: dict[str, Method] = {
    "auth.test": writing(directory.auth_test, "", "", 4, ""),
    "apps.connections.open": Method(serve=directory.open_connection, tier=1, app_token=True),
    "users.info": reading(directory.user_info, "user", "users:read", 4, "user_not_found"),
    "users.lookupByEmail": reading(
        directory.user_by_email, "email", "users:read.email", 3, "users_not_found"
    ),
    "usergroups.list": reading(groups.listing, "", "usergroups:read", 2, "plan_upgrade_required"),
    "usergroups.users.list": reading(
        groups.members, "usergroup", "usergroups:read", 2, "no_such_subteam plan_upgrade_required"
    ),
    "usergroups.update": writing(
        groups.update, "usergroup", "usergroups:write", 2, "paid_teams_only permission_denied",
        usergroup="missing_argument",
    ),
    "usergroups.users.update": writing(
        groups.replace_members, "usergroup users", "usergroups:write", 2,
        "invalid_users plan_upgrade_required permission_denied",
        usergroup="missing_argument", users="no_users_provided",
    ),
    "chat.postMessage": writing(
        chat.post_message, "channel", "chat:write", POSTING,
        f"{_BLOCKS} {_THREAD} {_METADATA} channel_not_found is_archived not_in_channel msg_blocks_too_long "
        "as_user_not_supported restricted_action_read_only_channel messages_tab_disabled",
    ),
    "chat.update": writing(
        chat.update, "channel ts", "chat:write", 3,
        f"{_BLOCKS} {_METADATA} channel_not_found message_not_found cant_update_message is_inactive msg_too_long "
        "invalid_attachments as_user_not_supported",
    ),
    "chat.postEphemeral": writing(
        chat.post_ephemeral, "channel user", "chat:write", 4,
        f"{_BLOCKS} {_THREAD} channel_not_found is_archived not_in_channel user_not_in_channel msg_too_long "
        "invalid_attachments restricted_action messages_tab_disabled",
    ),
    "chat.delete": writing(
        chat.delete, "channel ts", "chat:write", 3, "channel_not_found message_not_found cant_delete_message"
    ),
    "chat.getPermalink": reading(
        chat.get_permalink, "channel message_ts", "", 4, "channel_not_found message_not_found"
    ),
    "conversations.create": writing(
        conversations.create, "name", "*:manage", 2, _NAME, name="invalid_name_required"
    ),
    "conversations.rename": writing(
        conversations.rename, "channel name", "*:manage", 2,
        f"{_NAME} {_WRONG_KIND} channel_not_found not_in_channel is_archived not_authorized",
        name="invalid_name_required",
    ),
    "conversations.setTopic": writing(
        conversations.set_topic, "channel topic", "*:manage", 2,
        f"channel_not_found not_in_channel is_archived too_long {_WRONG_KIND}",
    ),
    "conversations.archive": writing(
        conversations.archive, "channel", "*:manage", 2,
        f"channel_not_found not_in_channel already_archived cant_archive_general {_WRONG_KIND}",
    ),
    "conversations.invite": writing(
        membership.invite, "channel users", "*:manage", 3,
        "channel_not_found not_in_channel is_archived no_user user_not_found cant_invite_self already_in_channel "
        f"{_WRONG_KIND}",
    ),
    "conversations.kick": writing(
        membership.kick, "channel", "*:manage", 3,
        "channel_not_found not_in_channel user_not_found cant_kick_self cant_kick_from_general not_supported "
        f"{_WRONG_KIND}",
    ),
    "conversations.join": writing(
        membership.join, "channel", "channels:join", 3, f"channel_not_found is_archived {_WRONG_KIND}"
    ),
    "conversations.open": writing(
        membership.open_direct, "", "im:write", 3,
        f"channel_not_found user_not_found user_disabled users_list_not_supplied too_many_users {_WRONG_KIND}",
    ),
    "conversations.info": reading(conversations.info, "channel", "*:read", 3, "channel_not_found"),
    "conversations.list": reading(
        conversations.listing, "", "*:read", 2, "invalid_types invalid_cursor invalid_limit"
    ),
    "conversations.members": reading(
        membership.members, "channel", "*:read", 4, "channel_not_found invalid_cursor invalid_limit"
    ),
    "conversations.history": reading(
        history.history, "channel", "*:history", 3, f"channel_not_found not_in_channel {_TIMES}"
    ),
    "conversations.replies": reading(
        history.replies, "channel ts", "*:history", 3,
        f"channel_not_found not_in_channel thread_not_found {_TIMES}",
    ),
    "pins.add": writing(
        boards.add_pin, "channel", "pins:write", 2,
        "channel_not_found not_in_channel no_item_specified bad_timestamp message_not_found already_pinned "
        "too_many_pins",
    ),
    "pins.remove": writing(
        boards.remove_pin, "channel", "pins:write", 2,
        "channel_not_found no_item_specified bad_timestamp message_not_found no_pin",
    ),
    "reactions.add": writing(
        reactions.add, "channel name timestamp", "reactions:write", 3,
        "channel_not_found message_not_found bad_timestamp is_archived already_reacted too_many_emoji "
        "too_many_reactions no_access",
        name="invalid_name", channel="no_item_specified", timestamp="no_item_specified",
    ),
    "bookmarks.add": writing(
        boards.add_bookmark, "title type", "bookmarks:write", 2,
        "channel_not_found invalid_bookmark_type invalid_link invalid_emoji too_many_bookmarks",
    ),
    "bookmarks.edit": writing(
        boards.edit_bookmark, "", "bookmarks:write", 2, "channel_not_found not_found invalid_link invalid_emoji"
    ),
    "views.open": writing(views.open_view, "view", "", 4, _TRIGGER),
    "views.push": writing(views.push_view, "view", "", 4, f"{_TRIGGER} not_found push_limit_reached"),
    "views.update": writing(
        views.update_view, "view", "", 4, "not_found hash_conflict view_too_large duplicate_external_id"
    ),
    "views.publish": writing(
        views.publish_view, "user_id view", "", 4,
        "hash_conflict view_too_large duplicate_external_id not_enabled",
    ),
    "files.getUploadURLExternal": reading(
        files.get_upload_url, "filename length", "files:write", 4,
        "alt_txt_too_large file_upload_size_restricted snippet_too_large",
        filename="missing_argument", length="missing_argument",
    ),
    "files.completeUploadExternal": writing(
        files.complete_upload, "files", "files:write", 4,
        "file_not_found channel_not_found not_in_channel channels_limit_exceeded invalid_blocks "
        "posting_to_channel_denied",
    ),
}  # fmt: skip
