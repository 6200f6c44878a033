"""For every refusal that a method declares, arguments that bring it about; `$names` stand for what `world` holds."""

from typing import Any

SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3000}}
DIVIDER = {"type": "divider"}
MODAL: dict[str, Any] = {"type": "modal", "title": {"type": "plain_text", "text": "T"}, "blocks": [DIVIDER]}
NAMED = {**MODAL, "external_id": "taken"}
BULKY = {**MODAL, "blocks": [SECTION] * 100}
HOME: dict[str, Any] = {"type": "home", "blocks": [DIVIDER]}
METADATA = {"event_type": "card", "event_payload": {"text": "x" * 17_000}}


def posting(channel: str = "$open", **more: Any) -> dict[str, Any]:
    return {"channel": channel, "text": "x", **more}


def reaction(**more: Any) -> dict[str, Any]:
    return {"name": "eyes", "channel": "$open", "timestamp": "$open_card", **more}


BOOKMARK = {"channel_id": "$open", "title": "x", "type": "link", "link": "https://a.example"}
LONG = [SECTION] * 5  # 15,000 characters
BLOCKS: dict[str, dict[str, Any]] = {
    "no_text": {"text": ""},
    "invalid_blocks": {"blocks": [{"type": "section"}]},
    "invalid_blocks_format": {"blocks": "[{"},
    "too_many_attachments": {"attachments": [{"text": "x"}] * 101},
    "markdown_text_conflict": {"markdown_text": "**x**"},
}
META: dict[str, dict[str, Any]] = {
    "invalid_metadata_format": {"metadata": {"event_type": "card"}},
    "metadata_too_large": {"metadata": METADATA},
}
CARD = {"ts": "$open_card"}

# Those that want a workspace on the free plan, or an app without one of its tabs.
ON_THE_FREE_PLAN: dict[str, dict[str, dict[str, Any]]] = {
    "usergroups.list": {"plan_upgrade_required": {}},
    "usergroups.users.list": {"plan_upgrade_required": {"usergroup": "S0APPROVE"}},
    "usergroups.update": {"paid_teams_only": {"usergroup": "S0APPROVE"}},
    "usergroups.users.update": {"plan_upgrade_required": {"usergroup": "S0APPROVE", "users": "$ana"}},
}
WITHOUT_TABS: dict[str, dict[str, dict[str, Any]]] = {
    "chat.postMessage": {"messages_tab_disabled": posting("$im")},
    "chat.postEphemeral": {"messages_tab_disabled": posting("$im", user="$ana")},
    "views.publish": {"not_enabled": {"user_id": "$ana", "view": HOME}},
}

