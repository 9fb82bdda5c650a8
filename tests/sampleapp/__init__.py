"""A small app with tasks and views, for the tests of poolapp."""
