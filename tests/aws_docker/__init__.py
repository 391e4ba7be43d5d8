"""Tier `aws_docker`: the task definitions that moto holds, run on the Docker engine as ECS' agent would."""
