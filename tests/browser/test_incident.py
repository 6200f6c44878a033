"""The whole first incident on the page: by mouse, by keyboard, and what two people must approve."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.hands import Open, become, confirm, enter, fact, instance, lever, say, shoot, tab_to

pytestmark = [
    pytest.mark.browser,
    pytest.mark.process,
    pytest.mark.xdist_group("browser"),
    pytest.mark.timeout(120),
]


def test_the_first_incident_by_mouse(opened: Open) -> None:
    page = opened()
    enter(page, "web-1")
    card = page.locator("article.pinned")
    expect(card).to_contain_text("EC2 compromise")
    web = instance(page, "web-1")
    expect(fact(web, "eth0 groups")).to_have_text("web")

    contain = card.get_by_role("button", name="Contain now")
    contain.click()
    shoot(page, "confirm")
    confirm(page)
    expect(page.locator("article.whisper").last).to_contain_text("You are not in")
    expect(page.locator("article.whisper").last).to_contain_text("Only visible to you")

    page.locator("#guide").get_by_role("button", name="Act as bo").click()
    contain.click()
    confirm(page)
    expect(page.locator("#guide")).to_contain_text("3 of 5")
    for name in ("eth0 groups", "eth1 groups"):
        expect(fact(web, name)).to_contain_text("deny")
    expect(fact(web, "Snapshot /dev/sda1")).to_contain_text("locked")
    expect(fact(web, "Profile")).to_have_text("none")
    expect(contain).to_have_count(0)  # the decision is made: its buttons are gone
    shoot(page, "contained")

    page.locator("#guide").get_by_role("button", name="Fast-forward 10 min").click()
    expect(page.locator("#guide")).to_contain_text("4 of 5")
    expect(card).to_contain_text("Isolate the instance · proved")
    become(page, "ana")
    say(page, "/ec2ir undo tag")
    undo = page.locator("article", has_text="Undo: Tag as compromised").last
    expect(undo.get_by_role("button", name="Approve")).to_be_visible()
    become(page, "bo")
    undo.get_by_role("button", name="Approve").click()
    expect(fact(web, "Tag Status")).to_have_count(0)
    expect(page.locator("#guide")).to_contain_text("5 of 5")
    shoot(page, "undone")


def test_the_first_incident_by_keyboard(opened: Open) -> None:
    page = opened()
    keys = page.keyboard
    tab_to(page, page.get_by_role("button", name="New incident"))
    keys.press("Enter")
    expect(page.get_by_role("menuitem").first).to_be_focused()
    keys.press("ArrowDown")
    expect(page.get_by_role("menuitem", name="Miner on a dev machine")).to_be_focused()
    keys.press("Enter")
    expect(page.locator("#toast")).to_contain_text("Miner on a dev machine")
    channel = page.locator("#channels button", has_text=re.compile("build-7"))
    expect(channel).to_be_visible()

    tab_to(page, page.locator("#who"))
    keys.press("b")
    tab_to(page, channel)
    keys.press("Enter")
    card = page.locator("article.pinned")
    contain = card.get_by_role("button", name="Contain now")
    expect(contain).to_be_visible()
    keys.press("j")
    expect(card).to_be_focused()
    tab_to(page, contain)
    keys.press("Enter")
    expect(page.locator("dialog.confirm")).to_be_visible()
    keys.press("Escape")
    expect(page.locator("dialog.confirm")).to_have_count(0)
    expect(contain).to_be_focused()
    keys.press("Space")
    tab_to(page, page.locator("dialog.confirm .row button").last)
    keys.press("Enter")
    expect(fact(instance(page, "build-7"), "State")).to_have_text("stopped")
    expect(card).to_contain_text("Stop the instance · proved")

    keys.press("/")
    expect(page.locator("#text")).to_be_focused()
    keys.type("/ec2ir stat")
    expect(page.locator("#completions li")).to_contain_text(["/ec2ir status"])
    keys.press("ArrowDown")
    keys.press("Enter")
    expect(page.locator("#text")).to_have_value(re.compile("^/ec2ir status"))
    keys.press("Enter")
    expect(page.locator("article.whisper").last).to_contain_text("Only visible to you")
    keys.press("Escape")
    keys.press("j")
    keys.press("t")
    expect(page.locator("#thread")).to_be_visible()
    keys.type("Looking at its build logs.")
    keys.press("Enter")
    expect(page.locator("#replies article").last).to_contain_text("build logs")
    shoot(page, "thread")
    keys.press("Escape")
    expect(page.locator("#thread")).to_be_hidden()
    expect(page.locator("#messages")).to_contain_text("1 reply")


def test_what_two_people_must_approve(opened: Open) -> None:
    page = opened()
    lever(page, "New incident", "Credential theft")
    expect(page.locator("#channels")).to_contain_text("web-2")
    enter(page, "web-2")
    expect(page.locator("article.pinned")).to_contain_text("EC2 compromise")
    say(page, "/ec2ir revoke-role")
    plan = page.locator("article", has_text="all sessions valid").last
    expect(plan).to_contain_text("needs: 2 of")
    roles = page.locator("#truth details", has_text="inline policies")
    for who, shown in (("bo", "so far: bo"), ("chai", "Approved by")):
        become(page, who)
        plan.get_by_role("button", name="Approve").click()
        confirm(page)
        expect(plan).to_contain_text(shown)
    expect(fact(roles, "web-service")).to_contain_text("ec2ir-revoke")
    shoot(page, "two-people")
