"""Collecting fees: claim what is due, look at it again, charge, record. The sibling of delivery.

No transaction is open while the provider is asked, and what a dead worker left is looked up before anything is charged.
"""

from shared.fees.collecting.claiming import would_collect
from shared.fees.collecting.collection import Collection
from shared.fees.collecting.loop import charge_now, close_now, collect

__all__ = ["Collection", "charge_now", "close_now", "collect", "would_collect"]
