"""Up and down of a stack: with the Pulumi CLI over its Automation API or, without it, by Docker itself."""
