"""Build the whole sample and insert it into a database."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from random import Random
from uuid import UUID

from sqlalchemy import Connection
from sqlalchemy import insert as insert_into

from shared.database.tables import metadata
from shared.domain.records import ensure_aware
from shared.sample.businesses import BUSINESSES
from shared.sample.diary import fill_week
from shared.sample.draft import Draft, Rows
from shared.sample.owner_cases import OWNER_CASES, Case
from shared.sample.past_cases import PAST_CASES
from shared.sample.people import open_shop
from shared.sample.timing_cases import TIMING_CASES
from shared.sample.vaccination_cases import VACCINATION_CASES
from shared.sample.vaccinations import vaccinate_all

Cases = list[tuple[str, UUID]]


@dataclass(frozen=True, slots=True)
class Sample:
    """The sample's rows by table, and its odd cases.

    `cases`: labels and ids of appointments; `vaccination_cases`: labels and ids of vaccination records.
    """

    rows: Rows
    cases: Cases
    vaccination_cases: Cases


def build(now: datetime, *, seed: int = 1, days_ahead: int = 4) -> Sample:
    """Return the sample around `now` (aware). The same arguments give the same rows, ids included.

    `days_ahead`: how many days after `now` ordinary appointments are booked.
    """
    draft = Draft(ensure_aware(now), Random(seed), days_ahead)
    for business in BUSINESSES:
        shop = open_shop(draft, business)
        vaccinate_all(draft, shop)
        fill_week(draft, shop)
    cases = _add(draft, OWNER_CASES | TIMING_CASES | PAST_CASES)
    return Sample(draft.rows, cases, _add(draft, VACCINATION_CASES))


def _add(draft: Draft, cases: Mapping[str, Case]) -> Cases:
    return [(label, case(draft)) for label, case in cases.items()]


def insert(connection: Connection, rows: Rows) -> None:
    """Insert the rows, parents first, in the caller's transaction. The tables must exist without these rows."""
    for table in metadata.sorted_tables:
        if rows[table.name]:
            connection.execute(insert_into(table), rows[table.name])
