"""What becomes of a missed visit whose appointments pass to another owner: it goes with them."""

from collections.abc import Hashable

from .books import Books, Event, is_attended
from .house import House
from .platform import OPEN_FEES, Row


def owner_now(books: Books, house: House, event: Event) -> Hashable:
    """Return who has the missed appointments of an event now; its own owner where nothing of it is missed any more."""
    owners = (
        row["owner_id"]
        for row in map(books.platform.tables["appointments"].__getitem__, event.appointments)
        if row["status"] == "no_show"
        and row["deleted_at"] is None
        and house.day_of(row["scheduled_start"]) == event.day
    )
    return next((owner for owner in owners if owner != event.owner), event.owner)


def follow(books: Books, house: House) -> None:
    """Let events, counts and fees go where their appointments are, and let one of two on one day be enough.

    Where nothing was missed after all, as the new owner came that day, the record follows all the same: the correction
    is then the new owner's, and nobody makes another event of the appointment.
    """
    for event in books.standing_no_shows(house.tenant):
        heir = owner_now(books, house, event)
        if heir != event.owner and not event.is_reversed:
            rival = books.no_show_of(heir, event.day)
            if rival is None or rival.is_reversed or not is_still_missed(books, house, event):
                hand_over(books, event, heir)
            elif brings_nothing(books, event, rival):
                supersede(books, event)
            else:
                hand_over(books, event, heir)
                supersede(books, second(books, event, rival))


def brings_nothing(books: Books, event: Event, rival: Event) -> bool:
    """Whether no fee comes with a missed visit, and no count that the new owner's own visit of that day has not."""
    return books.fee_of(event) is None and (event.marked_at is None or rival.marked_at is not None)


def hand_over(books: Books, event: Event, heir: Hashable) -> None:
    """Offence number and amount stay as they are; texts that wait go to the new owner."""
    counted = event.marked_at is not None
    books.platform.row("owners", event.owner)["no_show_count"] -= counted
    books.platform.row("owners", heir)["no_show_count"] += counted
    if (fee := books.fee_of(event)) is not None:
        fee["owner"] = heir
    for text in books.waiting:
        if any(subject == event.subject for subject, _ in text.members):
            text.owner = heir
    books.move_event(event, heir)


def second(books: Books, event: Event, rival: Event) -> Event:
    """Return which of two missed visits of one owner and day is one too many: the one not collected, else the later."""

    def rank(one: Event) -> tuple[bool, bool, bool, object, object, bool]:
        fee = books.fee_of(one)
        is_collected = fee is not None and fee["status"] == "succeeded"
        is_uncounted = one.marked_at is None
        return not is_collected, fee is None, is_uncounted, one.marked_at, one.occurred_at, one is event

    return max(event, rival, key=rank)


def supersede(books: Books, event: Event) -> None:
    event.is_superseded = True
    give_up(books, event)


def give_up(books: Books, event: Event) -> None:
    if (fee := books.fee_of(event)) is not None:
        close(fee)
    take_back(books, event)


def close(fee: Row) -> None:
    # Nobody paid it: only a waiver that staff gave stands.
    if fee["status"] in OPEN_FEES or (fee["status"] == "waived" and fee["is_covered"]):
        fee["status"] = "cancelled"
    elif fee["status"] == "succeeded":
        fee["status"] = "needs_refund"


def take_back(books: Books, event: Event) -> None:
    event.is_reversed = True
    books.platform.row("owners", event.owner)["no_show_count"] -= event.marked_at is not None
    books.refold(event.owner)


def is_still_missed(books: Books, house: House, event: Event) -> bool:
    """Whether some appointment of the visit is missed and, unless it was staff who said so, nothing excuses it: another
    was attended, or all pets of the missed ones have died and nobody has paid.
    """
    rows = rows_of(books, house, owner_now(books, house, event), event.day)
    missed = [row for row in rows if row["status"] == "no_show"]
    fee = books.fee_of(event)
    is_paid = fee is not None and fee["status"] in ("succeeded", "needs_refund", "refunded")
    have_died = bool(missed) and all(have_pets_died(books, row) for row in missed)
    is_excused = any(map(is_attended, rows)) or (have_died and not is_paid)
    return bool(missed) and not (event.marked_at is not None and is_excused)


def have_pets_died(books: Books, row: Row) -> bool:
    pets = books.platform.pets(row["id"])
    return bool(pets) and all(pet["is_deceased"] for pet in pets)


def rows_of(books: Books, house: House, owner: Hashable, day: object) -> list[Row]:
    """Return the appointments that an owner has on a local day now."""
    return [
        row
        for row in books.platform.children("appointments", owner)
        if row["tenant_id"] == house.tenant
        and row["deleted_at"] is None
        and house.day_of(row["scheduled_start"]) == day
        and not books.is_foreign(row)
    ]
