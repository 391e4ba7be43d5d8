"""The targets: one folder each, the same rooms in every one; a target's SDK is imported only when it is chosen."""
