from providers.models.attempt import Attempt
from providers.models.endpoint import Endpoint

__all__ = ["Attempt", "Endpoint"]
