"""One bounded GET: what the SNS door needs of the network."""

from __future__ import annotations

import aiohttp

from playbook.errors import Unreachable

MOST_BYTES = 64 * 1024
SECONDS = 10.0


async def fetch(url: str) -> bytes:
    """The body at an https address, at most `MOST_BYTES`; redirects are not followed. Raises Unreachable."""
    timeout = aiohttp.ClientTimeout(total=SECONDS)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.get(url, allow_redirects=False) as answer,
        ):
            body = await answer.content.read(MOST_BYTES + 1)
            if answer.status != 200 or len(body) > MOST_BYTES:
                raise Unreachable(f"SNS answered {answer.status} with {len(body)} bytes.")
            return body
    except (aiohttp.ClientError, TimeoutError) as problem:
        raise Unreachable(f"SNS can't be reached: {problem or 'no answer in time'}.") from problem
