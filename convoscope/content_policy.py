"""The Content-Security-Policy of each page: that of the settings, and of the admin's pages a wider one."""

from __future__ import annotations

from csp.middleware import CSPMiddleware, PolicyParts
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

ADMIN = "/admin/"


class ContentPolicyMiddleware(CSPMiddleware):
    """The product's own pages evaluate no text as a script. The theme of the admin does, so what lies below `/admin/`
    may, and sets styles of single elements; still no inline script or sheet, and nothing from another host."""

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        parts = super().get_policy_parts(request, response, report_only)
        if request.path_info.startswith(ADMIN):
            parts.update = {**(parts.update or {}), **settings.ADMIN_CONTENT_SECURITY_POLICY}
        return parts
