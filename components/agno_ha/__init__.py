"""High availability for Agno: one AgentOS topology on Docker, Kubernetes or ECS."""
