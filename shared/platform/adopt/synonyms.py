"""The names under which platforms keep what the jobs need."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Holds(StrEnum):
    """What a column of ours holds. `PRESENCE`: a flag for which the platform may keep a date or an id."""

    ID = "uuid"
    TEXT = "text"
    FLAG = "boolean"
    PRESENCE = "presence"
    COUNT = "integer"
    MONEY = "money"
    INSTANT = "instant"
    DAY = "date"
    WORD = "word"
    SETTINGS = "settings"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A column that the jobs need. `names`: synonyms, the likeliest first. `refers_to`: our table it refers to.

    `opposites`: names that say the contrary. `otherwise`: what stands in the view where the platform has no such
    column: a literal, None for NULL. `is_kept`: the jobs write it, so that it is kept in a table of ours then.
    """

    name: str
    holds: Holds
    names: str = ""
    refers_to: str = ""
    opposites: str = ""
    otherwise: str | None = None
    is_required: bool = False
    is_kept: bool = False


TABLES: Final[Mapping[str, str]] = {
    "tenants": "tenant business organization organisation company clinic salon",
    "owners": "owner customer client pet_owner pet_parent guardian",
    "pets": "pet animal patient",
    "services": "service treatment offering",
    "appointments": "appointment booking visit reservation",
    "appointment_pets": "appointment_pet booking_pet visit_pet reservation_pet appointment_animal booking_animal "
    "visit_animal appointment_patient visit_patient",
    "vaccination_records": "vaccination_record vaccination shot immunization immunisation vaccine_record",
}
"""Our names of the platform's tables, each with its synonyms in the singular. All but `services` and
`appointment_pets` are required."""
LONG_AGO: Final = "2000-01-01 00:00:00+00:00"
"""When a row was created that does not say so: before the jobs were switched on."""


def _id() -> Wanted:
    return Wanted("id", Holds.ID, is_required=True)


def _reference(name: str, table: str, *, is_required: bool = True) -> Wanted:
    return Wanted(
        name, Holds.ID, " ".join(f"{each}_id" for each in TABLES[table].split()), table, is_required=is_required
    )


def _stamps() -> tuple[Wanted, ...]:
    return (
        Wanted(
            "created_at", Holds.INSTANT, "created created_on inserted_at date_created booked_at", otherwise=LONG_AGO
        ),
        Wanted("updated_at", Holds.INSTANT, "updated updated_on modified modified_at modified_on last_modified"),
        Wanted("deleted_at", Holds.INSTANT, "deleted deleted_on is_deleted archived_at removed_at"),
    )


