"""The demo's addresses: the gallery, the admin with the pool's dashboard in it, and what monitoring asks for."""

from django.contrib import admin
from django.templatetags.static import static
from django.urls import include, path
from django.views.generic import RedirectView

urlpatterns = [
    # The admin names no icon, so browsers ask here.
    path("favicon.ico", RedirectView.as_view(url=static("gallery/icon.svg"))),
    path("admin/", admin.site.urls),
    path("poolapp/", include("poolapp.monitoring.urls")),
    path("", include("project.gallery.urls")),
]
