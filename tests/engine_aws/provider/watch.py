"""CloudWatch's and SNS's part."""

from __future__ import annotations

from typing import Any

from aws.cloud import Cloud
from aws.rooms import READ

from .kind import Kind, State, again, pick

_ALARM = {
    "name": "AlarmName",
    "alarmDescription": "AlarmDescription",
    "namespace": "Namespace",
    "metricName": "MetricName",
    "statistic": "Statistic",
    "extendedStatistic": "ExtendedStatistic",
    "comparisonOperator": "ComparisonOperator",
    "threshold": "Threshold",
    "period": "Period",
    "evaluationPeriods": "EvaluationPeriods",
    "datapointsToAlarm": "DatapointsToAlarm",
    "treatMissingData": "TreatMissingData",
    "alarmActions": "AlarmActions",
    "okActions": "OKActions",
}


def _alarm(cloud: Cloud, state: State) -> dict[str, Any]:
    found = READ["PutMetricAlarm"](cloud, state)
    return {
        **pick(found, _ALARM),
        "dimensions": {each["Name"]: each["Value"] for each in found["Dimensions"]},
    }


def _topic(cloud: Cloud, state: State) -> dict[str, Any]:
    found = cloud.client("sns").get_topic_attributes(TopicArn=state["id"])["Attributes"]
    return {"name": found["TopicArn"].rpartition(":")[2]}


def _subscription(cloud: Cloud, state: State) -> dict[str, Any]:
    found = cloud.client("sns").get_subscription_attributes(SubscriptionArn=state["id"])["Attributes"]
    return pick(found, {"topic": "TopicArn", "protocol": "Protocol", "endpoint": "Endpoint"})


KINDS: dict[str, Kind] = {
    "aws:sns/topic:Topic": Kind(
        _topic, lambda cloud, state: cloud.client("sns").delete_topic(TopicArn=state["id"]), computed=("arn",)
    ),
    "aws:sns/topicSubscription:TopicSubscription": Kind(
        _subscription, lambda cloud, state: cloud.client("sns").unsubscribe(SubscriptionArn=state["id"])
    ),
    "aws:cloudwatch/metricAlarm:MetricAlarm": Kind(
        _alarm,
        lambda cloud, state: cloud.client("cloudwatch").delete_alarms(AlarmNames=[state["id"]]),
        again("aws:cloudwatch/metricAlarm:MetricAlarm"),
    ),
    "aws:cloudwatch/dashboard:Dashboard": Kind(
        lambda cloud, state: pick(
            READ["PutDashboard"](cloud, state),
            {"dashboardName": "DashboardName", "dashboardBody": "DashboardBody"},
        ),
        lambda cloud, state: cloud.client("cloudwatch").delete_dashboards(DashboardNames=[state["id"]]),
        again("aws:cloudwatch/dashboard:Dashboard"),
    ),
}
