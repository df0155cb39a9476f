"""One process that delivers what is planned: `python -m tests.crash.deliverer DATABASE TWILIO MINUTES [MOMENT]`.

MINUTES: how long it runs after everything was planned. It says "ready" and waits for a line. With a MOMENT like
"message:40" or "after:0.3" it is killed: after so many answers of the provider, or so many seconds after it began,
whatever it is doing.
"""

import os
import signal
import sys
import threading
import time
from dataclasses import replace
from datetime import timedelta

from benchmarks.due import NOW, application_on
from benchmarks.stand_in import gateway
from shared.application import utc_now
from shared.database.engine import open_engine
from shared.gateways.sms import Accepted, Sms, SmsGateway
from shared.gateways.twilio import TwilioSms
from shared.runtime import run_without_lease
from shared.stages import requested


def die() -> None:
    """End as a process ends that is killed."""
    os.kill(os.getpid(), signal.SIGKILL)


class Doomed(TwilioSms):
    """Kills its process after so many answers: with other messages on their way, and none of the answers recorded."""

    left = 0

    async def send(self, sms: Sms) -> Accepted:
        """Send, and perhaps die of it."""
        accepted = await super().send(sms)
        self.left -= 1
        if self.left == 0:
            die()
        return accepted


def doomed(url: str, moment: str) -> SmsGateway:
    """Return the gateway to use, with this process to be killed at the moment."""
    what, _, when = moment.partition(":")
    if what == "after":
        threading.Thread(target=lambda: (time.sleep(float(when)), die()), daemon=True).start()
    if what != "message":
        return gateway(url)
    plain = gateway(url)
    killed = Doomed(plain.account_sid, plain.auth_token, number=plain.number, base_url=url)
    killed.left = int(when)
    return killed


def main(database: str, url: str, minutes: str, moment: str = "") -> None:
    """Deliver everything, by a clock on the wall that is right: the stand-in's log is read by it."""
    application = replace(application_on(open_engine(database)), clock=utc_now)
    print("ready", flush=True)  # noqa: T201
    sys.stdin.readline()
    at = NOW + timedelta(minutes=int(minutes))
    request = requested(application, "AppointmentReminders2h", at=at)
    run_without_lease(replace(application, sms=doomed(url, moment)), request)


if __name__ == "__main__":
    main(*sys.argv[1:])
