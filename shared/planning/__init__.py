"""What all tasks share to plan: the context of a run, its tenants, writing a plan."""
