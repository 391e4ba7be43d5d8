"""AgnoService: one highly available Agno on the chosen target, as one Pulumi component."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pulumi

from agno_ha import capacity, credentials, targets, tls
from agno_ha.configuration import ConfigurationError, Problem, validate
from agno_ha.topology import Topology

TYPE = "agno-ha:index:AgnoService"
"""Type token of the component; renaming it needs an alias."""


class AgnoService(pulumi.ComponentResource):
    """A load balancer, N interchangeable AgentOS instances, Postgres and Redis.

    Its capacity facts are inputs and outputs of the component, so that policies see them in every preview.
    """

    url: pulumi.Output[str]
    """What clients use."""
    load_balancer: pulumi.Output[str] | None
    """The load balancer's own name, which the DNS of the URL's host leads to; None but on ECS."""
    security_key: pulumi.Output[str] | None
    """`OS_SECURITY_KEY`, secret; None where `app.authentication` is `none`, or an existing Secret holds it."""
    facts: Mapping[str, int | float | str | bool]
    """The capacity facts: plain scalars, never a host, an address or a secret."""

    def __init__(
        self,
        name: str,
        topology: Topology,
        *,
        target: str,
        settings: Any = None,
        environment: str = "prod",
        namespace: str | None = None,
        secrets: Mapping[str, pulumi.Output[str]] | None = None,
        images: Any = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Create the service.

        Args:
            name: prefix of every child's Pulumi name.
            topology: what to run; the same on every target.
            target: one of `targets.NAMES`.
            settings: what only the target has (`DockerSettings`, `KubernetesSettings`, `EcsSettings`). Default: its
                defaults.
            environment: `dev`, `staging` or `prod` (default). Outside dev what holds data is protected.
            namespace: prefix of the names on the platform. Default: `<project>-<stack>`.
            secrets: the values of the top-level secrets that the topology names, by their configuration key.
            images: pinned images. Default: found or built on the engine.
            opts: the usual options.

        Raises:
            ConfigurationError: the topology does not fit its own limits, the target can't do it, or a secret that it
                names is not given.
        """
        module = targets.choose(target)
        if module is None:
            fix = f"Use {' or '.join(targets.NAMES)}"
            raise ConfigurationError(
                [Problem("", "agno-ha:target", target, "is not a target of this version", fix)]
            )
        if settings is None:
            settings, problems = validate(module.Settings, {}, f"agno-ha:{target}")
            if problems:
                raise ConfigurationError(problems)
        namespace = namespace or f"{pulumi.get_project()}-{pulumi.get_stack()}"
        existing, given = module.has_secrets(settings), secrets or {}
        plan = capacity.assess(topology, surge=module.surge(topology), target=target)
        if problems := [
            *plan.problems(),
            *module.problems(topology, settings, namespace),
            *tls.problems(topology),
            *_missing(credentials.needed(topology, existing=existing), given),
        ]:
            raise ConfigurationError(problems)
        protect = environment != "dev"
        # What the target really does, whatever the topology asks for.
        own = {
            "target": target,
            "environment": environment,
            "autoscaled": module.AUTOSCALES,
            "protected": protect,
            "failover": module.FAILOVER and topology.postgres.high_availability,
            "backupRetention": 0.0,
            "redisFailover": False,
            **module.facts(topology, settings),
        }
        self.facts = {**plan.facts(), **own}
        super().__init__(TYPE, name, dict(self.facts), opts)

        made = credentials.create(
            name,
            topology,
            given,
            administrator=module.ADMINISTRATOR,
            parent=self,
            protect=protect,
            existing=existing,
        )
        self.url, self.load_balancer = module.deploy(
            name,
            namespace=namespace,
            topology=topology,
            settings=settings,
            images=images or module.resolve_images(topology, settings),
            credentials=made,
            parent=self,
            protect=protect,
        )
        self.security_key = None if existing else made.security_key
        self.register_outputs(
            {
                **self.facts,
                "url": self.url,
                "loadBalancer": self.load_balancer,
                "securityKey": self.security_key,
            }
        )


def _missing(needed: Mapping[str, str], given: Mapping[str, Any]) -> Iterator[Problem]:
    """Name each secret that the topology names and nobody gave."""
    for key, path in needed.items():
        if key not in given:
            # The key is not shown: it may be the secret itself, written in the wrong place.
            fix = "Give its value in `secrets`, under the key that stands there"
            yield Problem("", path, None, "names a secret that AgnoService is not given", fix)
