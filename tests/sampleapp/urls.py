"""Where the sample's views are."""

from __future__ import annotations

from django.urls import path

from tests.sampleapp import views

urlpatterns = [
    path("plain/", views.plain),
    path("asynchronous/", views.asynchronous),
    path("in-a-transaction/", views.in_a_transaction),
    path("worker/", views.worker),
    path("hold/", views.hold),
]
