"""What this process is to a pool."""

in_worker = False
"""Whether this process runs tasks for a pool elsewhere, so that it must not start pools itself."""
