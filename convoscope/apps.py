from django.apps import AppConfig


class ConvoscopeConfig(AppConfig):
    name = "convoscope"
