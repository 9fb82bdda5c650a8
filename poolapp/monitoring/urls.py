"""`path("poolapp/", include("poolapp.monitoring.urls"))`: for load balancers and monitoring systems."""

from __future__ import annotations

from importlib.util import find_spec

from django.urls import path

from poolapp.monitoring.health import health

app_name = "poolapp_monitoring"
urlpatterns = [path("health/", health, name="health")]

if find_spec("prometheus_client"):
    from poolapp.monitoring.metrics import metrics

    urlpatterns.append(path("metrics/", metrics, name="metrics"))
