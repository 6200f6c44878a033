"""A pytest plugin: each test that names a row runs with that row's effect disabled, and must fail.

`python -m pytest -p tests.coverage.sabotage -m row --passed-anyway=FILE` writes the tests that passed all the same.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, cast

import pytest

from actions.action import Action
from cli.coverage import carriers
from playbook.answer import Verdict, answer
from playbook.decisions import Recommendation
from playbook.finding import Scope
from tests.storage.values import finding

NOTHING: Mapping[str, object] = {
    "Answer": answer(Verdict.CLEAR),
    "bool": False,
    "Finding": finding(scope=Scope.OTHER, instances=()),
    "Json": {},
    "Recommendation": Recommendation(row="", steps=(), words="", why=""),
    "str": "",
    "tuple": (),
}
"""What a function answers that does nothing, by the type that it promises; None where that is another."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--passed-anyway", help="where to write the tests that passed")


def _rows(item: pytest.Item) -> list[str]:
    return [str(row) for mark in item.iter_markers("row") for row in mark.args]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    with ExitStack() as stack:
        for row in _rows(item):
            stack.enter_context(disabled(row))
        return (yield)


_passed: list[str] = []
_ran: list[str] = []


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when == "call" or report.failed:
        _ran.append(report.nodeid)
        if report.passed:
            _passed.append(report.nodeid)


def pytest_sessionfinish(session: pytest.Session) -> None:
    where = session.config.getoption("--passed-anyway")
    if where:
        Path(str(where)).write_text("\n".join([str(len(set(_ran))), *_passed]))


# ── disabling ───────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def disabled(row: str) -> Generator[None]:
    """Everything that carries the row does nothing meanwhile."""
    with ExitStack() as stack:
        for carried in carriers()[row]:
            if carried.code:
                stack.enter_context(_without(found(carried.code)))
        yield


def found(code: str) -> Any:
    """What `module:name` names. Raises ImportError or AttributeError when it is not there."""
    module, _, name = code.partition(":")
    at: Any = importlib.import_module(module)
    for part in name.split("."):
        at = getattr(at, part)
    return at


@contextmanager
def _without(carrier: Any) -> Generator[None]:
    # An action still plans: its effect is what it executes.
    with _hollow(cast("Any", carrier).execute if isinstance(carrier, Action) else carrier):
        yield


@contextmanager
def _hollow(function: Any) -> Generator[None]:
    """The function answers nothing, whoever imported it under whatever name: its code is another meanwhile."""
    plain = inspect.unwrap(function)
    before = plain.__code__, plain.__kwdefaults__
    promised = str(plain.__annotations__.get("return", "")).partition("[")[0]
    plain.__code__ = _stub(plain).__code__
    plain.__kwdefaults__ = {"nothing": NOTHING.get(promised)}
    try:
        yield
    finally:
        plain.__code__, plain.__kwdefaults__ = before


def _stub(function: Callable[..., object]) -> Callable[..., object]:
    async def later(*_given: object, nothing: object, **_named: object) -> object:
        return nothing

    def now(*_given: object, nothing: object, **_named: object) -> object:
        return nothing

    return later if inspect.iscoroutinefunction(function) else now
