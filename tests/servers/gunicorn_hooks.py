"""A configuration of Gunicorn with poolapp's hooks."""

from poolapp.contrib.gunicorn import post_worker_init, worker_exit

__all__ = ["post_worker_init", "worker_exit"]
