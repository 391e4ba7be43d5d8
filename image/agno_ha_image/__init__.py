"""The default AgentOS image of agno-ha: launcher, application, demo model and probe."""
