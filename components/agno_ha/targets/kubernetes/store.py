"""A store's server: one pod on one volume, and its Service."""

from __future__ import annotations

from dataclasses import replace

import pulumi_kubernetes as kubernetes

from agno_ha.targets.kubernetes.names import selector
from agno_ha.targets.kubernetes.pod import Container, template
from agno_ha.targets.kubernetes.scope import File, Scope


def server(
    scope: Scope,
    container: Container,
    volume: File,
    *,
    path: str,
    directory: str | None = None,
    uid: int,
    grace: float,
    port: int,
) -> kubernetes.apps.v1.StatefulSet:
    """Create the StatefulSet and the Service; the container's name is theirs, and that of its port.

    A StatefulSet never runs two pods of one name, not even where a node is lost: two servers must never share a
    volume.

    Args:
        scope: where it belongs.
        container: the server.
        volume: its data.
        path: where the data is mounted.
        directory: one below it that must exist before the server starts.
        uid: user of its processes.
        grace: seconds to stop.
        port: where it listens.
    """
    room = container.name
    data = replace(volume, path=path)
    before = []
    if directory is not None:
        before.append(
            Container(
                name="directory",
                image=container.image,
                cpu=container.cpu,
                memory=container.memory,
                command=["mkdir", "-p", directory],
                files=[data],
            )
        )
    container = replace(container, files=[*container.files, data])
    service(scope, room, {room: port}, unready=True)
    return kubernetes.apps.v1.StatefulSet(
        f"{scope.name}-{room}",
        metadata=scope.metadata(room),
        spec={
            "serviceName": room,
            "selector": {"matchLabels": selector(room)},
            # In order, a version that does not become ready would block the one that mends it.
            "podManagementPolicy": "Parallel",
            "template": template(scope, room, container, uid=uid, grace=grace, before=before),
        },
        opts=scope.options(wait=True),
    )


def service(
    scope: Scope,
    room: str,
    ports: dict[str, int],
    *,
    component: str | None = None,
    headless: bool = False,
    unready: bool = False,
) -> kubernetes.core.v1.Service:
    """Create a Service inside the cluster for a component's pods.

    Args:
        scope: where it belongs.
        room: its name.
        ports: name → number.
        component: whose pods; by default those of the same name.
        headless: whether DNS gives the pods' addresses in place of one of its own.
        unready: whether it leads to pods that are not ready too. For a store, which is the only one: a slow answer
            to a probe would cut every client off from a server that only has much to do.
    """
    return kubernetes.core.v1.Service(
        f"{scope.name}-{room}",
        metadata=scope.metadata(room, annotations={"pulumi.com/skipAwait": "true"}),
        spec={
            "type": "ClusterIP",
            **({"clusterIP": "None"} if headless else {}),
            **({"publishNotReadyAddresses": True} if unready else {}),
            "selector": selector(component or room),
            "ports": [
                {"name": name, "port": port, "targetPort": name, "protocol": "TCP"}
                for name, port in ports.items()
            ],
        },
        opts=scope.options(),
    )
