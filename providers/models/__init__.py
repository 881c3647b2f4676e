from providers.models.attempt import Attempt
from providers.models.endpoint import Endpoint
from providers.models.routing_decision import RoutingDecision
from providers.models.usage import PriceVersion, UsageRecord
from providers.models.usage_day import RolledDay, UsageDay, UsageDayByCall, UsageDayByPayer
from providers.models.worth import Worth

__all__ = [
    "Attempt",
    "Endpoint",
    "PriceVersion",
    "RolledDay",
    "RoutingDecision",
    "UsageDay",
    "UsageDayByCall",
    "UsageDayByPayer",
    "UsageRecord",
    "Worth",
]
