"""The ids of rows by what they are of, so that no function takes a fee's id for a visit's without saying so."""

from typing import NewType
from uuid import UUID

TenantId = NewType("TenantId", UUID)
OwnerId = NewType("OwnerId", UUID)
PetId = NewType("PetId", UUID)
AppointmentId = NewType("AppointmentId", UUID)
VaccinationId = NewType("VaccinationId", UUID)
VisitId = NewType("VisitId", UUID)
"""Derived from tenant, owner and local day."""
FeeId = NewType("FeeId", UUID)
"""That of its visit: a visit has one fee at most."""
NotificationId = NewType("NotificationId", UUID)
RunId = NewType("RunId", UUID)
