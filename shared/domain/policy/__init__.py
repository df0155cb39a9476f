"""What a business may set, the errors in it, and its own templates."""
