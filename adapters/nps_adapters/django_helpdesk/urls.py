"""The rating page under the host's own URLs: ``path("rate/", include("nps_adapters.django_helpdesk.urls"))``."""

from __future__ import annotations

from django.urls import re_path

from .views import rate

app_name = "nps_django_helpdesk"
urlpatterns = [re_path(r"^(?P<rest>.*)$", rate, name="rate")]
