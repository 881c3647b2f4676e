"""A person's own provider keys."""

from django.urls import path

from providers import key_views

urlpatterns = [
    path("", key_views.own_key_list, name="own_key_list"),
    path("<slug:name>/save/", key_views.own_key_save, name="own_key_save"),
    path("<slug:name>/remove/", key_views.own_key_remove, name="own_key_remove"),
]
