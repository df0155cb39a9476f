"""What the carriers report about texts that were sent."""
