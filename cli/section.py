"""A table of `ec2ir.toml`: unknown keys are refused, since a misspelt one would be missing in silence."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """The base of every table."""

    model_config = ConfigDict(extra="forbid", frozen=True)
