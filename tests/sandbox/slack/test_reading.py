"""Calls that Slack's front refuses before it looks at the method: charset, content type, names of arguments, JSON."""

import json
from typing import Any

import pytest

from sandbox.slack import Workspace
from sandbox.slack.endpoint import Incoming

FORM = "application/x-www-form-urlencoded"


async def send(workspace: Workspace, method: str, content_type: str, body: str) -> dict[str, Any]:
    answer = await workspace.endpoint.handle(
        Incoming(
            path=f"/api/{method}",
            authorization=f"Bearer {workspace.app.bot_token}",
            content_type=content_type,
            body=body.encode(),
        )
    )
    return json.loads(answer.body)


@pytest.mark.parametrize(
    ("content_type", "body", "error"),
    [
        ("", "user=U1", "missing_post_type"),
        ("application/xml", "<user/>", "invalid_post_type"),
        (f"{FORM}; charset=utf-16", "user=U1", "invalid_charset"),
        (FORM, "&&", "invalid_form_data"),
        (FORM, "users%5B0%5D=U1", "invalid_array_arg"),
        (FORM, "user-id%21=U1", "invalid_arg_name"),
        ("application/json", "{", "invalid_json"),
        ("application/json", "[]", "json_not_object"),
    ],
)
async def test_a_body_that_can_not_be_read_is_refused(
    workspace: Workspace, content_type: str, body: str, error: str
) -> None:
    assert (await send(workspace, "chat.postMessage", content_type, body))["error"] == error


async def test_methods_that_read_do_not_look_into_json(workspace: Workspace) -> None:
    ana = workspace.user("ana").id
    for kind in (FORM, f"{FORM}; charset=UTF-8", "text/plain"):
        assert (await send(workspace, "users.info", kind, f"user={ana}"))["ok"]
    answer = await send(workspace, "users.info", "application/json", json.dumps({"user": ana}))
    assert answer["error"] == "invalid_arguments"
    assert "user" in answer["response_metadata"]["messages"][0]


async def test_no_token_is_taken_from_json(workspace: Workspace) -> None:
    body = json.dumps({"token": workspace.app.bot_token}).encode()
    answer = await workspace.endpoint.handle(
        Incoming(path="/api/auth.test", content_type="application/json; charset=utf-8", body=body)
    )
    assert json.loads(answer.body)["error"] == "not_authed"


def test_an_app_that_was_taken_out_is_told_so(workspace: Workspace) -> None:
    assert workspace.call("auth.test")["ok"]
    workspace.uninstall()
    assert workspace.call("auth.test")["error"] == "account_inactive"
