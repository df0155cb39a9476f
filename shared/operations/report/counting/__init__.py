"""What the database counts for a report."""
