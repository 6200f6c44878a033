"""Answers are bounded, and count what they leave out."""

from __future__ import annotations

from playbook.answer import MOST, Verdict, answer


def test_lines_and_gaps_over_the_bound_are_counted() -> None:
    made = answer(
        Verdict.NOTABLE,
        *(f"line {n}" for n in range(MOST + 3)),
        gaps=tuple(f"region {n}" for n in range(MOST + 3)),
    )
    assert len(made.says) == len(made.gaps) == MOST
    assert made.says[-1] == "and 4 more, in the evidence"
    assert made.gaps[-1] == "and 4 more gaps"


def test_as_many_as_the_bound_stand_whole() -> None:
    lines = tuple(f"line {n}" for n in range(MOST))
    made = answer(Verdict.CLEAR, *lines, gaps=lines)
    assert made.says == made.gaps == lines
