"""Put the tables of results/*.json into README.md, each between its two marks."""

import json
import re
from pathlib import Path

import first_turn
import many
import preview
import proxy
from common import RESULTS

README = Path(__file__).parent / "README.md"


def main() -> None:
    """Rewrite README.md."""
    text = README.read_text()
    for benchmark in (proxy, preview, first_turn, many):
        name = benchmark.__name__
        result = json.loads((RESULTS / f"{name}.json").read_text())
        facts = result["machine"]
        machine = (
            f"{facts['cores']} cores, {facts['memoryGiB']} GiB; Python {facts['python']}, "
            f"Pulumi {facts['pulumi'].removeprefix('v')}, Docker engine {facts['docker']}."
        )
        filled = f"<!-- {name} -->\n{benchmark.show(result)}\n\n{machine}\n<!-- /{name} -->"
        text, found = re.subn(
            f"<!-- {name} -->.*?<!-- /{name} -->", lambda _, new=filled: new, text, flags=re.DOTALL
        )
        if found != 1:
            raise SystemExit(f"README.md has no place for {name}")
    README.write_text(text)


if __name__ == "__main__":
    main()
