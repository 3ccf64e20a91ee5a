#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""flows.py serve | flows.py FLOWS ADDRESS...: TCP connections that each say something every tenth of a second and wait for the echo.

Until it is terminated; then it prints how many flows there were, how many of them broke, and the longest silence in milliseconds.
"""
import asyncio
import signal
import sys
import time

PORT = 7007


async def echo(reader, writer):
    try:
        while data := await reader.read(1000):
            writer.write(data)
    except OSError:
        pass
    writer.close()


async def serve():
    async with await asyncio.start_server(echo, "0.0.0.0", PORT, backlog=1000) as server:
        await server.serve_forever()


class Flows:
    def __init__(self):
        self.broken = 0
        self.up = 0
        self.silence = 0.0

    async def flow(self, address):
        try:
            reader, writer = await asyncio.open_connection(address, PORT)
            self.up += 1
            while True:
                before = time.monotonic()
                writer.write(b"12345678")
                await reader.readexactly(8)
                self.silence = max(self.silence, time.monotonic() - before)
                await asyncio.sleep(0.1)
        except (OSError, asyncio.IncompleteReadError) as fault:
            print("#", address, fault, flush=True)
            self.broken += 1


async def talk(number, addresses):
    flows = Flows()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    loop.add_signal_handler(signal.SIGUSR1, lambda: setattr(flows, "silence", 0.0))
    tasks = [asyncio.create_task(flows.flow(addresses[i % len(addresses)])) for i in range(number)]
    while flows.up < number and not stop.is_set():
        await asyncio.sleep(0.1)
    print("ready", flush=True)
    await stop.wait()
    for task in tasks:
        task.cancel()
    print(f"flows {flows.up} broken {flows.broken} silence {int(flows.silence * 1000)}", flush=True)


if sys.argv[1] == "serve":
    asyncio.run(serve())
else:
    asyncio.run(talk(int(sys.argv[1]), sys.argv[2:]))
