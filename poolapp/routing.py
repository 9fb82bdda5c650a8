"""Where the dashboard's socket lives: put these patterns into the site's websocket router."""

from __future__ import annotations

from django.urls import path

from poolapp.dashboard.consumers import DashboardConsumer
from poolapp.dashboard.presenters import SOCKET_PATH

websocket_urlpatterns = [path(SOCKET_PATH, DashboardConsumer.as_asgi())]
