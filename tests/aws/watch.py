"""CloudWatch's and SNS's part."""

from __future__ import annotations

from .cloud import Cloud, Create, Inputs, Outputs, Read


def _topic(cloud: Cloud, inputs: Inputs) -> Outputs:
    arn = cloud.client("sns").create_topic(**inputs.request(name="Name"), Tags=inputs.tags())["TopicArn"]
    return {"id": arn, "arn": arn}


def _subscription(cloud: Cloud, inputs: Inputs) -> Outputs:
    request = inputs.request(topic="TopicArn", protocol="Protocol", endpoint="Endpoint")
    return {"id": cloud.client("sns").subscribe(**request, ReturnSubscriptionArn=True)["SubscriptionArn"]}


def _alarm(cloud: Cloud, inputs: Inputs) -> Outputs:
    dimensions = [{"Name": name, "Value": value} for name, value in sorted(inputs.take("dimensions").items())]
    request = inputs.request(
        name="AlarmName", alarmDescription="AlarmDescription", namespace="Namespace", metricName="MetricName",
        statistic="Statistic", extendedStatistic="ExtendedStatistic", comparisonOperator="ComparisonOperator",
        threshold="Threshold", period="Period", evaluationPeriods="EvaluationPeriods",
        datapointsToAlarm="DatapointsToAlarm", treatMissingData="TreatMissingData", alarmActions="AlarmActions",
        okActions="OKActions",
    )  # fmt: skip
    cloud.client("cloudwatch").put_metric_alarm(**request, Dimensions=dimensions, Tags=inputs.tags())
    return {"id": request["AlarmName"]}


def _dashboard(cloud: Cloud, inputs: Inputs) -> Outputs:
    request = inputs.request(dashboardName="DashboardName", dashboardBody="DashboardBody")
    cloud.client("cloudwatch").put_dashboard(**request)
    return {"id": request["DashboardName"]}


CREATE: dict[str, Create] = {
    "aws:sns/topic:Topic": _topic,
    "aws:sns/topicSubscription:TopicSubscription": _subscription,
    "aws:cloudwatch/metricAlarm:MetricAlarm": _alarm,
    "aws:cloudwatch/dashboard:Dashboard": _dashboard,
}
READ: dict[str, Read] = {
    "CreateTopic": lambda cloud, made: {
        "Name": cloud.client("sns")
        .get_topic_attributes(TopicArn=made["arn"])["Attributes"]["TopicArn"]
        .rpartition(":")[2]
    },
    "Subscribe": lambda cloud, made: cloud.client("sns").get_subscription_attributes(
        SubscriptionArn=made["id"]
    )["Attributes"],
    "PutMetricAlarm": lambda cloud, made: cloud.client("cloudwatch").describe_alarms(AlarmNames=[made["id"]])[
        "MetricAlarms"
    ][0],
    "PutDashboard": lambda cloud, made: cloud.client("cloudwatch").get_dashboard(DashboardName=made["id"]),
}
