"""Which visits must count as missed, what they must cost, and what becomes of that, visit by visit."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator
from datetime import date, datetime
from typing import Any, Final

from .books import Books, Event, Fee, Member, Moment, Text, is_gone, is_open
from .house import Fees, House
from .local_time import quiet_end
from .platform import OPEN_FEES, Row, Visit
from .world import DAY, HOUR

KIND, NOTICE, RECEIPT = "no_show", "no_show_notice", "fee_receipt"
ABOUT_VISITS: Final = (NOTICE, RECEIPT)
POINTS: Final = -20
LOOK_BACK: Final = 7 * DAY
LOOK_BACK_AT_FIRST: Final = 24 * HOUR
CORRECTED_WITHIN: Final = 60 * DAY
COLLECTED_WITHIN: Final = 14 * DAY
USEFUL: Final = 7 * DAY


def detect(moment: Moment) -> None:
    """Take back what was corrected, mark what was missed, collect what is due."""
    for house in moment.served:
        correct(moment, house)
    past = moment.appointments(moment.now - LOOK_BACK, moment.now)
    held = {(house.subdomain, day) for house in moment.served for day in days_held(moment, house, past[house.tenant])}
    for house in moment.served:
        renotify(moment, house)
        if house.fees.is_charged_by_itself:
            collect(moment, house)
    write_down(moment, held)


def days_held(moment: Moment, house: House, past: Iterable[Row]) -> Iterator[date]:
    """Mark what was missed, and yield the days on which nothing is."""
    for day, candidates in by_day(house, (row for row in past if is_candidate(moment, house, row))).items():
        if day in house.fees.closed_on:
            for row in candidates:
                moment.books.decide(subject(row), "skipped", "closed_day")
        elif is_surge(moment.books, house, day, candidates):
            yield day
        else:
            mark(moment, house, day, candidates)


def subject(row: Row) -> tuple[str, Hashable, datetime]:
    return KIND, row["id"], row["scheduled_start"]


def is_candidate(moment: Moment, house: House, row: Row) -> bool:
    start = row["scheduled_start"]
    return bool(
        is_open(row)
        and start + house.fees.grace <= moment.now
        and row["scheduled_end"] <= moment.now
        and row["arrived_at"] is None
        and row["actual_start"] is None
        and row["created_at"] < start
        and start > max(moment.now - LOOK_BACK, moment.switch_on - LOOK_BACK_AT_FIRST)
        and not moment.books.is_final(subject(row))
    )


def by_day(house: House, rows: Iterable[Row]) -> dict[date, list[Row]]:
    days = defaultdict(list)
    for row in rows:
        days[house.day_of(row["scheduled_start"])].append(row)
    return dict(sorted(days.items()))


def is_surge(books: Books, house: House, day: date, candidates: list[Row]) -> bool:
    """Whether so much of a day is missing that nobody is to be charged until somebody has looked."""
    there = [
        row
        for row in books.platform.rows("appointments")
        if row["tenant_id"] == house.tenant
        and house.day_of(row["scheduled_start"]) == day
        and row["deleted_at"] is None
        and not books.is_foreign(row)
    ]
    marked = sum(books.is_final(subject(row)) and row["status"] == KIND for row in there)
    booked = sum(row["status"] != "cancelled" for row in there)
    missing = marked + len(candidates)
    return missing >= 3 and missing > booked / 2


# Marking


def mark(moment: Moment, house: House, day: date, candidates: list[Row]) -> None:
    visits: defaultdict[Visit, list[Row]] = defaultdict(list)
    for row in sorted(candidates, key=lambda row: row["scheduled_start"]):
        visits[row["owner_id"], day].append(row)
        row["status"] = "no_show"
        moment.books.marked.add(row["id"])
        moment.books.decide(subject(row), "notify", None if house.fees.schedule else "fee_not_configured")
    for visit, rows in visits.items():
        mark_visit(moment, house, visit, rows)


def mark_visit(moment: Moment, house: House, visit: Visit, rows: list[Row]) -> None:
    """Let a visit cost what it must when it is marked first; never again one that was taken back."""
    books = moment.books
    owner, start = books.platform.row("owners", visit[0]), rows[0]["scheduled_start"]
    books.add_event(Event(owner["id"], KIND, visit, POINTS, start))
    event = books.events[KIND, visit]  # or the one that staff's own mark brought
    if event.marked_at is None and not event.is_reversed:
        event.marked_at = moment.now
        owner["no_show_count"] += 1
        if house.fees.schedule is not None:
            books.platform.tables["payments"][visit] = fee_of(moment, house.fees, owner, rows)
        tell(moment, house, NOTICE, visit, moment.now)


def fee_of(moment: Moment, fees: Fees, owner: Row, rows: list[Row]) -> Row:
    schedule, offence = fees.schedule or (), owner["no_show_count"]
    amount = schedule[min(offence, len(schedule)) - 1]
    if fees.cap is not None:
        amount = min(amount, fees.cap)
    if fees.is_capped_by_price:
        amount = min(amount, sum(price_of(moment.books, row) for row in rows))
    paid = sum(row["deposit_paid"] or 0 for row in rows) if fees.is_covered_by_deposit else 0
    return {
        "status": "pending" if amount > paid else "waived",
        "is_covered": amount <= paid,
        "amount": amount - paid if amount > paid else amount,
        "currency": fees.currency,
        "offence_number": offence,
        "start": rows[0]["scheduled_start"],
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
    for event in list(books.events.values()):
        owner = books.platform.row("owners", event.owner)
        if event.kind != KIND or event.is_reversed or owner["tenant_id"] != house.tenant:
            continue
        if event.occurred_at > moment.now - CORRECTED_WITHIN:
            fee = books.platform.tables["payments"].get(event.subject)
            is_missed = any(row["status"] == KIND for row in rows_of(books, house, event.subject))
            is_missed &= house.day_of(event.occurred_at) not in house.fees.closed_on
            if not is_missed and fee is not None:
                close(fee)
            if not is_missed or (fee is not None and is_waived_by_staff(fee)):
                take_back(books, event, owner)


def is_waived_by_staff(fee: Row) -> bool:
    return bool(fee["status"] == "waived" and not fee["is_covered"])


def close(fee: Row) -> None:
    # Nobody paid it: only a waiver that staff gave stands.
    if fee["status"] in OPEN_FEES or (fee["status"] == "waived" and fee["is_covered"]):
        fee["status"] = "cancelled"
    elif fee["status"] == "succeeded":
        fee["status"] = "needs_refund"


def take_back(books: Books, event: Event, owner: Row) -> None:
    event.is_reversed = True
    owner["no_show_count"] -= event.marked_at is not None
    books.refold(event.owner)


def rows_of(books: Books, house: House, visit: Any) -> Iterator[Row]:
    """Yield the appointments that a visit has now."""
    owner, day = visit
    return (
        row
        for row in books.platform.children("appointments", owner)
        if row["tenant_id"] == house.tenant
        and row["deleted_at"] is None
        and house.day_of(row["scheduled_start"]) == day
        and not books.is_foreign(row)
    )


# Money


def collect(moment: Moment, house: House) -> None:
    for visit, fee in moment.books.platform.tables["payments"].items():
        owner = moment.books.platform.row("owners", visit[0])
        is_due = fee["status"] == "pending" and fee["next_attempt_at"] <= moment.now + HOUR
        if owner["tenant_id"] != house.tenant or not is_due:
            continue
        has_card = owner["stripe_customer_id"] is not None and owner["has_payment_method"] and not is_gone(owner)
        if moment.now - fee["start"] > COLLECTED_WITHIN or not has_card:
            fee["status"] = "failed"
        else:
            fee["status"] = "succeeded"
            fee["collected_at"] = moment.now
            tell(moment, house, RECEIPT, visit, moment.now)


# What is compared


def write_down(moment: Moment, held: set[tuple[str, date]]) -> None:
    books = moment.books
    books.prediction.held[moment.now] = frozenset(held)
    fees = books.platform.tables["payments"]
    books.prediction.fees[moment.now] = {
        visit: Fee(fee["status"], fee["amount"], fee["currency"], fee["offence_number"]) for visit, fee in fees.items()
    }
    write_down_owners(moment)


def write_down_owners(moment: Moment) -> None:
    moment.books.prediction.owners[moment.job, moment.now] = {
        owner["id"]: moment.books.standing(owner) for owner in moment.books.platform.rows("owners")
    }


# Texts


def tell(moment: Moment, house: House, kind: str, visit: Any, since: datetime) -> None:
    """Plan a text about a visit, or decide why not."""
    books, until = moment.books, since + USEFUL
    owner = books.platform.row("owners", visit[0])
    reason = (why_no_notice if kind == NOTICE else why_no_receipt)(books, house, kind, (visit, None))
    not_before = quiet_end(house.quiet, moment.now)
    if reason is not None:
        if reason != books.reason_of((kind, visit, None)):
            books.decide((kind, visit, None), "skipped", reason)
    elif not_before < until:
        books.notify(Text(kind, house.tenant, owner["id"], not_before, until, [(visit, None)]))


def renotify(moment: Moment, house: House) -> None:
    """Decide again about notices and receipts that never reached the provider, while they are of use."""
    books = moment.books
    for (kind, visit, _), verdict in list(books.prediction.verdicts.items()):
        if kind not in ABOUT_VISITS or verdict.outcome not in ("skipped", "cancelled"):
            continue
        event, fee = books.events[KIND, visit], books.platform.tables["payments"].get(visit, {})
        since = event.marked_at if kind == NOTICE else fee["collected_at"]
        is_theirs = books.platform.row("owners", event.owner)["tenant_id"] == house.tenant
        if is_theirs and since is not None and moment.now < since + USEFUL:
            tell(moment, house, kind, visit, since)


def why_no_notice(books: Books, house: House, kind: str, member: Member) -> str | None:
    """Return why the owner is not to be told of a missed visit any more."""
    visit, _ = member
    fee = books.platform.tables["payments"].get(visit)
    is_off = books.events[KIND, visit].is_reversed or (fee is not None and is_waived_by_staff(fee))
    if is_off or not any(row["status"] == KIND for row in rows_of(books, house, visit)):
        return "no_show_corrected"
    return why_no_receipt(books, house, kind, member)


def why_no_receipt(books: Books, _house: House, _kind: str, member: Member) -> str | None:
    """Return why the owner is not to be told of a charge."""
    owner = books.platform.row("owners", member[0][0])
    return "owner_inactive" if is_gone(owner) else books.why_not_to_be_texted(owner)
