"""Run the stand-in: `python -m bench.aws_stand_in --rtt-ms 50 --port 0` prints its address and serves."""

import argparse
import asyncio
import gc
import selectors
import sys

from bench.aws_stand_in.dispatch import load_routes
from bench.aws_stand_in.http import Backlog, Connection
from bench.aws_stand_in.server import StandIn


async def serve(rtt_ms: float, port: int, *, until_stdin_closes: bool) -> None:
    """Serve on 127.0.0.1 until cancelled, or until whoever holds the other end of stdin is gone."""
    stand_in = StandIn(routes=load_routes(), rtt=rtt_ms / 1000)
    # The service models are large and live for ever: without this a full collection stalls every timer.
    gc.collect()
    gc.freeze()
    loop = asyncio.get_running_loop()
    backlog = Backlog()
    server = await loop.create_server(
        lambda: Connection(stand_in.handle, backlog), "127.0.0.1", port, backlog=512
    )
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    async with server:
        if until_stdin_closes:
            await asyncio.to_thread(sys.stdin.read)
            server.close()
        else:
            await server.serve_forever()


def precise_loop() -> asyncio.AbstractEventLoop:
    """A loop on select(2), whose time-outs are exact: epoll's are rounded up to whole milliseconds.

    It can hold about a thousand connections.
    """
    return asyncio.SelectorEventLoop(selectors.SelectSelector())


def main() -> None:
    """Parse the arguments and serve."""
    parser = argparse.ArgumentParser(prog="bench.aws_stand_in", description=__doc__)
    parser.add_argument("--rtt-ms", type=float, default=50, help="round trip of every answer, milliseconds")
    parser.add_argument("--port", type=int, default=0, help="0 takes any free port")
    parser.add_argument("--until-stdin-closes", action="store_true", help="end with the parent process")
    arguments = parser.parse_args()
    try:
        with asyncio.Runner(loop_factory=precise_loop) as runner:
            runner.run(
                serve(arguments.rtt_ms, arguments.port, until_stdin_closes=arguments.until_stdin_closes)
            )
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
