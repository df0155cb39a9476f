"""Which visits must count as missed, what they must cost, and what becomes of that, visit by visit."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator
from datetime import date, datetime
from typing import Final

from .books import Books, Event, Fee, Held, Member, Moment, Text, is_attended, is_gone, is_open
from .holds import missed, why_held
from .house import House
from .local_time import quiet_end
from .mergers import follow, give_up, have_pets_died, is_still_missed, rows_of, take_back
from .platform import Row, Visit
from .stays import found_from
from .world import DAY, HOUR

KIND, NOTICE, RECEIPT = "no_show", "no_show_notice", "fee_receipt"
ABOUT_VISITS: Final = (NOTICE, RECEIPT)
POINTS: Final = -20
LOOK_BACK: Final = 7 * DAY
LOOK_BACK_AT_FIRST: Final = 24 * HOUR
LONGEST_WAIT: Final = 2 * DAY
"""From a start until an appointment can be found missed: a day and its night, and more than any grace."""
CORRECTED_WITHIN: Final = 60 * DAY
COLLECTED_WITHIN: Final = 14 * DAY
USEFUL: Final = 7 * DAY


def detect(moment: Moment) -> None:
    """Let missed visits follow their appointments, take back what was corrected, mark what was missed, collect."""
    for house in moment.served:
        follow(moment.books, house)
        correct(moment, house)
    past = moment.appointments(moment.now - LOOK_BACK - LONGEST_WAIT, moment.now)
    held = {one for house in moment.served for one in days_held(moment, house, past[house.tenant])}
    for house in moment.served:
        renotify(moment, house)
        if house.fees.is_charged_by_itself:
            collect(moment, house)
    write_down(moment, held)


def days_held(moment: Moment, house: House, past: Iterable[Row]) -> Iterator[Held]:
    """Mark what was missed, and yield the days on which nothing is."""
    for day, rows in by_day(house, (row for row in past if looks_missed(moment, house, row))).items():
        excuses = [(row, why_not_missed(moment.books, house, row)) for row in rows]
        candidates = [row for row, reason in excuses if reason is None]
        if held := why_held(moment, house, day, candidates):
            yield house.subdomain, day, held
            continue
        for row, reason in excuses:
            if reason is not None:
                moment.books.decide(missed(row), "skipped", reason)
        mark(moment, house, day, candidates)


def looks_missed(moment: Moment, house: House, row: Row) -> bool:
    found = found_from(house, row)
    return bool(
        is_open(row)
        and not is_attended(row)
        and max(moment.now - LOOK_BACK, moment.switch_on - LOOK_BACK_AT_FIRST) < found <= moment.now
        and row["created_at"] < row["scheduled_start"]
        and not moment.books.is_final(missed(row))
    )


def why_not_missed(books: Books, house: House, row: Row) -> str | None:
    """Return why nobody is to blame, the first reason in the order in which they are checked."""
    day = house.day_of(row["scheduled_start"])
    if day in house.fees.closed_on:
        return "closed_day"
    if any(is_attended(other) for other in rows_of(books, house, row["owner_id"], day)):
        return "came_that_day"
    return "pet_deceased" if have_pets_died(books, row) else None


def by_day(house: House, rows: Iterable[Row]) -> dict[date, list[Row]]:
    days = defaultdict(list)
    for row in rows:
        days[house.day_of(row["scheduled_start"])].append(row)
    return dict(sorted(days.items()))


# Marking


def mark(moment: Moment, house: House, day: date, candidates: list[Row]) -> None:
    visits: defaultdict[Hashable, list[Row]] = defaultdict(list)
    for row in sorted(candidates, key=lambda row: row["scheduled_start"]):
        visits[row["owner_id"]].append(row)
        row["status"] = "no_show"
        moment.books.marked.add(row["id"])
        moment.books.decide(missed(row), "notify", None if house.fees.schedule else "fee_not_configured")
    for owner, rows in visits.items():
        mark_visit(moment, house, (owner, day), rows)


def mark_visit(moment: Moment, house: House, visit: Visit, rows: list[Row]) -> None:
    """Let a visit cost what it must when it is marked first; never again one that was taken back."""
    event = note_missed(moment.books, visit, rows)
    if event.marked_at is None and not event.is_reversed:
        event.marked_at = moment.now
        owner = moment.books.platform.row("owners", visit[0])
        owner["no_show_count"] += 1
        if house.fees.schedule is not None:
            moment.books.platform.tables["payments"][event.subject] = fee_of(moment, house, visit, rows)
        tell(moment, house, NOTICE, event, moment.now)


def note_missed(books: Books, visit: Visit, rows: list[Row]) -> Event:
    """Put a missed visit on record, or add to what is on record of it; return its event."""
    owner, day = visit
    event = books.no_show_of(owner, day)
    if event is None:
        event = Event(owner, KIND, visit, POINTS, rows[0]["scheduled_start"])
        books.add_event(event)
    event.appointments |= {row["id"]: None for row in rows}
    return event


def fee_of(moment: Moment, house: House, visit: Visit, rows: list[Row]) -> Row:
    fees, (owner, day) = house.fees, visit
    schedule, offence = fees.schedule or (), moment.books.platform.row("owners", owner)["no_show_count"]
    amount = schedule[min(offence, len(schedule)) - 1]
    if fees.cap is not None:
        amount = min(amount, fees.cap)
    if fees.is_capped_by_price:
        amount = min(amount, sum(price_of(moment.books, row) for row in rows))
    paid = sum(row["deposit_paid"] or 0 for row in rows) if fees.is_covered_by_deposit else 0
    return {
        "owner": owner,
        "day": day,
        "status": "pending" if amount > paid else "waived",
        "is_covered": amount <= paid,
        "amount": amount - paid if amount > paid else amount,
        "currency": fees.currency,
        "offence_number": offence,
        "found_from": min(found_from(house, row) for row in rows),
        "next_attempt_at": moment.now + fees.hold,
        "collected_at": None,
    }


def price_of(books: Books, row: Row) -> int:
    if row["total_amount"] is not None:
        return int(row["total_amount"])
    return int(books.platform.row("services", row["service_id"])["price"]) if row["service_id"] else 0


# Corrections


def correct(moment: Moment, house: House) -> None:
    books = moment.books
    for event in books.standing_no_shows(house.tenant):
        if event.occurred_at > moment.now - CORRECTED_WITHIN:
            fee = books.fee_of(event)
            if event.day in house.fees.closed_on or not is_still_missed(books, house, event):
                give_up(books, event)
            elif fee is not None and is_waived_by_staff(fee):
                take_back(books, event)


def is_waived_by_staff(fee: Row) -> bool:
    return bool(fee["status"] == "waived" and not fee["is_covered"])


# Money


def collect(moment: Moment, house: House) -> None:
    for event in list(moment.books.events.values()):
        fee = moment.books.fee_of(event)
        if fee is None or fee["status"] != "pending" or fee["next_attempt_at"] > moment.now + HOUR:
            continue
        owner = moment.books.platform.row("owners", fee["owner"])
        if owner["tenant_id"] != house.tenant:
            continue
        has_card = owner["stripe_customer_id"] is not None and owner["has_payment_method"] and not is_gone(owner)
        if moment.now - fee["found_from"] > COLLECTED_WITHIN or not has_card:
            fee["status"] = "failed"
        else:
            fee["status"] = "succeeded"
            fee["collected_at"] = moment.now
            tell(moment, house, RECEIPT, event, moment.now)


# What is compared


def write_down(moment: Moment, held: set[Held]) -> None:
    books = moment.books
    books.prediction.held[moment.now] = frozenset(held)
    fees = books.platform.tables["payments"]
    books.prediction.fees[moment.now] = {
        visit: Fee(
            fee["owner"],
            fee["status"],
            fee["amount"],
            fee["currency"],
            fee["offence_number"],
            fee["status"] == "cancelled" and books.events[KIND, visit].is_superseded,
        )
        for visit, fee in fees.items()
    }
    write_down_owners(moment)


def write_down_owners(moment: Moment) -> None:
    moment.books.prediction.owners[moment.job, moment.now] = {
        owner["id"]: moment.books.standing(owner) for owner in moment.books.platform.rows("owners")
    }


# Texts


def tell(moment: Moment, house: House, kind: str, event: Event, since: datetime) -> None:
    """Plan a text about a visit, or decide why not."""
    books, until = moment.books, since + USEFUL
    member: Member = (event.subject, None)
    reason = (why_no_notice if kind == NOTICE else why_no_receipt)(books, house, kind, member)
    not_before = quiet_end(house.quiet, moment.now)
    if reason is not None:
        if reason != books.reason_of((kind, *member)):
            books.decide((kind, *member), "skipped", reason)
    elif not_before < until:
        books.notify(Text(kind, house.tenant, event.owner, not_before, until, [member]))


def renotify(moment: Moment, house: House) -> None:
    """Decide again about notices and receipts that never reached the provider, while they are of use."""
    books = moment.books
    for (kind, visit, _), verdict in list(books.prediction.verdicts.items()):
        if kind not in ABOUT_VISITS or verdict.outcome not in ("skipped", "cancelled"):
            continue
        event = books.events[KIND, visit]
        since = event.marked_at if kind == NOTICE else (books.fee_of(event) or {})["collected_at"]
        is_theirs = books.platform.row("owners", event.owner)["tenant_id"] == house.tenant
        if is_theirs and since is not None and moment.now < since + USEFUL:
            tell(moment, house, kind, event, since)


def why_no_notice(books: Books, house: House, kind: str, member: Member) -> str | None:
    """Return why the owner is not to be told of a missed visit any more."""
    event = books.events[KIND, member[0]]
    if event.is_superseded:
        return "superseded"
    fee = books.fee_of(event)
    is_off = event.is_reversed or (fee is not None and is_waived_by_staff(fee))
    if is_off or not is_still_missed(books, house, event):
        return "no_show_corrected"
    return why_no_receipt(books, house, kind, member)


def why_no_receipt(books: Books, _house: House, _kind: str, member: Member) -> str | None:
    """Return why the owner is not to be told of a charge."""
    owner = books.platform.row("owners", books.events[KIND, member[0]].owner)
    return "owner_inactive" if is_gone(owner) else books.why_not_to_be_texted(owner)
