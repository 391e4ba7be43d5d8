"""Hypothesis without a deadline: a busy machine is no failure."""

from hypothesis import settings

settings.register_profile("agno-ha", deadline=None, print_blob=True)
settings.load_profile("agno-ha")
