"""The sections of `agno-ha:ecs`, one for each room of the target that has something to choose."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, Field

from agno_ha.topology.base import Between, Conflict, Matching, Section, Whole, invalid
from agno_ha.topology.units import DAY, HOUR, Duration, GiB, Size, TiB, duration_text, size_text


def _range(text: str) -> str:
    try:
        # As AWS writes it: the provider takes neither a single address nor a mask.
        return str(ipaddress.IPv4Network(text))
    except ValueError:
        raise invalid("must be a range of IPv4 addresses", "Write it like 10.20.0.0/16") from None


Cidr = Annotated[str, AfterValidator(_range)]
ZONES = "abcdefgh"
"""Letters of zones that the address plan has room for; no region has more."""
_Zone = Annotated[str, Matching(rf"[{ZONES}]", "must be a zone's letter", "Write a, b or c, one a line")]
_TIME = r"([01]\d|2[0-3]):[0-5]\d"
_Window = Matching(
    f"{_TIME}-{_TIME}", "must be two times of the day in UTC", "Write it like 02:00-03:00, in quotes"
)
_Days = Annotated[Duration, Between(0, 35 * DAY, duration_text)]
Retention = Literal[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 3653]
"""Days that CloudWatch can keep logs."""


def _id(kind: str) -> Matching:
    return Matching(
        rf"{kind}-[0-9a-f]{{6,32}}", f"must be an id like {kind}-0123abcd", "Copy it from the VPC"
    )


Subnet = Annotated[str, _id("subnet")]


class Network(Section):
    """A new VPC, or an existing one where `vpcId` is given."""

    cidr: Cidr = "10.20.0.0/16"
    """Addresses of the new VPC; default 10.20.0.0/16; a sixteenth of it is one subnet."""

    zones: list[_Zone] = Field(default_factory=lambda: ["a", "b"])
    """Letters of the availability zones of the new VPC, two or three; default a and b."""

    nat: Literal["one", "perZone"] = "one"
    """The instances' way out, to models and registries: `one` gateway (default: costs least; where its zone fails,
    so does the way out) or `perZone`."""

    vpc_id: Annotated[str, _id("vpc")] | None = None
    """An existing VPC; default null: a new one. Needs the subnets too."""

    private_subnet_ids: list[Subnet] = Field(default_factory=list)
    """Subnets of the existing VPC, with a way out, for instances and stores: at least two, in different zones."""

    public_subnet_ids: list[Subnet] = Field(default_factory=list)
    """Subnets of the existing VPC for the load balancer, unless it is internal: at least two, in different zones."""

    def conflicts(self) -> Iterator[Conflict]:
        """Two zones at least, and either a new VPC or an existing one."""
        if len(set(self.zones)) < len(self.zones):
            yield Conflict("zones", "names a zone twice", "Name two or three different ones")
        elif not 2 <= len(self.zones) <= 3:
            one = "where it fails, everything does" if len(self.zones) < 2 else "the address plan has three"
            yield Conflict("zones", f"{len(self.zones)} of them: {one}", "Name two or three, such as [a, b]")
        if not 16 <= ipaddress.IPv4Network(self.cidr).prefixlen <= 22:
            yield Conflict("cidr", "not between /16 and /22", "Choose a range like 10.20.0.0/16")
        for key, given in (
            ("privateSubnetIds", self.private_subnet_ids),
            ("publicSubnetIds", self.public_subnet_ids),
        ):
            if self.vpc_id is None and given:
                yield Conflict(
                    key, "given without agno-ha:ecs.network.vpcId", "Give the VPC's id, or remove it"
                )
        if self.vpc_id is not None:
            yield from self.too_few("privateSubnetIds", self.private_subnet_ids, "")

    def too_few(self, key: str, given: list[str], section: str = "network.") -> Iterator[Conflict]:
        """Subnets in fewer than two zones, as far as their number tells."""
        if (count := len(set(given))) < 2:
            yield Conflict(
                f"{section}{key}",
                f"{count} of them: a single zone is no high availability",
                "Name two or three",
            )


class LoadBalancer(Section):
    """HTTPS by a certificate of ACM; what the topology says of TLS holds where none is given."""

    certificate_arn: (
        Annotated[
            str,
            Matching(
                r"arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate/[\w-]+",
                "must be the ARN of a certificate in ACM",
                "Copy it from Certificate Manager",
            ),
        ]
        | None
    ) = None
    """Certificate of the HTTPS listener; default null."""

    plain_http: bool = False
    """Serve without encryption; default false. Only where TLS ends before this load balancer."""

    host: (
        Annotated[
            str, Matching(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?", "must be a host name", "Write only it")
        ]
        | None
    ) = None
    """Name that clients use, which your DNS points at the load balancer; default null: the load balancer's own."""

    internal: bool = False
    """Reachable inside the VPC only; default false."""

    allow_from: list[Cidr] = Field(default_factory=lambda: ["0.0.0.0/0"])
    """Who may connect; default everybody: API keys decide."""

    ssl_policy: Annotated[
        str,
        Matching(
            r"ELBSecurityPolicy-TLS13-1-[23]-[\w-]+",
            "must be a policy of TLS 1.2 or newer",
            "Name one of AWS's that begins with ELBSecurityPolicy-TLS13-1-2 or -1-3",
        ),
    ] = "ELBSecurityPolicy-TLS13-1-2-2021-06"
    """Protocols and ciphers; default ELBSecurityPolicy-TLS13-1-2-2021-06: TLS 1.3, and 1.2 for older clients."""

    access_logs_bucket: (
        Annotated[
            str, Matching(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", "must be a bucket's name", "Write only it")
        ]
        | None
    ) = None
    """S3 bucket, which lets the load balancer write, for a line a request; default null: none."""

    def conflicts(self) -> Iterator[Conflict]:
        """A range is one rule of the firewall."""
        if not self.allow_from:
            yield Conflict("allowFrom", "empty, so that nobody can connect", "Name a range, or leave it out")
        if len(set(self.allow_from)) < len(self.allow_from):
            yield Conflict("allowFrom", "names a range twice", "Name each once")


class Postgres(Section):
    """The RDS instance; what it shall do stands in the topology."""

    instance_class: str | None = None
    """Such as db.m7g.large; default null: the smallest burstable one (db.t4g) that holds `postgres.cpu`,
    `postgres.memory` and `postgres.maxConnections`."""

    max_storage: Annotated[Size, Between(20 * GiB, 64 * TiB, size_text)] | None = None
    """Size up to which the storage grows by itself; default null: ten times `postgres.storage`."""

    backup_window: Annotated[str, _Window] | None = None
    """When backups are made, UTC, such as "02:00-03:00"; default null: AWS chooses."""

    apply_immediately: bool = True
    """Whether what restarts the server (class, version) is done by the `up` that asks for it; default true, so that the
    memory parameters come with the class that they were computed for. false: in the maintenance window; a restart
    before it starts the old class with them."""

    ssl_mode: Literal["require", "verify-full"] = "verify-full"
    """libpq's sslmode; default verify-full: the instances check who answers, by the authorities that our image carries.
    `require` only encrypts: for an image without them, or a region that is younger than they are."""

    def conflicts(self) -> Iterator[Conflict]:
        """A backup needs its time."""
        if self.backup_window is not None:
            begin, end = (60 * int(time[:2]) + int(time[3:]) for time in self.backup_window.split("-"))
            if (end - begin) % (24 * 60) < 30:
                yield Conflict("backupWindow", "shorter than the half hour that RDS wants", "End it later")


class Redis(Section):
    """The ElastiCache replication group."""

    engine: Literal["redis", "valkey"] = "redis"
    """`redis` (default: what this was measured with; up to version 7) or `valkey` (its open successor, from 7 on)."""

    node_type: str | None = None
    """Such as cache.m7g.large; default null: the smallest burstable one (cache.t4g) that holds `redis.memory`."""

    snapshots: _Days = 7 * DAY
    """How long daily snapshots are kept; default 7d; 0s: none."""


class Logs(Section):
    """Logs of the tasks and of the database."""

    retention_days: Annotated[
        Retention, Field(json_schema_extra={"enum": list(get_args(Retention)), "type": "integer"})
    ] = 30
    """Days that they are kept, one of CloudWatch's numbers; default 30."""


class Alarms(Section):
    """What CloudWatch watches; thresholds that follow from the topology are not settings."""

    topic_arn: (
        Annotated[
            str,
            Matching(
                r"arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[\w-]+", "must be the ARN of an SNS topic", "Copy it"
            ),
        ]
        | None
    ) = None
    """An existing topic; default null: a new one."""

    email: Annotated[str, Matching(r"[^\s@]+@[^\s@]+", "must be an e-mail address", "Write one")] | None = (
        None
    )
    """Address that the new topic tells, after its owner has confirmed; default null: nobody."""

    latency: Annotated[Duration, Between(0.1, HOUR, duration_text)] = 60.0
    """p95 of the time to the first byte that is too long; default 60s: agents think."""

    errors: Annotated[Whole, Between(1, 1_000_000)] = 10
    """Answers with 5xx in a minute that are too many; default 10."""

    def conflicts(self) -> Iterator[Conflict]:
        """The subscription belongs to a topic of ours."""
        if self.topic_arn is not None and self.email is not None:
            yield Conflict("email", "given together with agno-ha:ecs.alarms.topicArn", "Subscribe it there")
