"""Tier `aws`: the ECS target's graph made by real API calls against moto, on loopback."""
