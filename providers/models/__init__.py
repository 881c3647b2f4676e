from providers.models.attempt import Attempt
from providers.models.budget import Budget, BudgetPeriod, Reservation
from providers.models.endpoint import Endpoint
from providers.models.routing_decision import RoutingDecision
from providers.models.usage import PriceVersion, UsageRecord

__all__ = [
    "Attempt",
    "Budget",
    "BudgetPeriod",
    "Endpoint",
    "PriceVersion",
    "Reservation",
    "RoutingDecision",
    "UsageRecord",
]
