#!/usr/bin/python3
"""websocket.py: both ends of a WebSocket that only pings.

    websocket.py serve ADDRESS          serves port 7000, without pings
    websocket.py watch ADDRESS EVERY    connects, pings every EVERY s,
                                        waits as long for the pong

Watch says how the connection ended and after how many seconds, or that
it still stands after 12 s. The pings are those of the library
(python3-websockets). Exit status: 0 said, 1 no connection.
"""
import asyncio
import sys
import time

import websockets


async def serve(address):
    """Serves until it is ended."""
    async def wait(connection, _path=None):
        await connection.wait_closed()
    async with websockets.serve(wait, address, 7000, ping_interval=None):
        await asyncio.sleep(60)


async def watch(address, every):
    """Waits for a word that never comes."""
    async with websockets.connect(f"ws://{address}:7000", ping_interval=every,
                                  ping_timeout=every, close_timeout=0.5) as connection:
        start = time.monotonic()
        print("connected", flush=True)
        closed = asyncio.ensure_future(connection.recv())
        done, _ = await asyncio.wait({closed}, timeout=12)
        after = time.monotonic() - start
        if not done:
            print("still connected after 12 s", flush=True)
            sys.exit(0)
        error = closed.exception()
        print(f"{type(error).__name__}: {error}", flush=True)
        print(f"ended after {after:.1f} s", flush=True)


if sys.argv[1] == "serve":
    asyncio.run(serve(sys.argv[2]))
else:
    asyncio.run(watch(sys.argv[2], float(sys.argv[3])))
