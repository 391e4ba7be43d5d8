"""Passwords that AWS's servers take: the generated ones are, a given one is looked at without being shown."""

from __future__ import annotations

from collections.abc import Callable

import pulumi


def usable(setting: str, least: int, most: int, special: str) -> Callable[[str], str]:
    """Return a check that gives the password back, or stops the run.

    Args:
        setting: of the topology, that names the password.
        least: characters.
        most: characters.
        special: what it may hold besides letters and digits.
    """

    def check(password: str) -> str:
        plain = all(letter in special or (letter.isascii() and letter.isalnum()) for letter in password)
        if plain and least <= len(password) <= most:
            return password
        raise pulumi.RunError(
            f"topology.{setting}: AWS takes {least} to {most} letters, digits and {special} there. "
            "Set another, or leave it out to have one generated."
        )

    return check
