"""Block Kit's elements: what may be clicked, chosen or typed into, and how long its parts may be.

Figures are Slack's reference for Block Kit.
"""

from sandbox.slack.checks import (
    Check,
    anything,
    between,
    boolean,
    choice,
    exactly_one,
    many,
    pattern,
    string,
    text,
    thing,
)

ID, URL = string(255), string(3000)
PLACEHOLDER = text(150, plain=True)
CONFIRM = thing(
    {
        "title": text(100, plain=True), "text": text(300), "confirm": text(30, plain=True),
        "deny": text(30, plain=True), "style": choice("primary", "danger"),
    },
    {"title", "text", "confirm", "deny"},
)  # fmt: skip
OPTION = thing(
    {"text": text(75), "value": string(150), "description": text(75), "url": URL}, {"text", "value"}
)
OPTION_GROUP = thing({"label": text(75, plain=True), "options": many(OPTION, 100)}, {"label", "options"})
DATE = pattern(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])", "YYYY-MM-DD")
TIME = pattern(r"([01]\d|2[0-3]):[0-5]\d", "HH:mm")
ANY_NUMBER = 2**31
FILTER = thing(
    {
        "include": many(choice("im", "mpim", "private", "public"), 4),
        "exclude_external_shared_channels": boolean, "exclude_bot_users": boolean,
    },
    set(),
)  # fmt: skip
DISPATCH = thing({"trigger_actions_on": many(choice("on_enter_pressed", "on_character_entered"), 2)}, set())


def _element(required: set[str], **fields: Check) -> Check:
    known = {"type": anything, "action_id": ID, "focus_on_load": boolean, "confirm": CONFIRM, **fields}
    return thing(known, {"type", *required})


def _select(required: set[str], **fields: Check) -> Check:
    return _element(required, placeholder=PLACEHOLDER, **fields)


def _selects(kind: str, initial: str, **fields: Check) -> dict[str, Check]:
    one = _select(set(), **fields, **{f"initial_{initial}": anything}, response_url_enabled=boolean)
    several = _select(
        set(), **fields, **{f"initial_{initial}s": anything}, max_selected_items=between(1, ANY_NUMBER)
    )
    return {f"{kind}_select": one, f"multi_{kind}_select": several}


def _static_selects() -> dict[str, Check]:
    """Selects with options of their own: a list of them, or groups of them, and not both."""
    made = _selects("static", "option", options=many(OPTION, 100), option_groups=many(OPTION_GROUP, 100))
    return {kind: exactly_one(check, "options", "option_groups") for kind, check in made.items()}


BUTTON = _element(
    {"text", "action_id"},
    text=text(75, plain=True), value=string(2000), url=URL, style=choice("primary", "danger"),
    accessibility_label=string(75),
)  # fmt: skip
IMAGE_ELEMENT = exactly_one(
    thing(
        {"type": anything, "image_url": URL, "slack_file": anything, "alt_text": string(2000)},
        {"type", "alt_text"},
    ),
    "image_url", "slack_file",
)  # fmt: skip
CHOICES: dict[str, Check] = {
    **_static_selects(),
    **_selects("users", "user"),
    **_selects("channels", "channel"),
    **_selects("conversations", "conversation", default_to_current_conversation=boolean, filter=FILTER),
    "checkboxes": _element({"options"}, options=many(OPTION, 10), initial_options=many(OPTION, 10)),
    "radio_buttons": _element({"options"}, options=many(OPTION, 10), initial_option=OPTION),
    "datepicker": _select(set(), initial_date=DATE),
    "timepicker": _select(set(), initial_time=TIME, timezone=string(64)),
    "datetimepicker": _element(set(), initial_date_time=between(0, 9_999_999_999)),
}
CLICKABLE = {"button": BUTTON, "overflow": _element({"options"}, options=many(OPTION, 5)), **CHOICES}
_TYPED = {"initial_value": string(3000, 0), "dispatch_action_config": DISPATCH}
INPUTS = {
    **CHOICES,
    "plain_text_input": _select(
        set(), **_TYPED, multiline=boolean, min_length=between(0, 3000), max_length=between(1, 3000)
    ),
    "number_input": _select(
        {"is_decimal_allowed"}, **_TYPED, is_decimal_allowed=boolean, min_value=anything, max_value=anything
    ),
    "email_text_input": _select(set(), **_TYPED),
    "url_text_input": _select(set(), **_TYPED),
    "file_input": _element(set(), filetypes=many(string(20), 100), max_files=between(1, 10)),
}  # fmt: skip
