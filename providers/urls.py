"""The page of the providers and its actions."""

from django.urls import path

from providers.views import endpoints

urlpatterns = [
    path("", endpoints.providers, name="providers"),
    path("<slug:name>/save/", endpoints.endpoint_save, name="endpoint_save"),
    path("<slug:name>/test/", endpoints.endpoint_test, name="endpoint_test"),
    path("<slug:name>/enable/", endpoints.endpoint_enable, name="endpoint_enable"),
    path("<slug:name>/remove/", endpoints.endpoint_remove, name="endpoint_remove"),
]
