"""A fee's life: pricing, collecting, refunds, its texts, and what staff do about it."""
