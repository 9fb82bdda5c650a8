"""Three kinds of trouble, and how long it takes to find each in the dashboard."""

SETTINGS = "tests.browser.drills.settings"
