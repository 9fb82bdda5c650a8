"""Settings of the demo site. What it keeps lies in one directory, POOLAPP_DEMO_DIR (default: ./var)."""

import os
from pathlib import Path

from project import secret_key

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(os.environ.get("POOLAPP_DEMO_DIR") or BASE_DIR / "var").resolve()
DATA_DIR.mkdir(parents=True, exist_ok=True)

SECRET_KEY = os.environ.get("POOLAPP_DEMO_SECRET_KEY") or secret_key.kept_in(DATA_DIR / "secret_key")
DEBUG = os.environ.get("POOLAPP_DEMO_DEBUG", "").lower() in {"1", "true", "yes", "on"}
ALLOWED_HOSTS = [
    "127.0.0.1",
    "localhost",
    "[::1]",
    *os.environ.get("POOLAPP_DEMO_HOSTS", "").split(),
]

INSTALLED_APPS = [
    "daphne",  # before staticfiles, so that runserver speaks ASGI too
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "servestatic",
    "django.contrib.staticfiles",
    "channels",
    "poolapp",
    "project.gallery",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "project.csp.content_security_policy",
    "servestatic.middleware.ServeStaticMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "project.urls"
ASGI_APPLICATION = "project.asgi.application"
WSGI_APPLICATION = "project.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": DATA_DIR / "db.sqlite3",
        "OPTIONS": {
            # Write transactions wait for each other instead of failing half way (docs/decisions.md).
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        },
    },
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}

POOLAPP = {
    "POOLS": {
        "default": {"WORKER": "process", "MIN_SIZE": 2, "MAX_SIZE": 4},
    },
    # So that photos can be made again from the dashboard.
    "RECORD": {"ARGUMENTS": True, "RESULTS": True},
}

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "/static/"
MEDIA_URL = "/media/"
MEDIA_ROOT = DATA_DIR / "media"

# Straight from the apps' own folders: nothing has to be collected before the demo serves.
SERVESTATIC_USE_FINDERS = True
SERVESTATIC_ALLOW_ALL_ORIGINS = False

# A request of more files than this is refused while it is parsed; GALLERY_* say what a person may upload.
DATA_UPLOAD_MAX_NUMBER_FILES = 100
GALLERY_MAX_FILES = 50
GALLERY_MAX_FILE_BYTES = 32 * 1024 * 1024
GALLERY_MAX_REQUEST_BYTES = 512 * 1024 * 1024

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "{levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
}
