"""What people do on the page, in their words."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

ARTEFACTS = Path(__file__).resolve().parents[2] / "artefacts" / "browser"

Open = Callable[..., Page]
"""Opens the page: `width`, `height`, and the colour `scheme` that the system prefers."""


def become(page: Page, name: str) -> None:
    """Act as this persona."""
    choice = page.locator("#who option", has_text=re.compile(rf"^{name}\b")).first.get_attribute("value")
    page.locator("#who").select_option(choice)


def enter(page: Page, subject: str) -> None:
    """Open the incident channel of this instance."""
    page.locator("#channels button", has_text=re.compile(rf"inc-\d+-{subject}-")).last.click()


def say(page: Page, text: str) -> None:
    """Write it in the channel, or run it as a command."""
    page.locator("#text").fill(text)
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator("#text")).to_have_value("")


def lever(page: Page, menu: str, choice: str) -> None:
    """Choose from one of the sandbox's menus."""
    page.get_by_role("button", name=menu).click()
    page.get_by_role("menuitem", name=choice).click()


def confirm(page: Page) -> None:
    """Answer the confirm dialog with yes."""
    page.locator("dialog.confirm .row button").last.click()


def instance(page: Page, name: str) -> Locator:
    """The account's card of that instance."""
    return page.locator(
        "#truth details", has=page.locator("summary strong", has_text=re.compile(f"^{name}$"))
    ).first


def fact(card: Locator, name: str) -> Locator:
    """What the account says of it under that name."""
    return card.locator("dl > div", has=card.page.locator("dt", has_text=re.compile(f"^{name}$"))).locator(
        "dd"
    )


def tab_to(page: Page, wanted: Locator, *, most: int = 120) -> None:
    """Press Tab until that control has the focus: fails when the keyboard can't reach it."""
    for _ in range(most):
        if wanted.evaluate("node => node === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{wanted} was not reached by {most} presses of Tab")


def shoot(page: Page, name: str) -> None:
    """Keep how the page looks now."""
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=ARTEFACTS / f"{re.sub(r'[^a-z0-9-]+', '-', name.lower())}.png")
