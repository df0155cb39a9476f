"""Who agreed to be texted, and who withdrew that."""
