from django.apps import AppConfig


class GalleryConfig(AppConfig):
    name = "project.gallery"
    label = "gallery"
    verbose_name = "Photo gallery"
