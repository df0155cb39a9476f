"""The sample's businesses: invented names and addresses, real time zones, currencies and trades."""

from dataclasses import dataclass
from typing import Any

from phonenumbers import PhoneNumberType

from shared.sample.phones import example


@dataclass(frozen=True, slots=True)
class Business:
    """The definition of one tenant.

    `owner_phones`: patterns of its owners' numbers; `first_names`, `last_names`: of its owners; `owners`,
    `appointments`: how many ordinary ones.
    """

    subdomain: str
    name: str
    trade: str
    timezone: str
    region: str
    phone: str
    owner_phones: tuple[str, ...]
    first_names: str
    last_names: str
    address: str
    city: str
    state: str
    zip_code: str
    owners: int
    appointments: int
    currency: str = "USD"
    status: str = "active"
    settings: dict[str, Any] | None = None


SERVICES = {
    "groomer": (
        ("Bath and brush", 4500, 45),
        ("Full groom", 8500, 90),
        ("Nail trim", 2000, 20),
        ("De-shedding", 6500, 75),
        ("Puppy's first groom", None, 30),
    ),
    "vet": (("Check-up", 7500, 30), ("Vaccination", 4000, 15), ("Dental cleaning", 32000, 120), ("Re-check", None, 15)),
    "trainer": (("Puppy class", 3000, 60), ("One-to-one lesson", 7000, 60), ("Recall walk", 4500, 90)),
    "boarding": (("Day stay", 5500, 540), ("Overnight stay", 9500, 1320), ("Meet and greet", None, 30)),
}
"""Name, price in US cents (None: free) and minutes of each service of a trade."""

PRICE_FACTORS = {"USD": 1.0, "GBP": 0.8, "AUD": 1.5, "NPR": 40.0, "JPY": 1.5}
"""Minor units of a currency for one US cent, at about local prices."""

_ENGLISH = "Ava Noah Emma Liam Grace Ethan Hannah Lucas Nora Owen Priya Samuel Wei Zoe Aisha Daniel Ruth Marcus"
_SURNAMES = (
    "Brooks Carter Diaz Evans Fisher Grant Hughes Ito Jensen Khan Lopez Morgan Novak O'Brien Patel Quinn Reyes Shaw"
)
_REMINDER = "Hi $owner, $business expects $pets $when for $service. To change it, call $phone."

BUSINESSES = (
    Business(
        "hudson-paws", "Hudson Paws Grooming", "groomer", "America/New_York", "US", "+1 212-555-0186",
        ("+171855501##", "+164655501##"), _ENGLISH, _SURNAMES,
        "418 West 49th Street", "New York", "NY", "10019", owners=52, appointments=78,
    ),
    Business(
        "silverlake-vet", "Silver Lake Animal Clinic", "vet", "America/Los_Angeles", "US", "+1 213-555-0117",
        ("+132355501##",), f"{_ENGLISH} Sofia Mateo Camila Diego", _SURNAMES,
        "2907 Rowena Avenue", "Los Angeles", "CA", "90039", owners=46, appointments=68,
        settings={"sms": {"templates": {"reminder_24h": _REMINDER}}},
    ),
    Business(
        "heelwork", "Heelwork Dog Training", "trainer", "Europe/London", "GB", "+44 20 7946 0018",
        ("+4420794602##",), f"{_ENGLISH} Imogen Alfie Niamh Rhys", _SURNAMES,
        "Arch 27, Bermondsey Street", "London", "", "SE1 3JW", owners=42, appointments=58, currency="GBP",
        settings={"sms": {"quiet_hours": "20:00-09:00"}, "no_show": {"fee_cap": "price"}},
    ),
    Business(
        "harbour-tails", "Harbour Tails Boarding", "boarding", "Australia/Sydney", "AU", "(02) 5550 1140",
        ("+612555002##",), f"{_ENGLISH} Matilda Lachlan Isla Jack", _SURNAMES,
        "88 Darling Street", "Balmain", "NSW", "2041", owners=36, appointments=48, currency="AUD",
        settings={"reminders": {"2h": False}, "country": "AU"},
    ),
    Business(
        "himal-pets", "Himal Pet Spa", "groomer", "Asia/Kathmandu", "NP", example("NP", PhoneNumberType.FIXED_LINE),
        (example("NP"), "+120255501##"), "Aarav Anjali Bikash Gita Kiran Maya Nabin Puja Rajan Sunita Tara Ujjwal",
        "Adhikari Gurung Karki Lama Maharjan Rai Shrestha Tamang Thapa",
        "Jhamsikhel Road 14", "Lalitpur", "Bagmati", "44700", owners=26, appointments=36, currency="NPR",
        settings={"no_show": {"fee_schedule": [100_000, 150_000, 200_000]}, "country": "NP"},
    ),
    # A currency without a default fee schedule, and no schedule of its own: no fee can be written.
    Business(
        "komorebi", "Komorebi Trimming", "groomer", "Asia/Tokyo", "JP", example("JP", PhoneNumberType.FIXED_LINE),
        (example("JP"), "+180855501##"), "Aoi Haruto Hina Kaito Mei Ren Sakura Sota Yui Yuto Riku Akari",
        "Sato Suzuki Takahashi Tanaka Watanabe Ito Yamamoto Nakamura Kobayashi",
        "2-14-6 Kamimeguro", "Meguro-ku", "Tokyo", "153-0051", owners=26, appointments=36, currency="JPY",
    ),
    Business(
        "prairie-clips", "Prairie Clips", "groomer", "America/Chicago", "US", "+1 312-555-0163",
        ("+177355501##",), _ENGLISH, _SURNAMES,
        "1530 North Damen Avenue", "Chicago", "IL", "60622", owners=5, appointments=8, status="suspended",
    ),
    # quiet_hour should be quiet_hours: this tenant is left out, and its error names the key.
    Business(
        "mile-high-mutts", "Mile High Mutts", "trainer", "America/Denver", "US", "+1 303-555-0121",
        ("+172055501##",), _ENGLISH, _SURNAMES,
        "740 Santa Fe Drive", "Denver", "CO", "80204", owners=5, appointments=8, status="trial",
        settings={"sms": {"quiet_hour": "22:00-07:00"}},
    ),
)  # fmt: skip
