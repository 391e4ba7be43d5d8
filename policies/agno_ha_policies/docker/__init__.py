"""How Docker's resources are read, whoever wrote them."""
