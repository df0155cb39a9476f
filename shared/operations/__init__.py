"""What people look at: explain, health, history, reports."""
