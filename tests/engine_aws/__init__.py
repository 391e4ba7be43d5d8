"""Tier `engine_aws`: the ECS stack by the real `pulumi`, with a provider of the tests' own over moto."""
