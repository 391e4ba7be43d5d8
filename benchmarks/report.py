"""Put the tables of results/*.json into README.md, each between its two marks."""

import json
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import cluster
import ecs
import first_turn
import many
import operations
import preview
import proxy
from common import RESULTS

import policies

README = Path(__file__).parent / "README.md"


def of(benchmark: ModuleType, result: dict[str, Any]) -> str:
    """Return a benchmark's table and the machine's facts."""
    facts = result["machine"]
    return (
        f"{benchmark.show(result)}\n\n{facts['cores']} cores, {facts['memoryGiB']} GiB; Python {facts['python']}, "
        f"Pulumi {facts['pulumi'].removeprefix('v')}, Docker engine {facts['docker']}."
    )


def main() -> None:
    """Rewrite README.md."""
    text = README.read_text()
    for benchmark in (proxy, preview, ecs, first_turn, many, cluster, policies, operations):
        name = benchmark.__name__
        path = RESULTS / f"{name}.json"
        shown = of(benchmark, json.loads(path.read_text())) if path.exists() else "Not measured yet."
        filled = f"<!-- {name} -->\n{shown}\n<!-- /{name} -->"
        text, found = re.subn(
            f"<!-- {name} -->.*?<!-- /{name} -->", lambda _, new=filled: new, text, flags=re.DOTALL
        )
        if found != 1:
            raise SystemExit(f"README.md has no place for {name}")
    README.write_text(text)


if __name__ == "__main__":
    main()
