"""The demo's addresses: the gallery, and the admin with the pool's dashboard in it."""

from django.contrib import admin
from django.templatetags.static import static
from django.urls import include, path
from django.views.generic import RedirectView

urlpatterns = [
    # The admin names no icon, so browsers ask here.
    path("favicon.ico", RedirectView.as_view(url=static("gallery/icon.svg"))),
    path("admin/", admin.site.urls),
    path("", include("project.gallery.urls")),
]
