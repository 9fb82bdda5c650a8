"""What the tests of monitoring share with those of the app."""

from tests.app.conftest import gate, gates, pools, thread_pools

__all__ = ["gate", "gates", "pools", "thread_pools"]
