"""The pages of the providers and of the response cache, and their actions."""

from django.urls import path

from providers.cache import views as cache_views
from providers.views import endpoints

urlpatterns = [
    path("", endpoints.providers, name="providers"),
    path("cache/", cache_views.response_cache, name="response_cache"),
    path("cache/change/", cache_views.response_cache_change, name="response_cache_change"),
    path("cache/empty/", cache_views.response_cache_empty, name="response_cache_empty"),
    path("<slug:name>/save/", endpoints.endpoint_save, name="endpoint_save"),
    path("<slug:name>/test/", endpoints.endpoint_test, name="endpoint_test"),
    path("<slug:name>/enable/", endpoints.endpoint_enable, name="endpoint_enable"),
    path("<slug:name>/remove/", endpoints.endpoint_remove, name="endpoint_remove"),
]
