"""Staff's requests: who is told of what was done, when two do it at the same moment."""

from shared.fees import staff_actions, staff_requests
from shared.fees.staff_actions import Staff
from shared.stages import collection_for_staff
from tests.doubles import Clock
from tests.salon import Salon

ANN, TOM = Staff("Ann", "was ill"), Staff("Tom", "called ahead")


def test_who_waives_a_fee_second_is_told_that_somebody_else_did(paws: Salon, clock: Clock) -> None:
    paws.add_due_fee(clock)
    found = staff_requests.uncollected(paws.engine, [paws.fee().id])
    assert staff_actions.waive(paws.engine, found, ANN, clock.now) == {paws.fee().id}
    done = staff_requests.waive(paws.engine, lambda: collection_for_staff(paws.application), found, TOM, clock.now)
    assert done.trouble == f"not waived: {paws.fee().id} was waived by somebody else at the same moment"
