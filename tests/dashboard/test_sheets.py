"""Style sheets of the pages: the one for more contrast has the last word, wherever one of ours is."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from tests.dashboard.test_views import make_task

OURS = re.compile(r'<link rel="stylesheet" href="[^"]*/poolapp/(?!records)([\w-]+)\.css"')


@pytest.mark.django_db
@pytest.mark.parametrize("page", ["dashboard", "dashboard_instances", "taskrecord_changelist", "taskrecord_change"])
def test_the_sheet_for_more_contrast_is_the_last(admin_client, page):
    arguments = [make_task().pk] if page.endswith("_change") else []

    sheets = OURS.findall(admin_client.get(reverse(f"admin:poolapp_{page}", args=arguments)).text)

    assert sheets[0] == "dashboard"
    assert sheets[-1] == "contrast"
    assert sheets.count("contrast") == 1
