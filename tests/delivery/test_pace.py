"""How fast a run sends: by its settings, and by what the provider can take."""

import asyncio
from datetime import timedelta
from itertools import pairwise

from shared.gateways.sms import Accepted, NotProcessed, Sms
from tests.delivery.conftest import Outbox
from tests.doubles import RecordingSms
from tests.rows import NOON


class SlowSms(RecordingSms):
    """Takes a while for each message, and knows how many it has at once. `limit`: more of them are refused."""

    def __init__(self, limit: int = 1000) -> None:
        super().__init__()
        self.limit, self.under_way, self.most, self.refusals, self.widths = limit, 0, 0, 0, []

    async def send(self, sms: Sms) -> Accepted:
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        self.widths.append(self.under_way)
        try:
            for _ in range(3):
                await asyncio.sleep(0)
            if self.under_way > self.limit:
                self.refusals += 1
                raise NotProcessed("20429")
            return await super().send(sms)
        finally:
            self.under_way -= 1


def test_no_more_than_so_many_leave_in_a_second(outbox: Outbox) -> None:
    outbox.fill(21)
    moments = []
    outbox.sms.answer = lambda _: moments.append(outbox.clock.now)
    outbox.deliver(max_per_second=4)
    gaps = [later - earlier for earlier, later in pairwise(moments)]
    assert len(moments) == 21
    assert min(gaps) >= timedelta(seconds=0.25)
    assert moments[-1] - moments[0] < timedelta(seconds=5.1)


def test_without_a_limit_nobody_waits(outbox: Outbox) -> None:
    outbox.fill(20)
    outbox.deliver()
    assert outbox.clock.now == NOON
    assert outbox.statuses == {"sent": 20}


def test_as_many_are_under_way_at_once_as_the_setting_says_and_no_more(outbox: Outbox) -> None:
    outbox.fill(40)
    slow = SlowSms()
    outbox.deliver(sms=slow, concurrency=7)
    assert (slow.most, outbox.statuses) == (7, {"sent": 40})


def test_a_storm_of_refusals_slows_the_whole_sender_down(outbox: Outbox) -> None:
    """64 at once where 8 can be taken: most of the first 64 are refused, and then hardly any more."""
    outbox.fill(300)
    slow = SlowSms(limit=8)
    outbox.deliver(sms=slow, concurrency=64)
    assert outbox.statuses["sent"] > 280
    assert {each.status for each in outbox.notifications} <= {"sent", "planned"}
    assert slow.refusals < 150
    assert outbox.clock.now > NOON


def test_after_a_storm_it_widens_again_one_by_one(outbox: Outbox) -> None:
    outbox.fill(400)
    slow = SlowSms()
    script = [NotProcessed("20429")]

    def answer(_: Sms) -> None:
        if script:
            raise script.pop()

    slow.answer = answer
    outbox.deliver(sms=slow, concurrency=32)
    assert outbox.statuses == {"sent": 400}
    assert max(slow.widths[32:80]) <= 18
    assert max(slow.widths[-100:]) > 20


def test_while_one_message_waits_for_the_provider_the_others_wait_too(outbox: Outbox) -> None:
    outbox.fill(10)
    moments = []

    def answer(_: Sms) -> None:
        moments.append(outbox.clock.now)
        if len(moments) == 3:
            raise NotProcessed("20429", retry_after=20.0)

    outbox.sms.answer = answer
    outbox.deliver(concurrency=1)
    assert moments[2] == NOON
    assert moments[3] >= NOON + timedelta(seconds=20)
    assert outbox.statuses == {"sent": 10}
