from providers.models.attempt import Attempt

__all__ = ["Attempt"]
