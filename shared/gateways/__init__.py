"""The outside world: SMS and payments. Each gateway imports its SDK only when it is built."""
