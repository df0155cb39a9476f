"""Read-only views for people: explain, health, history, reports; and putting texts back into the outbox."""
