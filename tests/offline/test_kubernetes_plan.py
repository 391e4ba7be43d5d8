"""The plan on Kubernetes: the exact objects of each variant, who owns what, and no secret in the open."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import pytest
from agno_ha.offline import Plan, ProgramError, Resource, Secret
from agno_ha.service import TYPE

from .conftest import Evaluate

APP = {"images": {"app": "registry.example.com/app:1"}}
POOLER = {"images": {**APP["images"], "pgbouncer": "registry.example.com/pgbouncer:1"}}
EXTERNAL = {"mode": "external", "password": "given", "external": {"host": "db.example.com"}}
HA = {"postgres": {"highAvailability": True}}
TLS = {"loadBalancer": {"tls": {"mode": "generated"}}}
Names = set[tuple[str, str]]


def named(text: str) -> Names:
    """`Kind: name name` a line, each name without its `agno-`."""
    lines = (line.partition(":") for line in text.strip().splitlines())
    return {(kind.strip(), f"agno-{name}") for kind, _, names in lines for name in names.split()}


BASIC = named("""
    RandomPassword: postgres-password postgres-admin-password redis-password security-key service-token
    kubernetes: cluster creator
    Namespace: namespace
    ServiceAccount: account
    NetworkPolicy: default-deny dns postgres redis web nginx
    Secret: postgres redis app
    ConfigMap: postgres-role nginx-conf
    PersistentVolumeClaim: postgres-data redis-data
    StatefulSet: postgres redis
    Deployment: web nginx
    Service: postgres redis web web-pods balancer
    PodDisruptionBudget: web nginx
    HorizontalPodAutoscaler: web
""") | {("AgnoService", "agno")}
GENERATED = named(
    "RandomPassword: postgres-password postgres-admin-password redis-password security-key service-token"
)
NGINX = named("""
    NetworkPolicy: nginx
    ConfigMap: nginx-conf
    Deployment: nginx
    Service: web-pods
    PodDisruptionBudget: nginx
""")
OWN_POSTGRES = named("""
    Secret: postgres
    ConfigMap: postgres-role
    PersistentVolumeClaim: postgres-data
    StatefulSet: postgres
    Service: postgres
""")
Variant = tuple[dict[str, Any], dict[str, Any], Names, Names]
"""Topology, the target's own settings, what is there more, what is not there."""
VARIANTS: dict[str, Variant] = {
    "scheduler": (
        {"app": {"scheduler": {"enabled": True}}}, {},
        named("Deployment: scheduler\n NetworkPolicy: scheduler"), set(),
    ),
    "pooler": (
        {"postgres": {"pooler": {"enabled": True}}}, POOLER,
        named("""
            Deployment: pgbouncer
            Service: pgbouncer
            ConfigMap: pgbouncer-ini
            Secret: pgbouncer
            NetworkPolicy: pgbouncer
        """), set(),
    ),
    "tls": (TLS, {}, named("RandomPassword: tls-seed\n Secret: tls"), set()),
    "cert-manager": (
        TLS, {"tls": {"issuer": "letsencrypt"}, "loadBalancer": {"host": "agno.example.com"}},
        named("RandomPassword: tls-seed\n cert-manager.io/v1/Certificate: tls"), set(),
    ),
    "an existing certificate": (
        TLS, {"tls": {"secretName": "wildcard"}}, named("RandomPassword: tls-seed"), set(),
    ),
    "no authentication": (
        {"app": {"authentication": "none"}}, {}, set(), named("RandomPassword: security-key"),
    ),
    "external postgres": (
        {"postgres": EXTERNAL}, {}, set(),
        OWN_POSTGRES | named("""
            RandomPassword: postgres-password postgres-admin-password
            NetworkPolicy: postgres
        """),
    ),
    "external redis": (
        {"redis": EXTERNAL}, {}, set(),
        named("""
            RandomPassword: redis-password
            Secret: redis
            PersistentVolumeClaim: redis-data
            StatefulSet: redis
            Service: redis
            NetworkPolicy: redis
        """),
    ),
    "high availability": (
        HA, {}, named("postgresql.cnpg.io/v1/Cluster: postgres\n Secret: postgres-owner"), OWN_POSTGRES,
    ),
    "backups": (
        HA, {"cloudNativePg": {"backups": {"destination": "s3://bucket/path"}}},
        named("""
            postgresql.cnpg.io/v1/Cluster: postgres
            postgresql.cnpg.io/v1/ScheduledBackup: postgres-backup
            Secret: postgres-owner
        """), OWN_POSTGRES,
    ),
    "ingress": (
        {}, {"loadBalancer": {"kind": "ingress"}}, named("Ingress: web\n Service: nowhere"),
        NGINX | named("Service: balancer"),
    ),
    "service": ({}, {"loadBalancer": {"kind": "service"}}, set(), NGINX),
    "keda": (
        {}, {"scaling": {"autoscaler": "keda"}}, named("keda.sh/v1alpha1/ScaledObject: web"),
        named("HorizontalPodAutoscaler: web"),
    ),
    "monitoring": (
        {}, {"monitoring": {"enabled": True}},
        named("""
            monitoring.coreos.com/v1/ServiceMonitor: web
            monitoring.coreos.com/v1/PrometheusRule: web
        """), set(),
    ),
    "own namespace": ({}, {"createNamespace": False}, set(), named("Namespace: namespace\nkubernetes: creator")),
    "an existing secret": (
        {}, {"existingSecret": "agno"}, set(), GENERATED | named("Secret: postgres redis app"),
    ),
    "own secret": ({"app": {"secrets": {"API_TOKEN": "given"}}}, {}, set(), set()),
}  # fmt: skip


