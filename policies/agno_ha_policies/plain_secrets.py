"""What of a container's settings is a secret in the open, by its name or its form; no rule shows a value."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

_NAME = re.compile(
    r"((^|_)(PASS|SECRET_KEY_BASE)|_PWD|PASSWORD|PASSWD|TOKEN|SECRET|CREDENTIALS?|API_?KEY|_KEY)$",
    re.IGNORECASE,
)
_PUBLIC = re.compile(r"(PUBLIC|CACHE|PARTITION|SORT)_KEY$", re.IGNORECASE)
_REFERENCE = re.compile(r"arn:aws[a-z-]*:(secretsmanager|ssm):")
_URL = re.compile(r"://[^/@:\s]*:[^/@\s]+@|(^|\s)password=\S")
_ADDRESS = re.compile(r"(URL|URI|DSN)$", re.IGNORECASE)
_OPTION = re.compile(r"--(requirepass|password|token|api-key)[\s=]+[^\s$]")


def by_name(name: str, value: object = None) -> bool:
    """Whether a variable's name says that it holds a secret, and its value does not say that it only names one.

    >>> by_name("DB_PASSWORD"), by_name("PWD"), by_name("JWT_PUBLIC_KEY")
    (True, False, False)
    """
    refers = isinstance(value, str) and _REFERENCE.match(value) is not None
    return _NAME.search(name) is not None and _PUBLIC.search(name) is None and not refers


def in_address(value: object) -> bool:
    """Whether a value is a URL, or a connection string of libpq, with a password.

    >>> in_address("postgres://postgres:hunter2@db/agno"), in_address("host=db password=hunter2")
    (True, True)
    """
    return isinstance(value, str) and _URL.search(value) is not None


def is_address(name: str) -> bool:
    """Whether a variable's name says that it holds an address, in which a password may be."""
    return _ADDRESS.search(name) is not None


def in_command(words: Iterable[Any]) -> bool:
    """Whether a command line holds a password: as an option, or in an address.

    >>> in_command(["redis-server", "--requirepass", "hunter2"]), in_command(["redis-server", "--port", "6379"])
    (True, False)
    """
    line = " ".join(word for word in words if isinstance(word, str))
    return _OPTION.search(line) is not None or in_address(line)
