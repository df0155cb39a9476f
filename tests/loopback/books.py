"""What a stand-in for Twilio has accepted: a log of messages with their states, as the API shows it."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import lru_cache
from itertools import count
from math import ceil
from typing import Any
from urllib.parse import urlencode

_written = lru_cache(format_datetime)
FAR = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Message:
    """One message in the log. `ends`: the final state and its error code; `waits`: how long before it leaves."""

    sid: str
    to: str
    body: str
    sender: str | None
    service: str | None
    created_at: datetime
    segments: int
    validity: int
    ends: tuple[str, int | None] | None = None
    direction: str = "outbound-api"
    waits: timedelta = timedelta()


@dataclass(slots=True)
class Books:
    """Messages in the order they were accepted.

    `clock`: the server's own, `skew`: how far it is off. `settles_after`: how long a message is queued until it has
    its final state, None: for ever, unless `settle` says so. `fates`: recipients whose messages end otherwise than
    delivered. `repeats_itself`: each page of the log begins with the last message of the page before.
    """

    account: str
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    skew: timedelta = timedelta()
    settles_after: timedelta | None = None
    fates: dict[str, tuple[str, int | None]] = field(default_factory=dict)
    repeats_itself: bool = False
    messages: list[Message] = field(default_factory=list)
    _numbers: "count[int]" = field(default_factory=lambda: count(1))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def now(self) -> datetime:
        """What the server's clock says, in whole seconds as the API tells it."""
        return (self.clock() + self.skew).replace(microsecond=0)

    def accept(self, form: Mapping[str, str]) -> Message:
        """Write a message into the log."""
        return self.add(
            form["To"],
            form["Body"],
            sender=form.get("From"),
            service=form.get("MessagingServiceSid"),
            validity=int(form.get("ValidityPeriod", 36_000)),
        )

    def add(self, to: str, body: str, **more: Any) -> Message:
        """Write a message of one's own making into the log. `more`: other fields of Message."""
        ordinary = {"sender": None, "service": None, "validity": 36_000, "created_at": self.now()}
        with self._lock:
            sid = f"SM{next(self._numbers):032x}"
            message = Message(
                sid, to, body, segments=1 if len(body) <= 160 else ceil(len(body) / 153), **ordinary | more
            )
            self.messages.append(message)
        return message

    def settle(self, status: str = "delivered", code: int | None = None, to: str | None = None) -> None:
        """Give messages their final state: those to one number, or all that have none."""
        for each in self.messages:
            if each.ends is None and to in (None, each.to):
                each.ends = (status, code)

    def page(self, query: Mapping[str, str]) -> dict[str, Any]:
        """Return one page of the log. The sorting is by the time of sending, what is still queued comes first.

        Its token holds how long the log was at the first page, so that what comes in meanwhile shifts nothing.
        """
        size = min(int(query.get("PageSize", 50)), 1000)
        known, start = map(int, query.get("PageToken", f"{len(self.messages)}-0").split("-"))
        newest_first = self.messages[:known][::-1]
        chosen = [each for each in newest_first if query.get("To") in (None, each.to)]
        chosen = sorted(chosen, key=lambda each: (self._sent_at(each) or FAR, each.created_at), reverse=True)
        end = start + size
        return {
            "messages": [self.shown(each) for each in chosen[start:end]],
            "next_page_uri": self._uri(query, f"{known}-{end - self.repeats_itself}") if end < len(chosen) else None,
            "previous_page_uri": None,
            "first_page_uri": self._uri(query, f"{known}-0"),
            "uri": self._uri(query, f"{known}-{start}"),
            "page": start // size,
            "page_size": size,
            "start": start,
            "end": end - 1,
        }

    def _uri(self, query: Mapping[str, str], token: str) -> str:
        return f"/2010-04-01/Accounts/{self.account}/Messages.json?" + urlencode({**query, "PageToken": token})

    def _final(self, message: Message) -> tuple[str, int | None] | None:
        if message.ends or self.settles_after is None or self.now() < message.created_at + self.settles_after:
            return message.ends
        return self.fates.get(message.to, ("delivered", None))

    def _sent_at(self, message: Message) -> datetime | None:
        return (
            message.created_at + message.waits + (self.settles_after or timedelta()) if self._final(message) else None
        )

    def shown(self, message: Message) -> dict[str, Any]:
        """Return a message as the API shows it."""
        final, sent_at = self._final(message), self._sent_at(message)
        status, code = final or ("queued", None)
        uri = f"/2010-04-01/Accounts/{self.account}/Messages/{message.sid}"
        return {
            "account_sid": self.account,
            "api_version": "2010-04-01",
            "body": message.body,
            "date_created": _written(message.created_at),
            "date_updated": _written(sent_at or message.created_at),
            "date_sent": _written(sent_at) if sent_at else None,
            "direction": message.direction,
            "error_code": code,
            "error_message": None,
            "from": message.sender,
            "messaging_service_sid": message.service,
            "num_media": "0",
            "num_segments": "0" if message.service and not final else str(message.segments),
            "price": f"-{message.segments * 0.0079:.5f}" if final else None,
            "price_unit": "USD",
            "sid": message.sid,
            "status": status,
            "subresource_uris": {"media": f"{uri}/Media.json"},
            "to": message.to,
            "uri": f"{uri}.json",
        }