@pytest.fixture
def run(evaluate: Evaluate) -> Evaluate:
    def on_kubernetes(topology: Any = None, own: Any = None, **more: Any) -> Plan:
        return evaluate(topology, own={**APP, **(own or {})}, target="kubernetes", **more)

    return on_kubernetes


def kinds(plan: Plan) -> Names:
    return {(kind_of(resource), resource.name) for resource in plan.resources}


def kind_of(resource: Resource) -> str:
    if "." in resource.type.split("/")[0] and ".k8s.io" not in resource.type:  # an operator's
        return f"{resource.inputs['apiVersion']}/{resource.inputs['kind']}"
    return resource.type.split(":")[-1]


def of_kind(plan: Plan, kind: str, name: str = "") -> list[dict[str, Any]]:
    return [
        dict(each.inputs)
        for each in plan.resources
        if kind_of(each).rpartition("/")[2] == kind and each.name.endswith(name)
    ]


def pods(plan: Plan) -> Iterator[tuple[str, dict[str, Any]]]:
    for each in plan.resources:
        if "template" in each.inputs.get("spec", {}):
            yield each.name, each.inputs["spec"]["template"]["spec"]


def test_the_default_topology(run: Evaluate) -> None:
    assert kinds(run()) == BASIC


@pytest.mark.parametrize(("topology", "own", "more", "less"), VARIANTS.values(), ids=VARIANTS)
def test_each_choice_adds_and_removes_exactly(
    run: Evaluate, topology: dict[str, Any], own: dict[str, Any], more: Names, less: Names
) -> None:
    plan = run(topology, own, given="a given value")
    assert kinds(plan) == (BASIC | more) - less
    [service] = plan.of_type(TYPE)
    assert {resource.parent for resource in plan.resources if resource is not service} == {service.urn}
    # One owner of the count, and never a number of ours beside it.
    owners = [*of_kind(plan, "HorizontalPodAutoscaler"), *of_kind(plan, "ScaledObject")]
    assert len(owners) == 1
    for name in ("agno-web", "agno-scheduler"):
        for deployment in of_kind(plan, "Deployment", name):
            assert "replicas" not in deployment["spec"]
    for name, spec in pods(plan):
        assert_restricted(name, spec)
    for resource in plan.resources:
        text = str({**resource.inputs})
        assert "secret-agno" not in text, resource.name
        assert "a given value" not in text, resource.name


