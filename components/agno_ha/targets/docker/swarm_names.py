"""Names that the resources and the operations share; no SDK is imported here."""

NAMESPACE_LABEL = "com.docker.stack.namespace"
"""Docker's own label of a stack: `docker stack ps`, `docker stack services` and recovery find everything by it."""

IMAGE_LABEL = "com.docker.stack.image"
"""Docker's own label of a stack's service: the image as it was asked for."""
