"""Serve the demo: database, administrator, pools and site with one command."""

from __future__ import annotations

import errno
import secrets
import signal
import socket
from argparse import ArgumentParser
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management import BaseCommand, CommandError, call_command
from django.urls import reverse

from poolapp import pools
from project.gallery import photos, server

USERNAME = "admin"
SECONDS_FOR_POOLS = 1.0


class Command(BaseCommand):
    help = "Prepares the demo's database and administrator, starts the pools and serves the site with Daphne."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="IPv4 address to listen on (default: %(default)s)")
        parser.add_argument("--port", type=int, default=8000, help="port, 0 for any (default: %(default)s)")
        parser.add_argument("--password", help=f"password of the user {USERNAME} (default: a new random one)")

    def handle(self, *, host: str, port: int, password: str | None, **options: Any) -> None:
        # SIGINT too: a shell script starts background jobs with it ignored.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            with self._bind(host, port) as listener:
                self._serve(listener, password or secrets.token_urlsafe(9))
        except KeyboardInterrupt:
            pass
        finally:
            # What ends us now is already under way; a second Ctrl-C must not interrupt it.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            pools.stop(timeout=SECONDS_FOR_POOLS)

    def _bind(self, host: str, port: int) -> socket.socket:
        try:
            return server.bind(host, port)
        except (OSError, OverflowError) as exc:
            if getattr(exc, "errno", None) == errno.EADDRINUSE:
                raise CommandError(f"Port {port} of {host} is in use: choose another with --port.") from exc
            raise CommandError(f"Cannot listen on {host}, port {port}: {exc}.") from exc

    def _serve(self, listener: socket.socket, password: str) -> None:
        call_command("migrate", interactive=False, verbosity=0)
        make_administrator(password)
        photos.discard_abandoned()

        # Imported late: it needs the sockets' routes, which need the models.
        from project.asgi import application

        host, port = listener.getsockname()

        def ready() -> None:
            pools.start()
            self._announce(f"http://{host}:{port}", password)

        server.serve(application, listener, ready)
        self.stdout.write("Stopping.")

    def _announce(self, site: str, password: str) -> None:
        self.stdout.write(
            f"\nThe demo is ready.\n\n"
            f"  Gallery:    {site}{reverse('gallery:index')}\n"
            f"  Dashboard:  {site}{reverse('admin:poolapp_dashboard')}\n"
            f"  Admin:      {site}{reverse('admin:index')}\n"
            f"  User:       {USERNAME}\n"
            f"  Password:   {password}\n\n"
            f"Stop it with Ctrl-C.\n"
        )
        self.stdout.flush()


def make_administrator(password: str) -> None:
    """Make or reuse the demo's administrator and see to it that the password is right."""
    user, _ = get_user_model().objects.get_or_create(username=USERNAME)
    user.is_active = user.is_staff = user.is_superuser = True
    # Setting a password anew would end the sessions of those who logged in with it.
    if not user.check_password(password):
        user.set_password(password)
    user.save()