@pytest.mark.parametrize(
    "scaling", [{"min": 1, "max": 1}, {"min": 3, "max": 3, "cpu": None, "memory": None}, {"min": 1, "max": 9}]
)
@pytest.mark.parametrize("autoscaler", ["hpa", "keda"])
def test_the_autoscaler_owns_the_count_fixed_or_not(
    run: Evaluate, scaling: dict[str, Any], autoscaler: str
) -> None:
    plan = run({"scaling": scaling}, {"scaling": {"autoscaler": autoscaler}})
    [web] = of_kind(plan, "Deployment", "agno-web")
    assert "replicas" not in web["spec"]
    [owner] = of_kind(plan, "HorizontalPodAutoscaler" if autoscaler == "hpa" else "ScaledObject")
    spec = owner["spec"]
    bounds = ("minReplicas", "maxReplicas") if autoscaler == "hpa" else ("minReplicaCount", "maxReplicaCount")
    assert [spec[name] for name in bounds] == [scaling["min"], scaling["max"]]
    assert spec["metrics" if autoscaler == "hpa" else "triggers"]
    assert spec["scaleTargetRef"] == {
        "apiVersion": "apps/v1", "kind": "Deployment", "name": web["metadata"]["name"],
    }  # fmt: skip


def test_what_holds_data_is_protected_outside_dev(run: Evaluate) -> None:
    held = {key for key in BASIC if key[0] in ("PersistentVolumeClaim", "RandomPassword", "Namespace")}
    for environment in ("staging", "prod"):
        plan = run(environment=environment)
        assert {(kind_of(each), each.name) for each in plan.resources if each.protect} == held
    cluster = run(HA, environment="prod").of_type("kubernetes:postgresql.cnpg.io/v1:Cluster")
    assert [each.protect for each in cluster] == [True]
    assert not any(resource.protect for resource in run(environment="dev").resources)


def assert_restricted(name: str, spec: Mapping[str, Any]) -> None:
    """Pod Security `restricted`, a read-only root, no token, limits that are the requests, probes."""
    assert spec["automountServiceAccountToken"] is False, name
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["runAsUser"] > 0
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert {next(iter(set(volume) - {"name"})) for volume in spec["volumes"]} <= {
        "secret", "configMap", "emptyDir", "persistentVolumeClaim",
    }  # fmt: skip
    mounted = {volume["name"] for volume in spec["volumes"]}
    for container in [*spec.get("initContainers", []), *spec["containers"]]:
        security = container["securityContext"]
        assert security == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert container["resources"]["limits"] == container["resources"]["requests"]
        assert set(container["resources"]["limits"]) == {"cpu", "memory"}
        assert {mount["name"] for mount in container["volumeMounts"]} <= mounted
    assert {"livenessProbe", "readinessProbe"} <= set(spec["containers"][0]), name


def test_alive_is_asked_of_the_process_and_ready_of_the_stores(run: Evaluate) -> None:
    spec = dict(pods(run()))["agno-web"]
    [container] = spec["containers"]
    paths = {
        kind: container[f"{kind}Probe"]["httpGet"]["path"] for kind in ("startup", "liveness", "readiness")
    }
    assert paths == {"startup": "/health", "liveness": "/health", "readiness": "/ready"}
    assert container["lifecycle"] == {"preStop": {"sleep": {"seconds": 5}}}
    assert spec["terminationGracePeriodSeconds"] == 185
    assert spec["initContainers"][0]["command"] == ["python", "-m", "agno_ha_image.schema"]
    assert spec["initContainers"][0]["env"] == container["env"]


def test_a_slow_pod_is_out_of_rotation_long_before_it_is_killed(run: Evaluate) -> None:
    [container] = dict(pods(run()))["agno-web"]["containers"]

    def least(kind: str) -> int:
        probe = container[f"{kind}Probe"]
        return probe["periodSeconds"] * (probe["failureThreshold"] - 1)

    assert least("liveness") >= 4 * least("readiness")