REFUSALS: dict[str, dict[str, dict[str, Any]]] = {
    "users.info": {"user_not_found": {"user": "U404"}},
    "users.lookupByEmail": {"users_not_found": {"email": "gone@example.com"}},
    "usergroups.users.list": {"no_such_subteam": {"usergroup": "S404"}},
    "usergroups.update": {
        "missing_argument": {},
        "permission_denied": {"usergroup": "$locked", "name": "x"},
    },
    "usergroups.users.update": {
        "missing_argument": {"users": "$ana"},
        "no_users_provided": {"usergroup": "S0APPROVE"},
        "invalid_users": {"usergroup": "S0APPROVE", "users": "U404"},
        "permission_denied": {"usergroup": "$locked", "users": "$ana"},
    },
    "chat.postMessage": {
        **{error: posting(**more) for error, more in {**BLOCKS, **META}.items()},
        "channel_not_found": posting("$secret"),
        "is_archived": posting("$archived"),
        "not_in_channel": posting("$outside"),
        "cannot_reply_to_message": posting(thread_ts="$reply"),
        "msg_blocks_too_long": posting(blocks=LONG),
        "as_user_not_supported": posting(as_user=True),
        "restricted_action_read_only_channel": posting("$read_only"),
    },
    "chat.update": {
        **{error: posting(**CARD, **more) for error, more in {**BLOCKS, **META}.items()},
        "no_text": {"channel": "$open", **CARD},
        "channel_not_found": posting("C404", **CARD),
        "message_not_found": posting(ts="1.0"),
        "cant_update_message": posting(ts="$anas"),
        "is_inactive": posting("$archived", ts="$archived_card"),
        "msg_too_long": {"channel": "$open", **CARD, "text": "x" * 4001},
        "invalid_attachments": posting(**CARD, attachments="[{"),
        "as_user_not_supported": posting(**CARD, as_user=True),
    },
    "chat.postEphemeral": {
        **{error: posting(user="$ana", **more) for error, more in BLOCKS.items()},
        "channel_not_found": posting("$secret", user="$ana"),
        "is_archived": posting("$archived", user="$ana"),
        "not_in_channel": posting("$outside", user="$ana"),
        "user_not_in_channel": posting(user="$dee"),
        "msg_too_long": posting(user="$ana", blocks=LONG),
        "invalid_attachments": posting(user="$ana", attachments={"text": "x"}),
        "cannot_reply_to_message": posting(user="$ana", thread_ts="$reply"),
        "restricted_action": posting("$read_only", user="$ana"),
    },
    "chat.delete": {
        "channel_not_found": {"channel": "$secret", "ts": "1.0"},
        "message_not_found": {"channel": "$open", "ts": "1.0"},
        "cant_delete_message": {"channel": "$open", "ts": "$anas"},
    },
    "chat.getPermalink": {
        "channel_not_found": {"channel": "C404", "message_ts": "$open_card"},
        "message_not_found": {"channel": "$open", "message_ts": "1.0"},
    },
    "conversations.create": {
        "invalid_name_required": {},
        "invalid_name_maxlength": {"name": "x" * 81},
        "invalid_name_specials": {"name": "Has Capitals"},
        "invalid_name_punctuation": {"name": "--"},
        "name_taken": {"name": "incidents"},
    },
    "conversations.rename": {
        "invalid_name_required": {"channel": "$made"},
        "invalid_name_maxlength": {"channel": "$made", "name": "x" * 81},
        "invalid_name_specials": {"channel": "$made", "name": "Has Capitals"},
        "invalid_name_punctuation": {"channel": "$made", "name": "--"},
        "name_taken": {"channel": "$made", "name": "incidents"},
        "channel_not_found": {"channel": "$secret", "name": "x"},
        "not_in_channel": {"channel": "$outside", "name": "x"},
        "is_archived": {"channel": "$archived", "name": "x"},
        "not_authorized": {"channel": "$open", "name": "x"},
        "method_not_supported_for_channel_type": {"channel": "$im", "name": "x"},
    },
    "conversations.kick": {
        "channel_not_found": {"channel": "$secret", "user": "$ana"},
        "not_in_channel": {"channel": "$open", "user": "$dee"},
        "user_not_found": {"channel": "$open", "user": "U404"},
        "cant_kick_self": {"channel": "$open", "user": "$bot"},
        "cant_kick_from_general": {"channel": "$general", "user": "$ana"},
        "not_supported": {"channel": "$archived", "user": "$ana"},
        "method_not_supported_for_channel_type": {"channel": "$im", "user": "$ana"},
    },
    "conversations.open": {
        "channel_not_found": {"channel": "D404"},
        "user_not_found": {"users": "U404"},
        "user_disabled": {"users": "$gone"},
        "users_list_not_supplied": {},
        "too_many_users": {"users": ",".join(f"U{n}" for n in range(9))},
        "method_not_supported_for_channel_type": {"channel": "$open"},
    },
    "conversations.invite": {
        "channel_not_found": {"channel": "$secret", "users": "$dee"},
        "not_in_channel": {"channel": "$outside", "users": "$dee"},
        "is_archived": {"channel": "$archived", "users": "$dee"},
        "no_user": {"channel": "$open", "users": ","},
        "user_not_found": {"channel": "$open", "users": "S0APPROVE"},
        "cant_invite_self": {"channel": "$open", "users": "$bot"},
        "already_in_channel": {"channel": "$open", "users": "$ana"},
        "method_not_supported_for_channel_type": {"channel": "$im", "users": "$dee"},
    },
    "conversations.setTopic": {
        "channel_not_found": {"channel": "$secret", "topic": "x"},
        "not_in_channel": {"channel": "$outside", "topic": "x"},
        "is_archived": {"channel": "$archived", "topic": "x"},
        "too_long": {"channel": "$open", "topic": "x" * 251},
        "method_not_supported_for_channel_type": {"channel": "$im", "topic": "x"},
    },
    "conversations.archive": {
        "channel_not_found": {"channel": "$secret"},
        "not_in_channel": {"channel": "$outside"},
        "already_archived": {"channel": "$archived"},
        "cant_archive_general": {"channel": "$general"},
        "method_not_supported_for_channel_type": {"channel": "$im"},
    },
    "conversations.join": {
        "channel_not_found": {"channel": "$secret"},
        "is_archived": {"channel": "$archived"},
        "method_not_supported_for_channel_type": {"channel": "$im"},
    },
    "conversations.info": {"channel_not_found": {"channel": "$secret"}},
    "conversations.list": {
        "invalid_types": {"types": "channel"},
        "invalid_cursor": {"cursor": "zzz"},
        "invalid_limit": {"limit": 1000},
    },
    "conversations.members": {
        "channel_not_found": {"channel": "$secret"},
        "invalid_cursor": {"channel": "$open", "cursor": "zzz"},
        "invalid_limit": {"channel": "$open", "limit": 0},
    },
    "conversations.history": {
        "channel_not_found": {"channel": "$secret"},
        "not_in_channel": {"channel": "$outside"},
        "invalid_cursor": {"channel": "$open", "cursor": "zzz"},
        "invalid_ts_latest": {"channel": "$open", "latest": "noon"},
        "invalid_ts_oldest": {"channel": "$open", "oldest": "dawn"},
    },
    "conversations.replies": {
        "channel_not_found": {"channel": "$secret", "ts": "1.0"},
        "not_in_channel": {"channel": "$outside", "ts": "1.0"},
        "thread_not_found": {"channel": "$open", "ts": "1.0"},
        "invalid_cursor": {"channel": "$open", **CARD, "cursor": "zzz"},
        "invalid_ts_latest": {"channel": "$open", **CARD, "latest": "noon"},
        "invalid_ts_oldest": {"channel": "$open", **CARD, "oldest": "dawn"},
    },
    "pins.add": {
        "channel_not_found": {"channel": "$secret", "timestamp": "1.0"},
        "not_in_channel": {"channel": "$outside", "timestamp": "1.0"},
        "no_item_specified": {"channel": "$open"},
        "bad_timestamp": {"channel": "$open", "timestamp": "noon"},
        "message_not_found": {"channel": "$open", "timestamp": "1.0"},
        "already_pinned": {"channel": "$open", "timestamp": "$open_card"},
        "too_many_pins": {"channel": "$full", "timestamp": "$full_card"},
    },
    "pins.remove": {
        "channel_not_found": {"channel": "$outside", "timestamp": "1.0"},
        "no_item_specified": {"channel": "$open"},
        "bad_timestamp": {"channel": "$open", "timestamp": "noon"},
        "message_not_found": {"channel": "$open", "timestamp": "1.0"},
        "no_pin": {"channel": "$open", "timestamp": "$reply"},
    },
    "reactions.add": {
        "invalid_name": reaction(name=":eyes:"),
        "no_item_specified": {"name": "eyes", "channel": "$open"},
        "channel_not_found": reaction(channel="$secret"),
        "bad_timestamp": reaction(timestamp="noon"),
        "no_access": reaction(channel="$outside"),
        "is_archived": reaction(channel="$archived", timestamp="$archived_card"),
        "message_not_found": reaction(timestamp="1.0"),
        "already_reacted": reaction(name="white_check_mark"),
        "too_many_reactions": reaction(timestamp="$mine_full"),
        "too_many_emoji": reaction(timestamp="$all_full"),
    },
    "bookmarks.edit": {
        "channel_not_found": {"channel_id": "$outside", "bookmark_id": "$bookmark"},
        "not_found": {"channel_id": "$open", "bookmark_id": "Bk404"},
        "invalid_link": {"channel_id": "$open", "bookmark_id": "$bookmark", "link": "javascript:alert(1)"},
        "invalid_emoji": {"channel_id": "$open", "bookmark_id": "$bookmark", "emoji": "smile"},
    },
    "bookmarks.add": {
        "invalid_emoji": {**BOOKMARK, "emoji": "smile"},
        "channel_not_found": {
            "channel_id": "$secret",
            "title": "x",
            "type": "link",
            "link": "https://a.example",
        },
        "invalid_bookmark_type": {"channel_id": "$open", "title": "x", "type": "file"},
        "invalid_link": {"channel_id": "$open", "title": "x", "type": "link", "link": "javascript:alert(1)"},
        "too_many_bookmarks": {
            "channel_id": "$full",
            "title": "x",
            "type": "link",
            "link": "https://a.example",
        },
    },
    "views.open": {
        "invalid_trigger_id": {"trigger_id": "1.T", "view": MODAL},
        "expired_trigger_id": {"trigger_id": "$old", "view": MODAL},
        "exchanged_trigger_id": {"trigger_id": "$used", "view": MODAL},
        "view_too_large": {"trigger_id": "$live", "view": BULKY},
        "duplicate_external_id": {"trigger_id": "$live", "view": NAMED},
    },
    "views.push": {
        "invalid_trigger_id": {"trigger_id": "1.T", "view": MODAL},
        "expired_trigger_id": {"trigger_id": "$old", "view": MODAL},
        "exchanged_trigger_id": {"trigger_id": "$used", "view": MODAL},
        "view_too_large": {"trigger_id": "$live", "view": BULKY},
        "not_found": {"trigger_id": "$modal_less", "view": MODAL},
        "push_limit_reached": {"trigger_id": "$deep", "view": MODAL},
        "duplicate_external_id": {"trigger_id": "$deep", "view": NAMED},
    },
    "views.update": {
        "not_found": {"view_id": "V404", "view": MODAL},
        "hash_conflict": {"view_id": "$modal", "view": MODAL, "hash": "1.0"},
        "view_too_large": {"view_id": "$modal", "view": BULKY},
        "duplicate_external_id": {"view_id": "$modal", "view": NAMED},
    },
    "views.publish": {
        "hash_conflict": {"user_id": "$ana", "view": HOME, "hash": "1.0"},
        "view_too_large": {"user_id": "$ana", "view": {"type": "home", "blocks": [SECTION] * 100}},
        "duplicate_external_id": {"user_id": "$ana", "view": {**HOME, "external_id": "taken"}},
    },
    "files.getUploadURLExternal": {
        "missing_argument": {"filename": "a.json"},
        "alt_txt_too_large": {"filename": "a.png", "length": 9, "alt_txt": "x" * 1001},
        "file_upload_size_restricted": {"filename": "a.bin", "length": 1_000_000_001},
        "snippet_too_large": {"filename": "a.py", "length": 1_000_001, "snippet_type": "python"},
    },
    "files.completeUploadExternal": {
        "file_not_found": {"files": '[{"id": "F404"}]'},
        "channel_not_found": {"files": "$uploaded", "channel_id": "$secret"},
        "not_in_channel": {"files": "$uploaded", "channel_id": "$outside"},
        "channels_limit_exceeded": {"files": "$uploaded", "channels": ",".join(["C1"] * 101)},
        "posting_to_channel_denied": {"files": "$uploaded", "channel_id": "$read_only"},
        "invalid_blocks": {"files": "$uploaded", "channel_id": "$open", "blocks": "[{"},
    },
}
