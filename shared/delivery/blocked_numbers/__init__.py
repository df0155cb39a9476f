"""Numbers that proved dead and get no more texts."""
