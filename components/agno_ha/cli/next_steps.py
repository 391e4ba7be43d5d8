"""What a person does with a stack that is up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from agno_ha.operations.workspace import Workspace


def next_steps(workspace: Workspace, outputs: Mapping[str, Any], *, program: str, cli: bool = True) -> str:
    """Return where the stack is, how to talk to it and how to look at it.

    Args:
        workspace: the project and its stack.
        outputs: the stack's; `url` at least.
        program: how agno-ha is called.
        cli: whether the Pulumi CLI brought it up.
    """
    url, balancer = str(outputs["url"]), outputs.get("loadBalancer")
    host = urlsplit(url).hostname
    # A generated certificate has no authority, and one of a name is none of 127.0.0.1.
    trusted = (outputs.get("facts") or {}).get("tls") == "provided" and host != "127.0.0.1"
    insecure = " -k" if url.startswith("https") and not trusted else ""
    authenticated = workspace.security_key_file.exists()
    key_file = workspace.security_key_file.relative_to(workspace.root)
    header = f' \\\n    -H "Authorization: Bearer $(cat {key_file})"' if authenticated else ""
    dns = (
        f"\n  DNS      point {host} at {balancer}, by a CNAME or an alias"
        if balancer not in (None, host)
        else ""
    )
    stack = "" if workspace.stack == "dev" else f" STACK={workspace.stack}"  # make's default
    return f"""
Agno is up{"" if cli else " (without the Pulumi CLI: by docker stack deploy)"}.

  URL      {url}{dns}
  API key  {key_file if authenticated else "none: authentication is off"}
  Talk     curl{insecure} {url}/agents/assistant/runs{header} \\
    -F message="Hello" -F session_id=first -F stream=false
  Logs     {program} logs --follow --stack {workspace.stack}
  Status   {program} status --stack {workspace.stack}
  Down     make down{stack}        (keeps the data)
           make down-data{stack}   (deletes it, after asking)"""
