from providers.models.attempt import Attempt
from providers.models.budget import Budget, BudgetPeriod, Reservation
from providers.models.cache_settings import CacheSettings
from providers.models.cached_response import CachedResponse
from providers.models.endpoint import Endpoint
from providers.models.endpoint_check import EndpointCheck
from providers.models.level_pin import LevelPin
from providers.models.model_row import AccessLimit, ModelRow
from providers.models.personal_endpoint import PersonalEndpoint
from providers.models.routing_decision import RoutingDecision
from providers.models.usage import PriceVersion, UsageRecord
from providers.models.usage_day import RolledDay, UsageDay, UsageDayByCall, UsageDayByPayer
from providers.models.worth import Worth

__all__ = [
    "AccessLimit",
    "Attempt",
    "Budget",
    "BudgetPeriod",
    "CacheSettings",
    "CachedResponse",
    "Endpoint",
    "EndpointCheck",
    "LevelPin",
    "ModelRow",
    "PersonalEndpoint",
    "PriceVersion",
    "Reservation",
    "RolledDay",
    "RoutingDecision",
    "UsageDay",
    "UsageDayByCall",
    "UsageDayByPayer",
    "UsageRecord",
    "Worth",
]
