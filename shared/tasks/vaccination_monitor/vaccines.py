"""Which vaccines cover others."""

from typing import Final

ALSO_COVERS: Final = {"dhpp": ("distemper", "parvo")}
"""A combined vaccine supersedes records of these too; none of them supersedes a record of the combined one."""
