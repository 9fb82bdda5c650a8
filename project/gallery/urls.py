"""The gallery's addresses."""

from django.urls import path

from project.gallery import views

app_name = "gallery"

urlpatterns = [
    path("", views.index, name="index"),
    path("thumbnails/", views.upload, name="upload"),
    path("media/photos/<slug:photo_id>/<int:size>.jpg", views.thumbnail, name="thumbnail"),
]
