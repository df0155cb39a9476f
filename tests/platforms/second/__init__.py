"""A platform in plain SQL: other names, decimal money, timestamps without zone, one pet a booking, and a trigger."""
