"""What several commands share: output, exit codes, optional libraries."""
