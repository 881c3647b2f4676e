"""Every address of the app."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("chat.urls")),
    path("providers/", include("providers.urls")),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
]
