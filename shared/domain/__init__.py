"""The rules of the product: pure functions of records, policy and now. No I/O, no logging, no clock."""
