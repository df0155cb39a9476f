"""A dry run says what a run would mark and charge, and writes nothing."""

import json

from shared.application import Application
from shared.database import tables
from tests import rows
from tests.doubles import Clock, RecordingSms
from tests.rows import NOON
from tests.salon import DAY, HOUR, Salon, salon
from tests.tasks.no_show_detector.rows import everything


def test_a_dry_run_tells_everything_and_writes_nothing(application: Application, sms: RecordingSms) -> None:
    paws, snowed_in = salon(application), salon(application, subdomain="snow")
    for hours in (4, 3):
        paws.add_missed(NOON - hours * HOUR, deposit_paid=500)
    for _ in range(3):
        snowed_in.add_missed()
    before = everything(application.engine)
    result = paws.run(is_dry=True)
    assert {each["action"] for each in result["would"]} == {"mark_no_show", "hold"}
    assert [each["tenant"] for each in result["would"] if each["action"] == "hold"] == ["snow"]
    told = next(each for each in result["would"] if each["action"] == "mark_no_show")
    assert set(told) == {"action", "tenant", "subject", "to", "when", "text", "segments", "reason"}
    assert "No-show fee: $20.00. Charged on or after Mar 4." in told["text"]
    assert (result["total_detected"], result["fee_cents_applied"]) == (2, {"USD": 4000})
    assert everything(application.engine) == before
    assert (rows.all_of(application.engine, tables.runs), sms.sent) == ([], [])
    json.dumps(result)


def test_a_dry_run_foretells_no_second_fee_of_a_visit_that_was_found_in_part(paws: Salon, clock: Clock) -> None:
    owner = paws.add_owner()
    paws.add_missed(NOON - 3 * HOUR, owner)
    late = paws.add_missed(NOON + HOUR, owner)
    paws.run()
    clock.pass_(hours=3)
    result = paws.run(is_dry=True)
    assert (result["total_detected"], result["total_fees_applied"]) == (1, 0)
    assert [(each["subject"], each["text"]) for each in result["would"]] == [(f"appointment {late}", None)]


def test_a_dry_run_foretells_the_fees_of_one_owners_visits(paws: Salon, clock: Clock) -> None:
    paws.run()
    owner = paws.add_owner()
    for days in (1, 2):
        paws.add_missed(NOON + days * DAY, owner)
    clock.pass_(days=3)
    assert paws.run(is_dry=True)["fee_cents_applied"] == {"USD": 6000}
    assert paws.plan()["fee_cents_applied"] == {"USD": 6000}
