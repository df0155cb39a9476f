"""What all tasks share for planning: a run's context and tenants, paging, writing a plan."""
