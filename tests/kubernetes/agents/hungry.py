"""The default assistant, which holds memory where a message says so: `hold 20` keeps 20 MiB for half a minute."""

import asyncio
import mmap
import re
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


hungry = assistant()
hungry.pre_hooks = [hold]
agents = [hungry]
