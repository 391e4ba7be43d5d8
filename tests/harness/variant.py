"""The variant stack: TLS, pooler, scheduler, given passwords, own agents, two workers, sessions in Redis."""

import uuid
from pathlib import Path

import httpx

from harness.deployment import Deployment

PASSWORD = "p@:/%'\"$ #"
"""Every character that a URL, a shell, SQL, YAML or Compose would take for its own."""
GIVEN = {"pg-password": PASSWORD, "redis-password": f"r{PASSWORD}r", "crm-token": f"t {PASSWORD} t"}
"""Top-level secrets of the stack file; without the CLI they come from the environment."""

TOPOLOGY = {
    "app": {
        "agents": "my_agents:agents",
        "workers": 2,
        "memory": "640MiB",
        "secrets": {"CRM_TOKEN": "crm-token"},
        "drain": {"delay": "2s"},
        "health": {"startPeriod": "60s"},
        "scheduler": {"enabled": True, "memory": "384MiB"},
    },
    "scaling": {"min": 2, "max": 2},
    "loadBalancer": {"tls": {"mode": "generated"}},
    "postgres": {
        "database": "conversations",
        "user": "operator",
        "password": "pg-password",
        "maxConnections": 60,
        "reservedConnections": 6,
        "sharedBuffers": "96MiB",
        "effectiveCacheSize": "300MiB",
        "workMem": "3MiB",
        "statementTimeout": "45s",
        "idleInTransactionTimeout": "50s",
        "memory": "512MiB",
        "pool": {"size": 2, "overflow": 1},
        "pooler": {"enabled": True, "mode": "transaction", "poolSize": 8, "maxClientConnections": 60},
    },
    "redis": {
        "password": "redis-password",
        "maxmemory": "100MiB",
        "maxmemoryPolicy": "volatile-ttl",
        "persistence": {"fsync": "always"},
        "memory": "256MiB",
    },
    "sessions": {"store": "redis"},
}

# The app's own view of a variable, as a digest: an answer must not carry the secret.
DIGEST = """

import hashlib, os

def digest(step_input: StepInput) -> StepOutput:
    return StepOutput(content=hashlib.sha256(os.environ[str(step_input.input)].encode()).hexdigest())

agents.append(Workflow(id="digest", name="Digest", steps=[Step(name="digest", executor=digest)]))
"""


class Variant(Deployment):
    """The variant stack, and how its agents are talked to."""

    agents: Path

    def secret(self, name: str) -> str:
        """A given or a generated secret."""
        return GIVEN["redis-password"] if name == "redis-password" else super().secret(name)

    def ask(self, kind: str, component: str, message: str, session: str | None = None) -> httpx.Response:
        """POST one turn to an agent, a team or a workflow."""
        fields = {"message": message, "stream": "false", "session_id": session or uuid.uuid4().hex}
        with self.client() as client:
            return client.post(
                f"/{kind}/{component}/runs", files={name: (None, value) for name, value in fields.items()}
            )
