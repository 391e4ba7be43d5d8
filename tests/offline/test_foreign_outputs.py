"""What programs of others read of AWS's resources: known without an engine, and nothing of it is lost."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from agno_ha import offline, placeholders
from agno_ha.check import resources_of
from agno_ha.offline import Plan
from agno_ha_policies import Configuration, evaluate

DATABASE = (
    'engine="postgres", instance_class="db.t3.micro", allocated_storage=20, username="a", password="hunter2"'
)
GIVEN = "111122223333.dkr.ecr.placeholder.amazonaws.com"
READ: dict[str, tuple[str, str]] = {
    "an image in a repository": (
        'concat(aws.ecr.Repository("images", name="team/app").repository_url, ":1")', f"{GIVEN}/team/app:1",
    ),
    "an instance": (f'concat(aws.rds.Instance("db", {DATABASE}).identifier)', "db"),
    "one with a name": (f'concat(aws.rds.Instance("db", identifier="agents", {DATABASE}).identifier)', "agents"),
    "a cluster's readers": (
        'concat("postgresql://", aws.rds.Cluster("db", engine="aurora-postgresql").reader_endpoint)',
        "postgresql://db.placeholder.invalid",
    ),
    "a cluster": ('concat(aws.rds.Cluster("db", engine="aurora-postgresql").cluster_identifier)', "db"),
    "shards": (
        'concat(aws.elasticache.ReplicationGroup("queue", description="q").configuration_endpoint_address, ":6379")',
        "queue.placeholder.invalid:6379",
    ),
    "a cache's node": (
        'concat("redis://", aws.elasticache.Cluster("cache", engine="redis").cache_nodes[0].address)',
        "redis://cache.placeholder.invalid",
    ),
    "a bucket": ('concat("s3://", aws.s3.Bucket("files").bucket)', "s3://files"),
    "a zone": ('concat("/zone/", aws.route53.Zone("zone", name="example.com").zone_id)', "/zone/placeholder"),
    "a queue": ('concat(aws.sqs.Queue("jobs").url, "?x")', "https://jobs.placeholder.invalid?x"),
    "a domain": ('concat("x.", aws.cognito.UserPoolDomain("d", domain="a", user_pool_id="p").domain)', "x.a"),
    "an address": ('concat(aws.ec2.Eip("address", domain="vpc").public_ip, "/32")', "address.placeholder.invalid/32"),
}  # fmt: skip
POLICY = """
    bucket = aws.s3.Bucket("files")
    role = aws.iam.Role("role", assume_role_policy={"Version": "2012-10-17", "Statement": []})
    aws.iam.RolePolicy("rights", role=role.id, policy={"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": ["s3:*"], "Resource": bucket.arn},
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
    ]})
    pulumi.export("text", role.assume_role_policy)
"""


def plan(directory: Path, program: str) -> Plan:
    head = "import pulumi\nimport pulumi_aws as aws\nfrom pulumi import Output\n"
    (directory / "__main__.py").write_text(head + dedent(program))
    return offline.evaluate(directory, "dev", {}, outputs=partial(placeholders.outputs, "agno-ha-dev"))


@pytest.mark.parametrize("name", READ)
def test_an_output_is_known(name: str, tmp_path: Path) -> None:
    expression, value = READ[name]
    assert plan(tmp_path, f'pulumi.export("read", Output.{expression})').outputs["read"] == value


def test_what_is_made_of_an_output_is_not_lost(tmp_path: Path) -> None:
    made = plan(
        tmp_path,
        f"""
        db = aws.rds.Instance("db", {DATABASE})
        aws.rds.Instance("replica", replicate_source_db=db.identifier, instance_class="db.t3.micro")
        """,
    )
    [_, replica] = made.of_type("aws:rds/instance:Instance")
    assert replica.inputs["replicateSourceDb"] == "db"
    assert [urn.rpartition("::")[2] for urn in replica.made_of["replicateSourceDb"]] == ["db"]


def test_a_policy_that_is_given_as_an_object_is_text_as_with_the_provider(tmp_path: Path) -> None:
    made = plan(tmp_path, POLICY)
    [rights] = made.of_type("aws:iam/rolePolicy:RolePolicy")
    document: dict[str, Any] = json.loads(rights.inputs["policy"])
    assert [each["Action"] for each in document["Statement"]] == [["s3:*"], "*"]
    assert document["Statement"][0]["Resource"].endswith("Bucket/files")
    assert json.loads(made.outputs["text"]) == {"Version": "2012-10-17", "Statement": []}
    found = evaluate(resources_of(made), Configuration())
    assert ("SEC-308", "rights") in {(each.rule, each.resource) for each in found}


def test_no_secret_of_such_a_policy_is_shown(tmp_path: Path) -> None:
    made = plan(
        tmp_path,
        """
        aws.iam.RolePolicy("rights", role="role", policy={"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "s3:GetObject", "Resource": Output.secret("hunter2")}]})
        """,
    )
    [rights] = made.of_type("aws:iam/rolePolicy:RolePolicy")
    assert "hunter2" not in str(rights.inputs)
