"""A CloudWatch dashboard: one graph for each alarm, with its threshold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pulumi
import pulumi_aws as aws

from agno_ha.targets.ecs.alarms import Alarm
from agno_ha.targets.ecs.scope import Scope

_WIDTH, _HEIGHT, _COLUMNS = 8, 6, 3
"""Of a graph, in the grid of 24 columns."""


def create(scope: Scope, rows: Sequence[Alarm]) -> None:
    """Create it from the alarms' table."""
    widgets = [_widget(scope, index, row) for index, row in enumerate(rows)]
    aws.cloudwatch.Dashboard(
        f"{scope.name}-dashboard",
        dashboard_name=scope.physical("dashboard", 255),
        dashboard_body=pulumi.Output.json_dumps({"widgets": widgets}, sort_keys=True),
        opts=scope.options(),
    )


def _widget(scope: Scope, index: int, row: Alarm) -> dict[str, Any]:
    dimensions = [part for pair in row.dimensions.items() for part in pair]
    return {
        "type": "metric",
        "x": index % _COLUMNS * _WIDTH,
        "y": index // _COLUMNS * _HEIGHT,
        "width": _WIDTH,
        "height": _HEIGHT,
        "properties": {
            "title": row.why,
            "region": scope.settings.region,
            "view": "timeSeries",
            "stat": row.statistic,
            "period": 60,
            "metrics": [[row.namespace, row.metric, *dimensions]],
            "annotations": {"horizontal": [{"label": "alarm", "value": row.threshold}]},
        },
    }
