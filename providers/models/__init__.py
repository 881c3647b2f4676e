from providers.models.attempt import Attempt
from providers.models.endpoint import Endpoint
from providers.models.endpoint_check import EndpointCheck
from providers.models.level_pin import LevelPin
from providers.models.routing_decision import RoutingDecision
from providers.models.usage import PriceVersion, UsageRecord

__all__ = ["Attempt", "Endpoint", "EndpointCheck", "LevelPin", "PriceVersion", "RoutingDecision", "UsageRecord"]
