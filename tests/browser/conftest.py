"""The demo as people start it, and Debian's Chromium, driven by Playwright."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.hands import Open, shoot

ROOT = Path(__file__).resolve().parents[2]
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
PATIENCE = 30_000  # milliseconds; a run of all steps of containment, on a busy machine

expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="session")
def demo() -> Generator[str]:
    """The address of a demo that runs for as long as these tests do."""
    process = subprocess.Popen(
        [sys.executable, "-m", "cli", "demo", "--port", "0"], cwd=ROOT, env=os.environ | {"PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        lines = iter(process.stdout.readline, "")
        found = next(
            (match for line in lines if (match := re.search(r"http://127\.0\.0\.1:\d+", line))), None
        )
        assert found is not None, f"the demo ended with {process.wait()} and said no address"
        yield found.group()
    finally:
        process.terminate()
        process.wait(timeout=60)
        process.stdout.close()


@pytest.fixture(scope="module")
def browser() -> Generator[Browser]:
    """Chromium as the distribution has it; for one module, because Playwright's loop stands in the way of asyncio's."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip(
            "NO CHROMIUM ON THIS MACHINE: the page was not tested in a browser (apt-get install chromium)"
        )
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        yield launched
        launched.close()


@pytest.fixture
def opened(demo: str, browser: Browser, request: pytest.FixtureRequest) -> Generator[Open]:
    """Open the page; at the end it must have had no error, and asked nobody but the demo."""
    problems: list[str] = []
    pages: list[Page] = []

    def open_page(*, width: int = 1440, height: int = 900, scheme: str = "light") -> Page:
        context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)  # pyright: ignore[reportArgumentType]
        page = context.new_page()
        pages.append(page)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda said: problems.append(said.text) if said.type == "error" else None)
        page.on(
            "request",
            lambda asked: None if asked.url.startswith((demo, "data:")) else problems.append(asked.url),
        )
        page.goto(demo)
        expect(page.locator("#truth details").first).to_be_attached()
        return page

    yield open_page
    for number, page in enumerate(pages):
        shoot(page, f"{request.node.name}-end-{number}")
        page.context.close()
    assert not problems
