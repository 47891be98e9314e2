"""The settings of a small, complete django-helpdesk site on SQLite."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any


def site_settings(folder: Path, **more: Any) -> Mapping[str, Any]:
    """Settings for ``django.conf.settings.configure``: the site's files stand in ``folder``; ``more`` replaces some."""
    return {
        "ALLOWED_HOSTS": ["*"],
        "SECRET_KEY": "only for a site that lives as long as its demonstration",
        "DATABASES": {
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": folder / "helpdesk.sqlite3",
                # several threads write: they queue up at the start of a transaction instead of failing in the middle
                "OPTIONS": {"timeout": 20, "transaction_mode": "IMMEDIATE"},
            }
        },
        "DEFAULT_AUTO_FIELD": "django.db.models.AutoField",
        "PASSWORD_HASHERS": ["django.contrib.auth.hashers.MD5PasswordHasher"],
        "INSTALLED_APPS": [
            "django.contrib.admin",
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.humanize",
            "django.contrib.messages",
            "django.contrib.sessions",
            "django.contrib.sites",
            "django.contrib.staticfiles",
            "rest_framework",
            "helpdesk",
            "nps_adapters.django_helpdesk",
        ],
        "MIDDLEWARE": [
            "django.middleware.security.SecurityMiddleware",
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.locale.LocaleMiddleware",
            "django.middleware.common.CommonMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
            "django.middleware.clickjacking.XFrameOptionsMiddleware",
        ],
        "TEMPLATES": [
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "APP_DIRS": True,
                "OPTIONS": {
                    "context_processors": [
                        "django.template.context_processors.debug",
                        "django.template.context_processors.request",
                        "django.contrib.auth.context_processors.auth",
                        "django.contrib.messages.context_processors.messages",
                    ]
                },
            }
        ],
        "ROOT_URLCONF": "nps_adapters.django_helpdesk.demo.urls",
        "SITE_ID": 1,
        "STATIC_URL": "/static/",
        "STATIC_ROOT": folder / "static",
        "MEDIA_ROOT": folder / "media",
        "LANGUAGE_CODE": "en",
        "USE_TZ": True,
        "TIME_ZONE": "UTC",
        "LOGIN_URL": "/login/",
        "LOGIN_REDIRECT_URL": "/",
        "LOGGING_CONFIG": None,
        # without the extra [teams] django-helpdesk does not start otherwise
        "HELPDESK_TEAMS_MODE_ENABLED": False,
        "HELPDESK_ACTIVATE_API_ENDPOINT": True,
        **more,
    }
