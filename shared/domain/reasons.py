"""Why something was not done, in codes for the database and sentences for people."""

from enum import StrEnum


class Reason(StrEnum):
    """A code stored in `decisions.reason` and `notifications.reason`."""

    OPTED_OUT = "opted_out"
    NO_PHONE = "no_phone"
    INVALID_PHONE = "invalid_phone"
    PHONE_BLOCKED = "phone_blocked"
    OWNER_INACTIVE = "owner_inactive"
    OWNER_CHANGED = "owner_changed"
    PET_DECEASED = "pet_deceased"
    PET_INACTIVE = "pet_inactive"
    SUPERSEDED = "superseded"
    EXPIRY_CHANGED = "expiry_changed"
    RECORD_DELETED = "record_deleted"
    BOOKED_INSIDE_WINDOW = "booked_inside_window"
    RESCHEDULED = "rescheduled"
    APPOINTMENT_CANCELLED = "appointment_cancelled"
    APPOINTMENT_STARTED = "appointment_started"
    APPOINTMENT_COMPLETED = "appointment_completed"
    APPOINTMENT_MISSED = "appointment_missed"
    APPOINTMENT_DELETED = "appointment_deleted"
    CLOSED_DAY = "closed_day"
    CAME_THAT_DAY = "came_that_day"
    SURGE = "surge"
    ATTENDANCE_NOT_RECORDED = "attendance_not_recorded"
    FEE_NOT_CONFIGURED = "fee_not_configured"
    NO_SHOW_CORRECTED = "no_show_corrected"
    FEE_SETTLED = "fee_settled"
    SUBJECT_GONE = "subject_gone"
    TENANT_INACTIVE = "tenant_inactive"
    FOREIGN_REFERENCE = "foreign_reference"
    KIND_DISABLED = "kind_disabled"
    TOO_LATE = "too_late"
    REJECTED = "rejected"
    ATTEMPTS_EXHAUSTED = "attempts_exhausted"
    AMBIGUOUS = "ambiguous"
    UNCONFIRMED = "unconfirmed"
    DEAD_NUMBER = "dead_number"
    UNREADABLE = "unreadable"


SENTENCES: dict[Reason, str] = {
    Reason.OPTED_OUT: "The owner does not want text messages.",
    Reason.NO_PHONE: "The owner has no phone number.",
    Reason.INVALID_PHONE: "The owner's phone number is not a valid number.",
    Reason.PHONE_BLOCKED: "The owner's phone number proved unreachable twice.",
    Reason.OWNER_CHANGED: "It belongs to another owner now than when the text was planned.",
    Reason.OWNER_INACTIVE: "The owner is inactive or was deleted.",
    Reason.PET_DECEASED: "Every pet of the appointment has died.",
    Reason.PET_INACTIVE: "The pet is inactive or was deleted.",
    Reason.SUPERSEDED: "A newer record of the vaccine, or another fee of the same day, takes its place.",
    Reason.EXPIRY_CHANGED: "The record's expiry date was changed.",
    Reason.RECORD_DELETED: "The vaccination record was deleted.",
    Reason.BOOKED_INSIDE_WINDOW: "The appointment was booked after its reminder was due.",
    Reason.RESCHEDULED: "The appointment was moved to another time.",
    Reason.APPOINTMENT_CANCELLED: "The appointment was cancelled.",
    Reason.APPOINTMENT_STARTED: "The appointment had already begun.",
    Reason.APPOINTMENT_COMPLETED: "The appointment was already completed.",
    Reason.APPOINTMENT_MISSED: "The appointment was already marked as missed.",
    Reason.APPOINTMENT_DELETED: "The appointment was deleted.",
    Reason.CLOSED_DAY: "The business was closed on that day: nobody missed anything.",
    Reason.CAME_THAT_DAY: "The owner came to another appointment of that day.",
    Reason.SURGE: "So many of the day's appointments look missed that somebody must look first.",
    Reason.ATTENDANCE_NOT_RECORDED: "The business does not record attendance, so no-shows cannot be identified.",
    Reason.FEE_NOT_CONFIGURED: "The business has no fee schedule in its currency, so the missed visit costs nothing.",
    Reason.NO_SHOW_CORRECTED: "The visit does not count as missed any more.",
    Reason.FEE_SETTLED: "The fee was settled in the meantime.",
    Reason.SUBJECT_GONE: "What it was about is no longer in the database, or cannot be read.",
    Reason.TENANT_INACTIVE: "The business is no longer active on the platform.",
    Reason.FOREIGN_REFERENCE: "The row refers to another business's owner, pet or service.",
    Reason.KIND_DISABLED: "The business has switched this kind of message off.",
    Reason.TOO_LATE: "It could no longer be sent in time to be useful.",
    Reason.REJECTED: "The SMS provider refused the message for good.",
    Reason.ATTEMPTS_EXHAUSTED: "The SMS provider could not take the message in five attempts.",
    Reason.AMBIGUOUS: "It is not known whether the SMS provider took the message; its log will be asked.",
    Reason.UNCONFIRMED: "The SMS provider twice gave no clear answer, and its log does not hold the text.",
    Reason.DEAD_NUMBER: "Nobody can be reached at the phone number.",
    Reason.UNREADABLE: "Its text could not be written from the data; the log of the run names the cause.",
}