COLUMNS: Final[Mapping[str, tuple[Wanted, ...]]] = {
    "tenants": (
        _id(),
        Wanted("business_name", Holds.TEXT, "name company_name trading_name display_name title", is_required=True),
        Wanted("subdomain", Holds.TEXT, "slug handle code key"),
        Wanted("phone", Holds.TEXT, "phone_number contact_phone telephone tel mobile"),
        Wanted("address_line1", Holds.TEXT, "address address1 street street_address line1"),
        Wanted("timezone", Holds.TEXT, "time_zone tz zone zone_id iana_zone"),
        Wanted("currency", Holds.TEXT, "currency_code"),
        Wanted("status", Holds.WORD, "account_status tenant_status business_status"),
        Wanted("is_active", Holds.FLAG, "active enabled is_enabled", otherwise="true"),
        Wanted("settings", Holds.SETTINGS, "preferences config configuration options"),
        *_stamps(),
    ),
    "owners": (
        _id(),
        _reference("tenant_id", "tenants"),
        Wanted("first_name", Holds.TEXT, "given_name firstname forename full_name name"),
        Wanted("last_name", Holds.TEXT, "surname family_name lastname"),
        Wanted("phone", Holds.TEXT, "mobile mobile_phone phone_number cell cell_phone telephone", is_required=True),
        Wanted(
            "sms_opted_in",
            Holds.FLAG,
            "sms_opt_in sms_consent sms_ok sms_enabled accepts_sms receives_sms allow_sms",
            opposites="sms_opted_out sms_opt_out opted_out_of_sms do_not_text no_sms",
            otherwise="false",
            is_kept=True,
        ),
        Wanted("language", Holds.TEXT, "locale lang preferred_language"),
        Wanted("stripe_customer_id", Holds.TEXT, "stripe_id stripe_customer"),
        Wanted(
            "has_payment_method",
            Holds.PRESENCE,
            "has_card card_on_file default_payment_method default_payment_method_id payment_method_id",
            otherwise="false",
        ),
        Wanted("is_active", Holds.FLAG, "active enabled is_enabled", otherwise="true"),
        Wanted("no_show_count", Holds.COUNT, "no_shows missed_count misses", otherwise="0", is_kept=True),
        Wanted("late_cancellation_count", Holds.COUNT, "late_cancellations late_cancels", otherwise="0"),
        Wanted("completed_appointment_count", Holds.COUNT, "completed_appointments visit_count", otherwise="0"),
        Wanted("reputation_score", Holds.COUNT, "reputation", otherwise="100", is_kept=True),
        Wanted("last_reputation_update", Holds.INSTANT, "reputation_updated_at", is_kept=True),
        *_stamps(),
    ),
    "pets": (
        _id(),
        _reference("tenant_id", "tenants"),
        _reference("owner_id", "owners"),
        Wanted("name", Holds.TEXT, "pet_name animal_name", is_required=True),
        Wanted("species", Holds.TEXT, "kind animal_type pet_type"),
        Wanted("vaccination_status", Holds.WORD, "vaccine_status", otherwise="unknown", is_kept=True),
        Wanted("vaccination_expires_at", Holds.DAY, "vaccination_expires_on vaccinated_until", is_kept=True),
        Wanted("is_active", Holds.FLAG, "active enabled is_enabled", otherwise="true"),
        Wanted(
            "is_deceased",
            Holds.PRESENCE,
            "deceased died is_dead deceased_at deceased_on died_on died_at",
            otherwise="false",
        ),
        *_stamps(),
    ),
    "services": (
        _id(),
        _reference("tenant_id", "tenants"),
        Wanted("name", Holds.TEXT, "title service_name", is_required=True),
        Wanted("price", Holds.MONEY, "price_cents amount amount_cents base_price"),
        *_stamps(),
    ),
    "appointments": (
        _id(),
        _reference("tenant_id", "tenants"),
        _reference("owner_id", "owners"),
        _reference("service_id", "services", is_required=False),
        Wanted(
            "scheduled_start",
            Holds.INSTANT,
            "start_time starts_at start_at start scheduled_at scheduled_for begins_at appointment_time start_datetime",
            is_required=True,
        ),
        Wanted(
            "scheduled_end", Holds.INSTANT, "end_time ends_at end_at end finishes_at end_datetime", is_required=True
        ),
        Wanted("status", Holds.WORD, "state appointment_status booking_status visit_status", is_required=True),
        Wanted("arrived_at", Holds.INSTANT, "checked_in_at check_in_at checkin_time arrival_time arrived_on"),
        Wanted("actual_start", Holds.INSTANT, "actual_start_time actual_started_at started_at service_started_at"),
        Wanted("cancelled_at", Holds.INSTANT, "canceled_at cancelled_on canceled_on cancellation_time"),
        Wanted("cancelled_by", Holds.WORD, "canceled_by cancelled_by_id canceled_by_id cancelled_by_user_id"),
        Wanted("total_amount", Holds.MONEY, "total_cents total_price total price price_cents amount"),
        Wanted("deposit_paid", Holds.MONEY, "deposit_cents deposit_amount deposit deposit_paid_cents"),
        Wanted("no_show_fee_charged", Holds.MONEY, "no_show_fee no_show_fee_cents", is_kept=True),
        *_stamps(),
    ),
    "appointment_pets": (
        _reference("appointment_id", "appointments"),
        _reference("pet_id", "pets"),
    ),
    "vaccination_records": (
        _id(),
        _reference("tenant_id", "tenants"),
        _reference("pet_id", "pets"),
        Wanted("type", Holds.WORD, "vaccination_type vaccine_type vaccine", otherwise="other"),
        Wanted("name", Holds.TEXT, "vaccine_name vaccination_name vaccine"),
        Wanted("status", Holds.WORD, "vaccination_status state", otherwise="unknown", is_kept=True),
        Wanted("administered_date", Holds.DAY, "administered_on administered_at given_on given_at date_given"),
        Wanted(
            "expiry_date",
            Holds.DAY,
            "expires_on expires_at expiration_date expiry valid_until next_due due_date",
            is_required=True,
        ),
        *_stamps(),
    ),
}
"""The columns that the jobs read or write, of each table."""
UNREAD: Final[Mapping[str, tuple[Wanted, ...]]] = {
    "tenants": tuple(Wanted(name, Holds.TEXT) for name in ("email", "address_line2", "city", "state", "zip_code")),
    "owners": (Wanted("email", Holds.TEXT),),
    "pets": (Wanted("breed", Holds.TEXT), Wanted("date_of_birth", Holds.DAY)),
    "services": (
        Wanted("duration_minutes", Holds.COUNT),
        Wanted("is_active", Holds.FLAG, otherwise="true"),
    ),
}
"""The columns that our tables have and no job reads: the platform may change its own as it likes."""


def plain(name: str) -> str:
    """Return a name in lower case without what separates its words: `Start Time`, `startTime` and `start_time`."""
    return "".join(each for each in name.lower() if each.isalnum())


def is_called(name: str, synonym: str) -> bool:
    """Whether a table's name is a synonym, in the singular or the plural."""
    singular = plain(synonym)
    plurals = {f"{singular}s", f"{singular}es", f"{singular.removesuffix('y')}ies"}
    return plain(name) in {singular, *plurals}
