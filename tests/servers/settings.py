"""The demo's settings, talkative: every process says on its standard error what it decides and what it starts."""

import os
import sys

from project.settings import *  # noqa: F403
from project.settings import DATABASES, INSTALLED_APPS, LOGGING

INSTALLED_APPS = [*INSTALLED_APPS, "tests.sampleapp"]
ROOT_URLCONF = "tests.servers.urls"
POOLAPP = {
    "POOLS": {"default": {"WORKER": "process", "MIN_SIZE": 2}},
    "SHUTDOWN_TIMEOUT": float(os.environ.get("POOLAPP_TEST_SHUTDOWN_TIMEOUT", "10")),
}
if redis := os.environ.get("POOLAPP_TEST_REDIS"):
    host = {"address": redis, "socket_timeout": None}
    CHANNEL_LAYERS = {"default": {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": {"hosts": [host]}}}
if name := os.environ.get("POOLAPP_TEST_POSTGRESQL"):
    DATABASES["default"] = {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": "127.0.0.1",
        "USER": "postgres",
        "NAME": name,
    }
LOGGING = LOGGING | {
    "formatters": {"plain": {"format": "[{process}] {name}: {message}", "style": "{"}},
    "loggers": {"poolapp": {"level": "INFO"}},
}
STARTS_OF_PROCESSES = {"subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.system"}


def _tell_of_processes(event: str, arguments: tuple[object, ...]) -> None:
    if event in STARTS_OF_PROCESSES:
        sys.stderr.write(f"[{os.getpid()}] starts a process: {event} {arguments[:1]}\n")


sys.addaudithook(_tell_of_processes)
