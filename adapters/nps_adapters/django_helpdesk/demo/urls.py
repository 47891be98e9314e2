"""The addresses of the demonstration's site: help-desk, rating page, received mails."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

from .mails import mail, mails

urlpatterns = [
    path("admin/", admin.site.urls),
    path("rate/", include("nps_adapters.django_helpdesk.urls")),
    path("mails/", mails),
    path("mails/<int:number>/", mail),
    path("", include("helpdesk.urls", namespace="helpdesk")),
]
