"""Rehearses each failure of a provider end to end, through the real gateway and SDK, against a server on loopback that
fails as it is told. Nothing of it is stored, and no real provider is asked."""

from __future__ import annotations

from providers.rehearsal.faults import FAULTS, FaultName
from providers.rehearsal.rehearse import Rehearsal, Step, rehearse

__all__ = ["FAULTS", "FaultName", "Rehearsal", "Step", "rehearse"]
