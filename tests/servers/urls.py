"""The demo's pages and the sample's views."""

from __future__ import annotations

from django.urls import include, path

from project import urls

urlpatterns = [*urls.urlpatterns, path("sample/", include("tests.sampleapp.urls"))]
