"""What databases do differently: writing, many values in one statement, instants."""
