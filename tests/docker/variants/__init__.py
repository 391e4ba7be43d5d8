"""One stack with everything else switched on, and what each switch does; a package, so that it is shared."""
