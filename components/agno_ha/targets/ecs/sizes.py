"""Instance classes of RDS and node types of ElastiCache: what each holds.

Only those that a choice is made from or checked against; any other may be named and is taken as it is.
"""

from __future__ import annotations

from typing import NamedTuple

from agno_ha.topology.units import GiB


class InstanceClass(NamedTuple):
    """An RDS instance class."""

    cores: int
    memory: int
    """Bytes."""

    @property
    def connections(self) -> int:
        """Connections for which the class has memory, as RDS' own default counts them.

        `LEAST(DBInstanceClassMemory/9531392, 5000)`: "max_connections" in AWS's guide to tuning PostgreSQL parameters.
        `DBInstanceClassMemory` is a little less than the memory that a class is sold with (the user guide's "Quotas
        and constraints"), by what AWS publishes nowhere; so this is the most that it can be.
        """
        return min(self.memory // 9531392, 5000)


def _series(series: str, **sizes: tuple[int, int]) -> dict[str, InstanceClass]:
    return {
        f"db.{series}.{size.strip('_')}": InstanceClass(cores, gibibytes * GiB)
        for size, (cores, gibibytes) in sizes.items()
    }


_BURSTABLE = _series(
    "t4g", micro=(2, 1), small=(2, 2), medium=(2, 4), large=(2, 8), xlarge=(4, 16), _2xlarge=(8, 32)
)
_M = {"large": (2, 8), "xlarge": (4, 16), "_2xlarge": (8, 32), "_4xlarge": (16, 64), "_8xlarge": (32, 128)}
_R = {"large": (2, 16), "xlarge": (4, 32), "_2xlarge": (8, 64), "_4xlarge": (16, 128), "_8xlarge": (32, 256)}
INSTANCE_CLASSES = (
    _BURSTABLE
    | {
        name: size
        for series in ("m6g", "m7g", "m8g", "m6i", "m7i")
        for name, size in _series(series, **_M).items()
    }
    | {
        name: size
        for series in ("r6g", "r7g", "r8g", "r6i", "r7i")
        for name, size in _series(series, **_R).items()
    }
)

NODE_TYPES = {
    "cache.t4g.micro": 536_870_912,
    "cache.t4g.small": 1_471_026_299,
    "cache.t4g.medium": 3_317_862_236,
    **{f"cache.{series}.large": 6_854_542_746 for series in ("m6g", "m7g")},
    **{f"cache.{series}.xlarge": 13_891_921_715 for series in ("m6g", "m7g")},
    **{f"cache.{series}.2xlarge": 27_966_669_210 for series in ("m6g", "m7g")},
    **{f"cache.{series}.large": 14_037_181_030 for series in ("r6g", "r7g")},
    **{f"cache.{series}.xlarge": 28_261_849_702 for series in ("r6g", "r7g")},
    **{f"cache.{series}.2xlarge": 56_711_183_565 for series in ("r6g", "r7g")},
    **{f"cache.{series}.4xlarge": 113_609_865_216 for series in ("r6g", "r7g")},
}
"""Node type → bytes of its `maxmemory` before what is reserved: "Redis OSS node-type specific parameters" in
ElastiCache's user guide, the same numbers for Valkey."""


def instance_class(cpu: float, memory: int, connections: int) -> str | None:
    """Return the smallest burstable class that holds all three; None where none does.

    >>> instance_class(1.0, GiB, 200), instance_class(1.0, GiB, 100)
    ('db.t4g.small', 'db.t4g.micro')
    """
    fitting = (
        name
        for name, size in _BURSTABLE.items()
        if size.cores >= cpu and size.memory >= memory and size.connections >= connections
    )
    return next(fitting, None)


def node_type(memory: int) -> str | None:
    """Return the smallest burstable node type that holds it; None where none does.

    >>> node_type(GiB // 2), node_type(GiB), node_type(4 * GiB)
    ('cache.t4g.micro', 'cache.t4g.small', None)
    """
    small = (name for name, size in NODE_TYPES.items() if name.startswith("cache.t4g.") and size >= memory)
    return next(small, None)
