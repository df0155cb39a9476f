"""A type for each kind of id, so that no function takes a fee's id for a visit's without saying so."""

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
"""The id of the fee's visit: a visit has at most one fee."""
NotificationId = NewType("NotificationId", UUID)
RunId = NewType("RunId", UUID)
