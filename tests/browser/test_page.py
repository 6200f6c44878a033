"""How the page behaves around an incident: dialogs, phones, hostile text, contrast, files."""

from __future__ import annotations

from typing import cast

import pytest
from playwright.sync_api import Page, expect

from tests.browser.hands import Open, become, enter, instance, lever, say, shoot

pytestmark = [
    pytest.mark.browser,
    pytest.mark.process,
    pytest.mark.xdist_group("browser"),
    pytest.mark.timeout(120),
]


def incident_of_web_2(page: Page) -> None:
    """A probe that nobody believes in, in a channel of its own."""
    lever(page, "New incident", "A noisy port probe")
    expect(page.locator("#channels")).to_contain_text("web-2")
    enter(page, "web-2")
    expect(page.locator("article.pinned")).to_contain_text("EC2 compromise")


def test_a_dialog_says_what_is_wrong_and_keeps_what_was_typed(opened: Open) -> None:
    page = opened()
    incident_of_web_2(page)
    page.locator("article.pinned").get_by_role("button", name="Not malicious").click()
    reason = page.get_by_label("How do you know?")
    expect(reason).to_be_focused()
    send = page.get_by_role("button", name="Close the incident")
    send.click()
    expect(page.locator("#dialog [role=alert]").first).to_have_text("Please complete this required field.")
    reason.fill("x")
    send.click()
    expect(page.locator("#dialog .body")).to_contain_text("at least three characters")
    expect(reason).to_have_value("x")
    expect(reason).to_have_attribute("aria-invalid", "true")
    shoot(page, "dialog-error")
    page.keyboard.press("Escape")
    expect(page.locator("#dialog")).to_be_hidden()


def test_a_phone_shows_one_thing_at_a_time_and_nothing_is_cut_off(opened: Open) -> None:
    page = opened(width=360, height=740)
    page.locator("#open-channels").click()
    expect(page.locator("#side")).to_be_in_viewport()
    shoot(page, "phone-channels")
    enter(page, "web-1")
    expect(page.locator("article.pinned")).to_be_visible()
    expect(page.locator("#side")).to_be_hidden()
    shoot(page, "phone-card")
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    page.locator("#open-account").click()
    expect(instance(page, "web-1")).to_be_in_viewport()
    shoot(page, "phone-account")
    page.keyboard.press("Escape")
    expect(page.locator("#account")).to_be_hidden()


def test_text_from_outside_stays_text(opened: Open) -> None:
    page = opened()
    hostile = "<img src=x onerror=alert(1)> javascript:alert(1) https://example.com/a :warning:"
    say(page, hostile)
    message = page.locator("#messages article").last
    expect(message).to_contain_text("<img src=x onerror=alert(1)>")
    assert message.locator("img").count() == 0
    assert message.locator("a").evaluate_all("links => links.map(link => link.href)") == [
        "https://example.com/a"
    ]
    expect(message).to_contain_text("⚠️")
    expect(instance(page, "web-1")).to_contain_text("<!channel> *approved*")


def test_who_acts_decides_what_is_seen(opened: Open) -> None:
    page = opened()
    enter(page, "web-1")
    become(page, "legal")
    expect(page.locator("#channels")).not_to_contain_text("web-1")
    become(page, "ana")
    page.get_by_role("button", name="ec2ir Home").click()
    expect(page.locator("#messages")).to_contain_text("Open incidents")
    shoot(page, "home")


CONTRAST = """() => {
  const parse = (color) => (color.match(/[\\d.]+/g) ?? []).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((v) => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const over = (top, under) => top.slice(0, 3).map((v, i) => v * (top[3] ?? 1) + under[i] * (1 - (top[3] ?? 1)));
  const ground = (node) => {
    const layers = [];
    for (let at = node; at; at = at.parentElement) layers.push(parse(getComputedStyle(at).backgroundColor));
    return layers.reverse().reduce((under, layer) => over(layer, under), [255, 255, 255]);
  };
  const poor = new Map();
  for (const node of document.querySelectorAll("body *")) {
    const own = [...node.childNodes].some((child) => child.nodeType === 3 && /[\\w]/.test(child.data));
    const seen = node.checkVisibility({ opacityProperty: true, visibilityProperty: true });
    if (!own || !seen || node.clientWidth === 1) continue; // one pixel wide is what is only read aloud
    const [style, under] = [getComputedStyle(node), ground(node)];
    const [a, b] = [light(over(parse(style.color), under)), light(under)].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    const where = node.parentElement.className || node.parentElement.id;
    if (ratio < 4.5) poor.set(`${node.tagName} ${node.className} in ${where}`, ratio);
  }
  return [...poor].map(([what, ratio]) => `${what}: ${ratio.toFixed(2)}`);
}"""
"""Every text that is seen against what lies under it, by WCAG 2.1, success criterion 1.4.3."""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_has_the_contrast_that_wcag_aa_asks_for(opened: Open, scheme: str) -> None:
    page = opened(scheme=scheme)
    enter(page, "web-1")
    expect(page.locator("article.pinned")).to_be_visible()
    say(page, "/ec2ir help")
    expect(page.locator("article.whisper").last).to_be_visible()
    page.emulate_media(reduced_motion="reduce")  # a flash passes
    assert cast("list[str]", page.evaluate(CONTRAST)) == []
    page.locator("#theme").click()
    assert cast("list[str]", page.evaluate(CONTRAST)) == []
