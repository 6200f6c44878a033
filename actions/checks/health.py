"""R3: is the application well: its targets as the balancers see them, and a page that is asked for.

The address comes from the settings alone: nothing that a host, a finding or a person writes makes ec2ir ask anything.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

from actions.check import Check, When
from actions.checks.target_health import TARGETS, Health, served
from actions.scene import Scene
from playbook.answer import Answer, Verdict, answer
from playbook.errors import DoesNotApply, StepFailed, Unreachable
from playbook.rows import Phase
from playbook.text import plain

SECONDS = 10.0
"""How long a page may take before it counts as not answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What a page answered: its HTTP status (0: nothing came), the seconds it took, and what went wrong."""

    status: int = 0
    seconds: float = 0.0
    problem: str = ""

    @property
    def good(self) -> bool:
        """Whether the application answered with success; a redirect says nothing of it."""
        return 200 <= self.status < 300


def get(url: str) -> Page:
    """One GET that follows no redirect and no proxy, and reads no further than the status."""
    parts = urlsplit(url)
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return Page(problem="the setting recovery.probe_url is no address of a page")
    began = time.monotonic()
    try:
        connection = kind(parts.hostname, parts.port, timeout=SECONDS)
        try:
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request("GET", path, headers={"User-Agent": "ec2ir", "Connection": "close"})
            status = connection.getresponse().status
        finally:
            connection.close()
    except (OSError, HTTPException, ValueError) as error:
        return Page(seconds=time.monotonic() - began, problem=plain(str(error) or type(error).__name__))
    return Page(status=status, seconds=time.monotonic() - began)


async def look(scene: Scene) -> Answer:
    """Balancers and page; each is said also when the other can't be had."""
    url = scene.aws.policy.recovery.probe_url
    groups, gaps = await _groups(scene)
    page = await scene.aws.call(get, url) if url else None
    if page is None:
        gaps.append("No page is asked for: set probe_url under [recovery] in ec2ir.toml.")
    says = [h.words for h in groups]
    if page is not None:
        answered = f"answered {page.status}" if page.status else f"did not answer: {page.problem}"
        says.append(f"The page {answered} after {page.seconds:.2f} s.")
    evidence = {
        "groups": {h.group: list(h.states) for h in groups},
        "status": page.status if page else None,
        "seconds": round(page.seconds, 3) if page else None,
    }
    if not says:
        return answer(
            Verdict.GAP, "Nothing tells how the application is.", evidence=evidence, gaps=tuple(gaps)
        )
    well = all(h.good for h in groups) and (page is None or page.good)
    return answer(Verdict.CLEAR if well else Verdict.NOTABLE, *says, evidence=evidence, gaps=tuple(gaps))


async def _groups(scene: Scene) -> tuple[tuple[Health, ...], list[str]]:
    try:
        return await served(scene), []
    except (DoesNotApply, StepFailed, Unreachable) as trouble:
        return (), [str(trouble)]


health = Check(
    name="health",
    title="Validate application health",
    row="R3",
    phase=Phase.RECOVER,
    permissions=TARGETS,
    look=look,
    when=When.ASKED,
)