def test_a_store_is_reached_while_it_is_slow_and_an_instance_is_not(run: Evaluate) -> None:
    services = {each["metadata"]["name"]: each["spec"] for each in of_kind(run(), "Service")}
    unready = {name for name, spec in services.items() if spec.get("publishNotReadyAddresses")}
    assert unready == {"postgres", "redis"}


def test_a_dollar_sign_reaches_the_app_as_it_is(run: Evaluate) -> None:
    spec = dict(pods(run({"app": {"environment": {"GREETING": "costs $(HOME) $5"}}})))["agno-web"]
    assert {"name": "GREETING", "value": "costs $$(HOME) $$5"} in spec["containers"][0]["env"]


def test_another_secret_rolls_the_pods_and_another_configuration_too(run: Evaluate) -> None:
    def templates(**more: Any) -> dict[str, str]:
        plan = run({"app": {"secrets": {"API_TOKEN": "given"}}, **more.pop("topology", {})}, **more)
        return {
            each.name: json.dumps(each.inputs["spec"]["template"], default=lambda value: value.value)
            for each in plan.resources
            if "template" in each.inputs.get("spec", {})
        }

    def changed(other: dict[str, str]) -> set[str]:
        return {name for name, text in before.items() if other[name] != text}

    before = templates(given="one")
    assert changed(templates(given="one")) == set()
    assert changed(templates(given="two")) == {"agno-web"}
    assert changed(templates(given="one", topology={"loadBalancer": {"bodyLimit": "1MiB"}})) == {"agno-nginx"}


