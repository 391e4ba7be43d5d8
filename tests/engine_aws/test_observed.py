"""How the stack is and what it logs, asked by `agno-ha` over AWS's own command."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from . import command
from .account import IMAGE, Account


@pytest.fixture
def agno_ha(account: Account, tmp_path: Path) -> Any:
    """The command, with one of AWS beside it."""
    aws = tmp_path / "aws"
    aws.write_text(f'#!/bin/sh\nexec {sys.executable} {command.__file__} "$@"\n')
    aws.chmod(0o755)
    path = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    return lambda *words, **more: account.pulumi.agno_ha(*words, **path, **more)


def test_status_says_what_runs(account: Account, agno_ha: Any) -> None:
    said = json.loads(agno_ha("status", "--json", code=1).stdout)
    assert said["url"] == "https://agents.example.com"
    assert said["ready"] is False  # nobody answers for moto's load balancer
    web, postgres, redis = said["services"]
    wanted = account.service()["desiredCount"]
    assert (web["room"], web["wanted"], web["image"].partition(":")[0]) == (
        "web",
        wanted,
        IMAGE.partition(":")[0],
    )
    assert postgres == {
        "room": "postgres",
        "wanted": 2,
        "running": 2,
        "image": postgres["image"],
        "problem": "",
    }
    assert postgres["image"].startswith("postgres 1")
    assert redis == {
        "room": "redis",
        "wanted": 2,
        "running": 2,
        "image": "redis cache.m7g.large",
        "problem": "",
    }


def test_a_database_that_stands_still_is_said(account: Account, agno_ha: Any) -> None:
    rds = account.client("rds")
    rds.stop_db_instance(DBInstanceIdentifier="agno-ha-prod-postgres")
    said = agno_ha("status", code=1)
    rds.start_db_instance(DBInstanceIdentifier="agno-ha-prod-postgres")
    assert "stopped" in said.stderr
    assert "0 of 2" in said.stderr


def test_logs_are_those_of_the_room(account: Account, agno_ha: Any) -> None:
    logs = account.client("logs")
    for group, stream in (
        ("/ecs/agno-ha-prod-logs", "web/app/1"),
        ("/ecs/agno-ha-prod-logs", "scheduler/app/1"),
        ("/aws/rds/instance/agno-ha-prod-postgres/postgresql", "1"),
    ):
        logs.create_log_stream(logGroupName=group, logStreamName=stream)
        event = {"timestamp": int(time.time() * 1000), "message": f"from {stream}"}
        logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=[event])
    assert agno_ha("logs").stdout == "web/app/1 from web/app/1\n"
    assert agno_ha("logs", "postgres").stdout == "1 from 1\n"
    refused = agno_ha("logs", "redis", code=2).stderr
    assert "has no logs of redis on ECS. It has those of web, postgres." in " ".join(refused.split())


def test_nothing_is_run_inside(agno_ha: Any) -> None:
    assert "nothing can be run in them from here" in " ".join(agno_ha("psql", code=2).stderr.split())
