"""What an instance is used for, and therefore how many people must agree."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Environment(StrEnum):
    """The two classes that approval rules know; what can't be told apart is production."""

    PRODUCTION = "production"
    NONPRODUCTION = "nonproduction"


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentRule:
    """Which tag says what an instance is; values compare without case."""

    tag: str = "Environment"
    production: frozenset[str] = frozenset({"production", "prod"})
    nonproduction: frozenset[str] = frozenset({"dev", "test", "staging"})

    def classify(self, tags: Mapping[str, str]) -> Environment:
        """Nonproduction only where the tag says so in so many words."""
        value = next((v for k, v in tags.items() if k.casefold() == self.tag.casefold()), "")
        known = value.strip().casefold() in {name.casefold() for name in self.nonproduction}
        return Environment.NONPRODUCTION if known else Environment.PRODUCTION


def strictest(seen: Iterable[Environment]) -> Environment:
    """Production as soon as it was seen once: whoever owns the instance can change its tags."""
    every = tuple(seen)
    lenient = bool(every) and all(e is Environment.NONPRODUCTION for e in every)
    return Environment.NONPRODUCTION if lenient else Environment.PRODUCTION
