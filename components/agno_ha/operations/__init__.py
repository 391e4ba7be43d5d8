"""What is done to a stack: up and down, with the Pulumi CLI over its Automation API or, without it, by Docker itself."""
