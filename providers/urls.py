"""The pages of the providers, their models and the response cache, and their actions."""

from django.urls import path

from providers import model_views
from providers.cache import views as cache_views
from providers.rehearsal.views import rehearsal
from providers.views import endpoints

urlpatterns = [
    path("", endpoints.providers, name="providers"),
    path("cache/", cache_views.response_cache, name="response_cache"),
    path("cache/change/", cache_views.response_cache_change, name="response_cache_change"),
    path("cache/empty/", cache_views.response_cache_empty, name="response_cache_empty"),
    path("rehearsal/", rehearsal, name="rehearsal"),
    path("custom/add/", model_views.endpoint_add, name="endpoint_add"),
    path("<slug:name>/save/", endpoints.endpoint_save, name="endpoint_save"),
    path("<slug:name>/test/", endpoints.endpoint_test, name="endpoint_test"),
    path("<slug:name>/enable/", endpoints.endpoint_enable, name="endpoint_enable"),
    path("<slug:name>/remove/", endpoints.endpoint_remove, name="endpoint_remove"),
    path("<slug:name>/limit/", model_views.endpoint_limit, name="endpoint_limit"),
    path("<slug:name>/models/", model_views.model_list, name="model_list"),
    path("<slug:name>/models/edit/", model_views.model_edit, name="model_edit"),
    path("<slug:name>/models/forget/", model_views.model_forget, name="model_forget"),
    path("<slug:name>/models/ask/", model_views.models_ask, name="models_ask"),
    path("<slug:name>/models/add/", model_views.models_add, name="models_add"),
]
