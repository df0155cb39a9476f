"""What we send and what our stand-in answers, held against Twilio's own OpenAPI description."""

import json
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from openapi_core import OpenAPI
from openapi_core.datatypes import RequestParameters
from openapi_core.exceptions import OpenAPIError
from werkzeug.datastructures import Headers, ImmutableMultiDict

from shared.gateways.twilio import TwilioSms
from tests.gateways.asking import BODY, TO, logged, outcome, text
from tests.loopback.http import Request, Response
from tests.loopback.twilio import ACCOUNT, NUMBER, SERVICE, TOKEN, LoopbackTwilio

FILE = Path(__file__).resolve().parents[3] / "shared" / "data" / "twilio_messages_openapi.json"
FORM = "application/x-www-form-urlencoded"


PATH = "/2010-04-01/Accounts/{AccountSid}/Messages.json"


class Unknown(Exception):
    """A field that the description does not have."""


class Description:
    """Twilio's description, taken strictly."""

    def __init__(self, whole: dict[str, Any]) -> None:
        post, get = (whole["paths"][PATH][method] for method in ("post", "get"))
        self.fields = {*post["requestBody"]["content"][FORM]["schema"]["properties"]}
        self.query = {each["name"] for each in get["parameters"]}
        whole["components"]["schemas"]["api.v2010.account.message"]["additionalProperties"] = False
        self.checks = OpenAPI.from_dict(whole)

    def check_request(self, asked: "Asked") -> None:
        """Raise Unknown for a field that is not described, an OpenAPIError for a wrong one."""
        if unknown := ({*asked.form} - self.fields) | ({*asked.request.query} - self.query):
            raise Unknown(unknown)  # the validator would let it pass
        self.checks.validate_request(asked)


@pytest.fixture(scope="module")
def description() -> Description:
    """Twilio's own description of the part of its API that we use."""
    if not FILE.is_file():
        pytest.skip(f"NOT CHECKED against Twilio's own description: it is not at {FILE}")
    return Description(json.loads(FILE.read_text(encoding="utf-8")))


@dataclass
class Asked:
    """A request as the validator wants to see it."""

    request: Request
    form: dict[str, str]
    host_url: str = "https://api.twilio.com"
    content_type: str = FORM
    parameters: RequestParameters = field(init=False)

    def __post_init__(self) -> None:
        self.parameters = RequestParameters(
            query=ImmutableMultiDict(self.request.query), header=Headers(dict(self.request.headers))
        )

    @property
    def path(self) -> str:
        return self.request.path

    @property
    def method(self) -> str:
        return self.request.method.lower()

    @property
    def body(self) -> bytes:
        return urlencode(self.form).encode()


@dataclass
class Answered:
    """An answer as the validator wants to see it."""

    data: bytes
    status_code: int
    content_type: str = "application/json"
    headers: Headers = field(default_factory=Headers)


MESSAGES = {
    "from the default number": text(),
    "from a number of its own": text(sender=NUMBER),
    "through a service of its own": text(messaging_service_sid=SERVICE),
    "through both": text(messaging_service_sid=SERVICE, sender=NUMBER),
    "valid for a second": text(validity_seconds=1),
    "valid as long as possible": text(validity_seconds=36_000),
    "in other letters": text(body="明日 & 🐶 = 100%"),
}


@pytest.mark.parametrize("case", MESSAGES)
def test_a_message_is_handed_over_as_twilio_describes(
    description: Description, server: LoopbackTwilio, twilio: TwilioSms, case: str
) -> None:
    outcome(twilio, MESSAGES[case])
    (request,) = server.requests
    assert request.headers["content-type"] == FORM
    description.check_request(Asked(request, dict(request.form)))


@pytest.mark.parametrize(
    "change",
    [{"Priority": "high"}, {"ValidityPeriod": "soon"}, {"MessagingServiceSid": "SM1"}, {"To": None}],
    ids=lambda change: next(iter(change)),
)
def test_the_check_would_notice_a_wrong_request(
    description: Description, server: LoopbackTwilio, twilio: TwilioSms, change: dict[str, Any]
) -> None:
    outcome(twilio)
    form = {key: value for key, value in {**server.requests[0].form, **change}.items() if value is not None}
    with pytest.raises((OpenAPIError, Unknown)):
        description.check_request(Asked(server.requests[0], form))


@pytest.mark.parametrize("to", [None, TO])
def test_the_log_is_asked_for_as_twilio_describes(
    description: Description, server: LoopbackTwilio, twilio: TwilioSms, to: str | None
) -> None:
    for _ in range(2):
        server.books.add(TO, BODY)
    logged(twilio, to=to)
    (request,) = server.requests
    description.check_request(Asked(request, {}))


def test_our_stand_in_answers_as_twilio_describes(description: Description) -> None:
    answers: list[bytes] = []
    with LoopbackTwilio(settles_after=timedelta()) as server:
        plain = server.answer

        def overheard(request: Request) -> Response:
            answers.append(plain(request).body)
            return Response(201 if request.method == "POST" else 200, answers[-1])

        server.answer = overheard
        gateway = TwilioSms(ACCOUNT, TOKEN, service=SERVICE, base_url=server.url)
        server.books.fates[TO] = ("undelivered", 30005)
        outcome(gateway)
        logged(gateway)
    sending, reading = server.requests
    description.checks.validate_response(Asked(sending, dict(sending.form)), Answered(answers[0], 201))
    description.checks.validate_response(Asked(reading, {}), Answered(answers[1], 200))
