"""The default assistant, which eats what a message says.

`hold 20` keeps 20 MiB for half a minute; `burn 40` computes for 40 ms, on a fast machine as on a slow one.
"""

import asyncio
import mmap
import re
import time
from typing import Any

from agno_ha_image.agents import assistant

SECONDS = 30.0


async def hold(run_input: Any) -> None:
    """Allocate, and free it when the time is over; not on the heap, which keeps what it had."""
    if asked := re.search(r"\bhold (\d{1,3})\b", str(run_input.input_content)):
        size = int(asked.group(1)) * 1024**2
        block = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE)
        block.write(b"x" * size)
        asyncio.get_running_loop().call_later(SECONDS, block.close)


async def burn(run_input: Any) -> None:
    """Use the processor beside the event loop, by its own clock."""
    if asked := re.search(r"\bburn (\d{1,3})\b", str(run_input.input_content)):
        await asyncio.to_thread(_compute, int(asked.group(1)) / 1000)


def _compute(seconds: float) -> None:
    begun = time.thread_time()
    while time.thread_time() - begun < seconds:
        pass


hungry = assistant()
hungry.pre_hooks = [hold, burn]
agents = [hungry]
