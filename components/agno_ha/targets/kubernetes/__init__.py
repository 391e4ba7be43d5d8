"""Target `kubernetes`: the topology in a cluster."""
