"""Policies that protect an Agno service: one rule a file, importable without a policy server."""
