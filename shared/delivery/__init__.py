"""The delivery loop: claim what is due, read and render it afresh, send, record. Every run of every job does it.

What a dead worker left is settled before anything is sent.
"""

from shared.delivery.drain import Drain
from shared.delivery.loop import deliver, would_deliver

__all__ = ["Drain", "deliver", "would_deliver"]
