"""The page of the providers and its actions."""

from django.urls import path

from providers import views
from providers.rehearsal.views import rehearsal

urlpatterns = [
    path("", views.providers, name="providers"),
    path("rehearsal/", rehearsal, name="rehearsal"),
    path("<slug:name>/save/", views.endpoint_save, name="endpoint_save"),
    path("<slug:name>/test/", views.endpoint_test, name="endpoint_test"),
    path("<slug:name>/enable/", views.endpoint_enable, name="endpoint_enable"),
    path("<slug:name>/remove/", views.endpoint_remove, name="endpoint_remove"),
]
