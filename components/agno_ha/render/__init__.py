"""A Plan as files: stack.yaml for `docker stack deploy`."""
