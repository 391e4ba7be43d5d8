"""How AWS's resources are read, whoever wrote them."""
