"""Rooms that stand at the top under their own names: what must hold so that nothing hides a library."""

import importlib.util
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import alembic
import pytest

from storage import migrate

ROOT = Path(__file__).resolve().parents[2]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())
WHEEL: dict[str, Any] = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]
ROOMS: list[str] = WHEEL["packages"]
INSTALLED = packages_distributions()


def test_the_scripts_are_no_package() -> None:
    assert list((ROOT / "alembic").rglob("__init__.py")) == []


def test_alembic_is_the_library() -> None:
    assert alembic.__file__ is not None
    assert ROOT / "alembic" not in Path(alembic.__file__).parents
    assert "alembic" in INSTALLED["alembic"]


def test_a_wheel_carries_the_scripts_inside_storage() -> None:
    assert WHEEL["force-include"] == {"alembic": "storage/scripts"}
    assert "alembic" not in ROOMS


def test_a_checkout_has_the_scripts_at_the_top() -> None:
    assert migrate.scripts() == ROOT / "alembic"
    assert not (ROOT / "storage" / "scripts").exists()
    assert PROJECT["tool"]["alembic"]["script_location"] == "%(here)s/alembic"


def test_ruff_knows_whose_alembic_is() -> None:
    isort = PROJECT["tool"]["ruff"]["lint"]["isort"]
    assert "alembic" in isort["known-third-party"]
    assert set(isort["known-first-party"]) == set(ROOMS)


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_shares_its_name_with_no_installed_distribution(room: str) -> None:
    others = set(INSTALLED.get(room, ())) - {"ec2ir"}
    assert others == set()
    spec = importlib.util.find_spec(room)
    assert spec is not None
    places = [spec.origin] if spec.origin else list(spec.submodule_search_locations or ())
    assert all(Path(place or "").is_relative_to(ROOT) for place in places)


_MIGRATE = """
import sys
from storage import migrate
migrate.upgrade(sys.argv[1])
assert migrate.current(sys.argv[1]) == migrate.head() != ""
print(migrate.scripts())
"""


@pytest.mark.process
def test_an_installed_wheel_migrates_with_the_scripts_it_carries(tmp_path: Path) -> None:
    for room in ROOMS:
        shutil.copytree(ROOT / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__"))
    for source, place in WHEEL["force-include"].items():
        shutil.copytree(ROOT / source, tmp_path / place, ignore=shutil.ignore_patterns("__pycache__"))
    command = [sys.executable, "-c", _MIGRATE, f"sqlite:///{tmp_path / 'ec2ir.db'}"]
    answer = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert Path(answer.stdout.strip()) == tmp_path / "storage" / "scripts"
