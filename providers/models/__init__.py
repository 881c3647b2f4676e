from providers.models.attempt import Attempt
from providers.models.endpoint import Endpoint
from providers.models.model_row import AccessLimit, ModelRow
from providers.models.personal_endpoint import PersonalEndpoint
from providers.models.routing_decision import RoutingDecision
from providers.models.usage import PriceVersion, UsageRecord

__all__ = [
    "AccessLimit",
    "Attempt",
    "Endpoint",
    "ModelRow",
    "PersonalEndpoint",
    "PriceVersion",
    "RoutingDecision",
    "UsageRecord",
]
