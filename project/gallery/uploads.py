"""What comes in: who may post, how many files, how large; each accepted original is stored."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import TooManyFilesSent
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from django.http.multipartparser import MultiPartParserError
from django.template.defaultfilters import filesizeformat

from project.gallery import photos

FIELD = "images"


class UploadRefused(Exception):
    """The whole upload is refused; the message tells a person why."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """One uploaded file: stored as the original of a photo to be, or refused with an error."""

    name: str
    photo_id: str | None = None
    error: str | None = None


def receive(request: HttpRequest) -> list[Upload]:
    """Store the uploaded files, in their order."""
    if sent_by_another_site(request):
        raise UploadRefused("Another site may not upload here.", status=403)
    return [_accept(file) for file in _files(request)]


def sent_by_another_site(request: HttpRequest) -> bool:
    """Whether a browser says that the request comes from a page of another site; scripts say nothing."""
    relation = request.headers.get("Sec-Fetch-Site")
    if relation is not None:
        return relation not in {"same-origin", "none"}
    origin = request.headers.get("Origin")
    return origin is not None and origin != f"{request.scheme}://{request.get_host()}"


def _files(request: HttpRequest) -> list[UploadedFile[bytes]]:
    if int(request.META.get("CONTENT_LENGTH") or 0) > settings.GALLERY_MAX_REQUEST_BYTES:
        limit = filesizeformat(settings.GALLERY_MAX_REQUEST_BYTES)
        raise UploadRefused(f"Please upload no more than {limit} at once.", status=413)
    too_many = f"Please upload no more than {settings.GALLERY_MAX_FILES} images at once."
    try:
        files = request.FILES.getlist(FIELD)
    except TooManyFilesSent as exc:
        raise UploadRefused(too_many, status=413) from exc
    except MultiPartParserError as exc:
        raise UploadRefused(f"This upload cannot be read: {exc}") from exc
    if not files:
        raise UploadRefused(f"Please choose at least one image (form field “{FIELD}”).")
    if len(files) > settings.GALLERY_MAX_FILES:
        raise UploadRefused(too_many, status=413)
    return files


def _accept(file: UploadedFile[bytes]) -> Upload:
    name = file.name or "unnamed"
    if not file.size:
        return Upload(name=name, error="This file is empty.")
    if file.size > settings.GALLERY_MAX_FILE_BYTES:
        limit = filesizeformat(settings.GALLERY_MAX_FILE_BYTES)
        return Upload(name=name, error=f"This file is larger than {limit}.")
    return Upload(name=name, photo_id=photos.store(file.chunks()))
