"""YAML files, with errors a reader can act on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from agno_ha.topology.problem import ConfigurationError, Problem


def read_yaml(path: Path) -> Mapping[Any, Any]:
    """Read a file that holds one mapping; an empty file is an empty mapping.

    Raises:
        ConfigurationError: it can't be read, is no YAML, repeats a key, or holds no mapping.
    """

    def fail(message: str, fix: str, where: str = "file") -> ConfigurationError:
        return ConfigurationError([Problem(path.name, where, None, message, fix)])

    try:
        data = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506 (a SafeLoader)
    except FileNotFoundError:
        raise fail("not found", "Create it, or run from the project's directory") from None
    except OSError as error:
        raise fail(f"can't be read ({error.strerror})", "Make it a readable file") from None
    except UnicodeDecodeError:
        raise fail("not UTF-8 text", "Save it as UTF-8") from None
    except RecursionError:
        raise fail("nested too deeply", "Flatten it") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f"line {mark.line + 1}" if mark else "file"
        # Without what it quotes, which may be (a part of) a secret: `password: *abc`.
        problem = re.sub(r"""\s*('[^'<]{2,}'|"[^"<]{2,}")""", "", error.problem or "not YAML")
        raise fail(problem, "Correct the YAML there", line) from None
    except yaml.YAMLError:
        raise fail("holds a character that YAML does not allow", "Remove control characters") from None
    if data is None:
        return {}
    if not isinstance(data, Mapping):
        raise fail("not a mapping", "Write settings as `name: value` lines")
    return data


class _Loader(yaml.SafeLoader):
    """Refuses repeated keys, of which YAML would silently keep the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: dict[tuple[str, Any], int] = {}
        for key, _ in node.value if isinstance(node, yaml.MappingNode) else ():
            if isinstance(key, yaml.ScalarNode):
                if (key.tag, key.value) in seen:
                    first = seen[key.tag, key.value] + 1
                    raise self._error(f"a key repeats that of line {first}", key)
                seen[key.tag, key.value] = key.start_mark.line
        return super().construct_mapping(node, deep)

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        except (ValueError, ArithmeticError, LookupError, AttributeError, TypeError):
            # A number or a date that Python can't hold; and PyYAML stumbles over an empty `!!int`.
            raise self._error("a value that can't be read", node) from None

    @staticmethod
    def _error(problem: str, node: yaml.Node) -> yaml.constructor.ConstructorError:
        return yaml.constructor.ConstructorError(None, None, problem, node.start_mark)
