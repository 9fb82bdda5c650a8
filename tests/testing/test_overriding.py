"""Real pools of a test's own."""

from __future__ import annotations

import os

import pytest
from django.conf import settings as django_settings

import poolapp
from poolapp import pools as running_pools
from poolapp.conf import InvalidSetting
from poolapp.testing import override_pools
from tests.testing import functions


def test_pools_of_the_test_s_own_end_with_it():
    with override_pools({"default": {"WORKER": "process", "MIN_SIZE": 1}}):
        pool = poolapp.get_pool()
        assert poolapp.execute(os.getpid).result(timeout=20) != os.getpid()
        assert list(running_pools.running()) == ["default"]
    assert not running_pools.running()
    assert not pool.snapshot()["workers"]


def test_a_key_that_means_nothing_is_named():
    with pytest.raises(InvalidSetting, match=r"has no key 'MIN_SZE'. It has .* did you mean 'MIN_SIZE'\?$"):
        override_pools({"default": {"MIN_SZE": 3}}).enable()
    assert "MIN_SZE" not in str(django_settings.POOLAPP)


def test_the_configured_ones_start_anew_whatever_autostart_says(settings):
    settings.POOLAPP = {"POOLS": {"default": {"WORKER": "thread", "MIN_SIZE": 2}}, "AUTOSTART": "never"}
    with override_pools():
        assert poolapp.execute(functions.add, 1, 2).result(timeout=10) == 3
        assert poolapp.get_pool().snapshot()["min_size"] == 2
    assert settings.POOLAPP["AUTOSTART"] == "never"
