"""Tests as a site has them, run by Django's own test runner."""

from __future__ import annotations

from django.contrib.auth.models import Group
from django.test import TestCase

from poolapp import pools


class SampleTest(TestCase):
    def test_a_row_is_written_and_no_pool_runs(self) -> None:
        Group.objects.create(name="of the site's tests")

        assert pools.running() == {}