def test_only_the_flows_that_exist(run: Evaluate) -> None:
    topology = {"postgres": {"pooler": {"enabled": True}}, "app": {"scheduler": {"enabled": True}}}
    plan = run(topology, POOLER)
    policies = {each["metadata"]["name"]: each["spec"] for each in of_kind(plan, "NetworkPolicy")}
    assert policies["default-deny"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    component = "app.kubernetes.io/component"

    def come(name: str) -> set[str]:
        return {
            peer["podSelector"]["matchLabels"][component] if "podSelector" in peer else "*"
            for rule in policies[name].get("ingress", [])
            for peer in rule.get("from", [{}])
        }

    assert {name: come(name) for name in sorted(policies)} == {
        "default-deny": set(),
        "dns": set(),
        "nginx": {"*"},
        "pgbouncer": {"web", "scheduler"},
        "postgres": {"pgbouncer"},
        "redis": {"web", "scheduler"},
        "scheduler": set(),
        "web": {"nginx"},
    }
    # Who asks Prometheus must let it read.
    own = {"scaling": {"autoscaler": "keda", "prometheus": "http://prometheus.monitoring:9090"}}
    [web] = [each for each in of_kind(run(None, own), "NetworkPolicy") if each["metadata"]["name"] == "web"]
    assert [list(rule["from"][0]) for rule in web["spec"]["ingress"]] == [
        ["podSelector"],
        ["namespaceSelector"],
    ]
    # Every selector of a policy, a Service and a budget chooses the pods of one workload.
    labels = [
        each.inputs["spec"]["template"]["metadata"]["labels"]
        for each in plan.resources
        if "template" in each.inputs.get("spec", {})
    ]
    for policy in policies.values():
        if wanted := policy["podSelector"].get("matchLabels"):
            assert sum(wanted.items() <= each.items() for each in labels) == 1
    for service in of_kind(plan, "Service"):
        assert sum(service["spec"]["selector"].items() <= each.items() for each in labels) == 1


@pytest.mark.parametrize("pooled", [False, True])
def test_the_operators_service_is_asked_by_its_own_labels(run: Evaluate, pooled: bool) -> None:
    """EKS' agent lets through to a Service only by labels that its selector has."""
    plan = run({"postgres": {**HA["postgres"], "pooler": {"enabled": pooled}}}, POOLER)
    policies = {each["metadata"]["name"]: each["spec"] for each in of_kind(plan, "NetworkPolicy")}
    selector = {"cnpg.io/cluster": "postgres", "cnpg.io/instanceRole": "primary"}  # of Service postgres-rw

    def asks(name: str) -> bool:
        return any(
            wanted.items() <= selector.items()
            for rule in policies[name]["egress"]
            if {"protocol": "TCP", "port": 5432} in rule.get("ports", [])
            for peer in rule.get("to", [])
            if (wanted := peer.get("podSelector", {}).get("matchLabels"))
        )

    asking = {name for name in policies if policies[name].get("egress") and asks(name)}
    assert asking == {"postgres", "pgbouncer" if pooled else "web"}


@pytest.mark.parametrize(("place", "more"), [
    ({"destination": "s3://b/p"}, [({"cidr": "169.254.170.23/32"}, 80)]),
    ({"destination": "s3://b/p", "endpoint": "http://minio.store:9000", "secret": "keys"}, [(None, 9000)]),
    ({"destination": "s3://b/p", "endpoint": "https://minio.store/", "secret": "keys"}, [(None, 443)]),
    ({"volumeSnapshotClass": "csi", "endpoint": "http://minio:9000"}, []),
])  # fmt: skip
def test_the_servers_reach_the_store_of_their_backups(
    run: Evaluate, place: dict[str, str], more: list[tuple[Any, int]]
) -> None:
    def reached(**backups: str) -> list[tuple[Any, int]]:
        own = {"cloudNativePg": {"backups": backups}}
        [policy] = of_kind(run(HA, own), "NetworkPolicy", "agno-postgres")
        return [
            (rule["to"][0].get("ipBlock") if "to" in rule else None, port["port"])
            for rule in policy["spec"]["egress"]
            for port in rule["ports"]
        ]

    before = reached()
    assert reached(**place) == before + more


def test_a_snapshot_is_taken_of_a_stopped_standby_and_kept(run: Evaluate) -> None:
    topology = {"postgres": {**HA["postgres"], "backups": {"retention": "7d"}}}
    plan = run(topology, {"cloudNativePg": {"backups": {"volumeSnapshotClass": "csi"}}})
    [cluster] = of_kind(plan, "Cluster")
    assert cluster["spec"]["backup"] == {"volumeSnapshot": {"className": "csi", "online": False}}
    assert [line.partition(":")[0] for line in plan.warnings] == ["CloudNativePG deletes no snapshots"]
    assert not run(topology, {"cloudNativePg": {"backups": {"destination": "s3://b/p"}}}).warnings


def test_a_failover_loses_no_turn_and_a_zone_holds_not_every_server(run: Evaluate) -> None:
    [cluster] = of_kind(run(HA), "Cluster")
    synchronous = cluster["spec"]["postgresql"]["synchronous"]
    assert synchronous == {"method": "any", "number": 1, "dataDurability": "preferred"}
    [spread] = cluster["spec"]["topologySpreadConstraints"]
    assert (spread["topologyKey"], spread["whenUnsatisfiable"], spread["maxSkew"]) == (
        "topology.kubernetes.io/zone", "ScheduleAnyway", 1,
    )  # fmt: skip
    assert spread["labelSelector"]["matchLabels"] == {"cnpg.io/cluster": "postgres"}


def test_the_servers_image_is_of_a_debian_that_is_kept(run: Evaluate) -> None:
    def image(own: dict[str, Any]) -> str:
        [cluster] = of_kind(run({"postgres": {**HA["postgres"], "version": 17}}, own), "Cluster")
        return str(cluster["spec"]["imageName"])

    assert image({}) == "ghcr.io/cloudnative-pg/postgresql:17-system-bookworm"
    assert image({"images": {**APP["images"], "cloudNativePg": "mine:17"}}) == "mine:17"


def test_the_servers_have_an_identity_in_the_cloud(run: Evaluate) -> None:
    role = {"eks.amazonaws.com/role-arn": "arn:aws:iam::1:role/backups"}
    [cluster] = of_kind(run(HA, {"cloudNativePg": {"serviceAccountAnnotations": role}}), "Cluster")
    assert cluster["spec"]["serviceAccountTemplate"] == {"metadata": {"annotations": role}}
    [cluster] = of_kind(run(HA), "Cluster")
    assert "serviceAccountTemplate" not in cluster["spec"]


@pytest.mark.parametrize(("kind", "own", "admitted"), [
    ("ingress", {"issuer": "letsencrypt"}, True),
    ("ingress", {"secretName": "wildcard"}, False),
    ("nginx", {"issuer": "letsencrypt"}, False),
])  # fmt: skip
def test_a_challenge_over_http_reaches_its_solver(
    run: Evaluate, kind: str, own: dict[str, str], admitted: bool
) -> None:
    front = {"kind": kind, "host": "agno.example.com"}
    made = of_kind(run(TLS, {"tls": own, "loadBalancer": front}), "NetworkPolicy", "http01")
    assert [each["spec"] for each in made] == [
        {
            "podSelector": {"matchLabels": {"acme.cert-manager.io/http01-solver": "true"}},
            "policyTypes": ["Ingress"],
            "ingress": [{"ports": [{"protocol": "TCP", "port": 8089}]}],
        }
    ] * admitted


def test_requests_are_measured_where_it_was_said(run: Evaluate) -> None:
    wanted = {"scaling": {"requestsPerSecond": 2.5}}
    metric = {"type": "object", "name": "requests_per_second"}
    own = {"loadBalancer": {"kind": "ingress"}, "scaling": {"requestsMetric": metric}}
    [hpa] = of_kind(run(wanted, own), "HorizontalPodAutoscaler")
    assert hpa["spec"]["metrics"][-1] == {
        "type": "Object",
        "object": {
            "metric": {"name": "requests_per_second"},
            "target": {"type": "AverageValue", "averageValue": "2500m"},
            "describedObject": {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "name": "web"},
        },
    }
    own = {"scaling": {"autoscaler": "keda", "prometheus": "http://prometheus.monitoring:9090"}}
    [scaled] = of_kind(run(wanted, own), "ScaledObject")
    trigger = scaled["spec"]["triggers"][-1]
    assert trigger["metadata"]["threshold"] == "2.5"
    assert 'namespace="agno-ha-test"' in trigger["metadata"]["query"]


@pytest.mark.parametrize(
    ("controller", "annotation"),
    [
        ("ingress-nginx", ("nginx.ingress.kubernetes.io/proxy-read-timeout", "3600")),
        ("haproxy", ("haproxy.org/timeout-server", "3600s")),
        ("alb", ("alb.ingress.kubernetes.io/load-balancer-attributes", "idle_timeout.timeout_seconds=3600")),
        ("other", ("mine", "yes")),
    ],
)
def test_the_controller_is_told_in_its_own_words(
    run: Evaluate, controller: str, annotation: tuple[str, str]
) -> None:
    front = {"kind": "ingress", "controller": controller, "annotations": {"mine": "yes"}}
    plan = run(None, {"loadBalancer": front})
    [ingress] = of_kind(plan, "Ingress")
    assert annotation in ingress["metadata"]["annotations"].items()
    paths = ingress["spec"]["rules"][0]["http"]["paths"]
    assert [path["backend"]["service"]["name"] for path in paths] == ["nowhere", "web"]
    assert bool(plan.warnings) == (controller == "other")


@pytest.mark.parametrize("mode", ["off", "generated"])
def test_an_alb_listens_for_tls_where_there_is_some(run: Evaluate, mode: str) -> None:
    front = {"kind": "ingress", "controller": "alb", "host": "agno.example.com"}
    [ingress] = of_kind(run({"loadBalancer": {"tls": {"mode": mode}}}, {"loadBalancer": front}), "Ingress")
    told = {key.partition("/")[2]: value for key, value in ingress["metadata"]["annotations"].items()}
    assert (json.loads(told.get("listen-ports", "[]")), told.get("ssl-redirect")) == (
        ([], None) if mode == "off" else ([{"HTTP": 80}, {"HTTPS": 443}], "443")
    )


@pytest.mark.parametrize(("mode", "port"), [("off", "8080"), ("generated", "8443 ssl http2")])
def test_silent_clients_are_asked_whether_they_are_there(run: Evaluate, mode: str, port: str) -> None:
    """Or a cloud's load balancer drops a stream whose run says nothing for minutes."""
    [conf] = of_kind(run({"loadBalancer": {"tls": {"mode": mode}}}), "ConfigMap", "nginx-conf")
    assert f"listen {port} so_keepalive=30s:10s:6;" in "".join(conf["data"].values())


def test_an_existing_secret_holds_everything_and_the_state_nothing(run: Evaluate) -> None:
    plan = run({"app": {"secrets": {"API_TOKEN": "given"}}}, {"existingSecret": "agno"})
    assert not any(isinstance(value, Secret) for each in plan.resources for value in each.inputs.values())
    keys = {
        item["key"]
        for _, spec in pods(plan)
        for volume in spec["volumes"]
        if volume.get("secret", {}).get("secretName") == "agno"
        for item in volume["secret"]["items"]
    }
    assert keys == {
        *("postgres_password", "postgres_admin_password", "redis_password", "redis_users"),
        *("internal_service_token", "os_security_key", "api_token"),
    }
    assert "securityKey" not in plan.outputs


def test_what_has_no_effect_is_said(run: Evaluate) -> None:
    topology = {"redis": {"highAvailability": True}, "postgres": {"backups": {"retention": "7d"}}}
    plan = run(topology, {"loadBalancer": {"kind": "service"}})
    starts = ("Kubernetes runs one redis server", "No backups are made", "A Service has no timeouts")
    assert [line[: len(start)] for line, start in zip(plan.warnings, starts, strict=True)] == list(starts)


def test_the_facts_say_what_the_settings_make_true(run: Evaluate) -> None:
    def fact(name: str, *given: Any) -> Any:
        [service] = run(*given).of_type(TYPE)
        return service.inputs[name]

    backups = {"cloudNativePg": {"backups": {"volumeSnapshotClass": "csi"}}}
    assert [fact("failover", topology) for topology in ({}, HA)] == [False, True]
    assert [fact("backupRetention", *given) for given in ((), (HA,), (None, backups), (HA, backups))] == [
        0, 0, 0, 604800,
    ]  # fmt: skip


def test_a_stack_that_can_be_no_namespace(evaluate: Evaluate) -> None:
    check = partial(evaluate, target="kubernetes", own={**APP, "namespace": "Not_one"})
    with pytest.raises(ProgramError, match=r"agno-ha:kubernetes.namespace = Not_one: must be a DNS label"):
        check()


def test_what_somebody_changed_by_hand_is_set_right(run: Evaluate) -> None:
    """Without force, an update of what `kubectl set` or `kubectl edit` has touched ends in a conflict with it."""
    for provider in run().of_type("pulumi:providers:kubernetes"):
        assert provider.inputs["enablePatchForce"] == "true"


def test_a_port_replaces_the_one_before_and_an_interrupted_up_can_be_repeated(run: Evaluate) -> None:
    """Both need objects that were created by server-side apply: its owner alone takes back what it gave."""
    cluster, creator = sorted(run().of_type("pulumi:providers:kubernetes"), key=lambda each: each.name)
    assert (cluster.name, cluster.inputs["upsertExistingObjects"]) == ("agno-cluster", "true")
    # Somebody else's namespace is an error: adopted, it would go with ours.
    assert (creator.name, creator.inputs["upsertExistingObjects"]) == ("agno-creator", "false")


@pytest.mark.parametrize("name", ["default", "kube-system"])
def test_the_clusters_own_namespaces_are_not_taken(run: Evaluate, name: str) -> None:
    with pytest.raises(ProgramError, match=rf"kubernetes.namespace = {name}: is the cluster's own"):
        run(None, {"namespace": name})
