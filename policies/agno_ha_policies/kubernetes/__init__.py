"""How Kubernetes' resources are read, whoever wrote them."""
