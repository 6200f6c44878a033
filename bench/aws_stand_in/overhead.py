"""What the stand-in itself costs: `python -m bench.aws_stand_in.overhead` measures it on this machine.

A bare client shows the stand-in alone; boto3 in a thread pool shows what the SDK adds to it.
"""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import boto3
from botocore.config import Config

from bench.aws_stand_in import names
from bench.aws_stand_in.handle import Box, stand_in

THREADS = 64
CALLS = 100
BODY = f"Action=DescribeInstances&Version=2016-11-15&InstanceId.1={names.INSTANCE_ID}".encode()
HEAD = (
    "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    "Authorization: AWS4-HMAC-SHA256 Credential=any/20260101/us-east-1/ec2/aws4_request\r\n"
    f"Content-Length: {len(BODY)}\r\n\r\n"
).encode()

Once = Callable[[], Awaitable[object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Overhead:
    """Bursts of `at_once` DescribeInstances; milliseconds.

    `added` is a request's time above the round trip, as the client sees it, and `burst` that of a whole burst
    (median); `cpu` is the stand-in's own CPU time for a request.
    """

    client: str
    at_once: int
    added_p50: float
    added_p99: float
    burst: float
    cpu: float

    def __str__(self) -> str:
        """One line for people."""
        return (
            f"{self.client:>5} {self.at_once:>3} at once: +{self.added_p50:.2f} ms p50, "
            f"+{self.added_p99:.2f} ms p99, +{self.burst:.2f} ms a burst, {self.cpu:.3f} ms CPU a request"
        )


async def measure(box: Box, client: str, lanes: list[Once], *, rtt_ms: float) -> Overhead:
    """Let every lane make a call at once, wait for all, and so on; the first burst opens the connections."""
    await asyncio.gather(*(lane() for lane in lanes))
    await box.reset(rtt_ms=rtt_ms)
    before = await box.load()
    seconds: list[float] = []
    bursts: list[float] = []

    async def once(lane: Once) -> None:
        began = time.perf_counter()
        await lane()
        seconds.append(time.perf_counter() - began)

    for _ in range(max(CALLS // len(lanes), 10)):
        began = time.perf_counter()
        await asyncio.gather(*map(once, lanes))
        bursts.append(time.perf_counter() - began)
    after = await box.load()
    added = [second * 1000 - rtt_ms for second in seconds]
    return Overhead(
        client=client,
        at_once=len(lanes),
        added_p50=statistics.median(added),
        added_p99=statistics.quantiles(added, n=100)[98],
        burst=statistics.median(bursts) * 1000 - rtt_ms,
        cpu=(after.cpu_seconds - before.cpu_seconds) * 1000 / len(seconds),
    )


async def bare_lane(box: Box) -> tuple[Once, asyncio.StreamWriter]:
    """One connection that only writes a ready request and reads the answer."""
    host, port = box.endpoint_url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))

    async def once() -> bytes:
        writer.write(HEAD + BODY)
        head = await reader.readuntil(b"\r\n\r\n")
        return await reader.readexactly(int(head.rpartition(b"Content-Length: ")[2]))

    return once, writer


async def bare(box: Box, at_once: int, rtt_ms: float) -> Overhead:
    """The stand-in alone."""
    lanes = [await bare_lane(box) for _ in range(at_once)]
    try:
        return await measure(box, "bare", [once for once, _ in lanes], rtt_ms=rtt_ms)
    finally:
        for _, writer in lanes:
            writer.close()
            await writer.wait_closed()


async def through_boto3(box: Box, at_once: int, rtt_ms: float) -> Overhead:
    """The stand-in and the SDK in a pool of 64 threads."""
    session = boto3.Session(aws_access_key_id="any", aws_secret_access_key="any", region_name=names.REGION)
    config = Config(max_pool_connections=THREADS)
    ec2 = session.client(  # pyright: ignore[reportUnknownMemberType] - overloads of services without stubs
        "ec2", endpoint_url=box.endpoint_url, config=config
    )
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(THREADS) as pool:

        def once() -> Awaitable[object]:
            return loop.run_in_executor(pool, lambda: ec2.describe_instances(InstanceIds=[names.INSTANCE_ID]))

        result = await measure(box, "boto3", [once] * at_once, rtt_ms=rtt_ms)
    ec2.close()
    return result


async def main() -> None:
    """Measure at each round trip and number of requests at once."""
    async with stand_in() as box:
        for rtt_ms in (10, 50, 150):
            print(f"round trip {rtt_ms} ms")
            for at_once in (1, 10, 20, 60):
                print(await bare(box, at_once, rtt_ms))
                print(await through_boto3(box, at_once, rtt_ms))


if __name__ == "__main__":
    asyncio.run(main())
