"""Finding out from the provider's log what became of texts without a clear answer."""
