"""What the docs name is there: commands, targets, settings, files."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
from typer.main import get_command

from actions.catalogue import ACTIONS
from cli.main import app
from cli.settings import CONFIG_VARIABLE, PolicyFile, Settings

pytestmark = pytest.mark.slow


ROOT = Path(__file__).resolve().parents[2]
_TOP = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")]
PAGES = [*_TOP, *sorted((ROOT / "docs").rglob("*.md"))]
DEPLOYED = sorted(path for path in (ROOT / "deploy").iterdir() if path.is_file())
IDS = [str(path.relative_to(ROOT)) for path in PAGES]

each = pytest.mark.parametrize("page", PAGES, ids=IDS)


@cache
def verbs() -> dict[str, set[str]]:
    """Every command, with the options of it and of the commands below it."""
    top = getattr(get_command(app), "commands", {})
    found: dict[str, set[str]] = {}
    for name, command in top.items():
        below = getattr(command, "commands", {})
        for words, each_one in (
            ((f"{name} {n}", c) for n, c in below.items()) if below else ((name, command),)
        ):
            found[words] = {option for p in each_one.params for option in getattr(p, "opts", ())}
    return found


@each
def test_every_command_is_real(page: Path) -> None:
    known = verbs()
    said = re.findall(r"(?<!/)\bec2ir ((?:[a-z-]+)(?: [a-z]+)?)((?: +[^`|\n]*)?)", page.read_text())
    for words, rest in (s for s in said if s[0].split()[0] in {k.split()[0] for k in known}):
        command = words if words in known else words.split()[0]
        assert command in known, f"ec2ir {words}"
        for option in re.findall(r"--[a-z-]+", rest.split("#")[0].split(" -- ")[0]):
            assert option in known[command], f"ec2ir {words}{rest}"


@pytest.mark.parametrize("page", [ROOT / "README.md"])
def test_every_command_is_in_the_readme(page: Path) -> None:
    assert {f"ec2ir {words}" for words in verbs() if f"ec2ir {words}" not in page.read_text()} == set()


@each
def test_code_in_backticks_that_begins_with_ec2ir_is_a_command(page: Path) -> None:
    begun = re.findall(r"`ec2ir ([a-z-]+)", page.read_text())
    assert set(begun) <= {words.split()[0] for words in verbs()}


@each
def test_every_target_is_real(page: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"`make ([a-z]+)`", page.read_text())) | set(
        re.findall(r"^make ([a-z]+)", page.read_text(), re.MULTILINE)
    )
    assert named <= targets


@each
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        if "://" not in link and not link.startswith("#"):
            path, _, part = link.partition("#")
            target = page.parent / path
            assert target.exists(), link
            headings = {
                re.sub(r"[^a-z0-9 -]", "", h.lower()).replace(" ", "-")
                for h in re.findall(r"^#+ (.+)$", target.read_text(), re.MULTILINE)
            } if part else {""}  # fmt: skip
            assert part in headings, link


def test_every_setting_is_in_its_page_and_in_the_example() -> None:
    variables = {f"EC2IR_{name.upper()}" for name in Settings.model_fields if name != "policy_file"}
    for page in (ROOT / "docs" / "settings.md", ROOT / ".env.example"):
        named = set(re.findall(r"EC2IR_[A-Z_]+[A-Z]", page.read_text()))
        assert named == variables | {CONFIG_VARIABLE}


@pytest.mark.parametrize("page", [*PAGES, *DEPLOYED], ids=lambda path: path.name)
def test_no_setting_is_named_that_is_none(page: Path) -> None:
    known = {f"EC2IR_{name.upper()}" for name in Settings.model_fields} | {CONFIG_VARIABLE}
    named = set(re.findall(r"\bEC2IR_[A-Z_]+[A-Z]", page.read_text()))
    assert named <= known


def test_every_key_of_the_policy_is_in_its_page() -> None:
    text = (ROOT / "docs" / "settings.md").read_text()
    for section, about in PolicyFile.model_fields.items():
        assert section in text
        keys = getattr(about.annotation, "model_fields", {})
        assert {key for key in keys if key not in text} == set()


def test_every_step_is_in_the_readme() -> None:
    text = (ROOT / "README.md").read_text()
    assert {action.name for action in ACTIONS if action.name not in text} == set()


@pytest.mark.parametrize(
    "picture", sorted((ROOT / "docs" / "pictures").glob("*.png")), ids=lambda path: path.name
)
def test_a_picture_is_shown_and_small_enough_to_load_on_a_phone(picture: Path) -> None:
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert picture.stat().st_size < 300_000
    assert any(picture.name in page.read_text() for page in PAGES)
