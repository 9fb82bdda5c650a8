"""The gallery's pages: look, upload, and the thumbnails themselves."""

from __future__ import annotations

from collections.abc import Sequence

from asgiref.sync import sync_to_async
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET

from project.gallery import photos
from project.gallery.development import Result, develop
from project.gallery.uploads import UploadRefused, receive

PHOTOS_ON_A_PAGE = 24


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """The upload form and the photos, the newest first."""
    return _page(request)


# No token, so that a script can post a file; pages of other sites are refused by uploads.receive().
@csrf_exempt
async def upload(request: HttpRequest) -> HttpResponse:
    """Make thumbnails of the posted images and tell of each; as JSON for those who prefer it."""
    if request.method != "POST":
        return redirect("gallery:index")
    wants_json = request.get_preferred_type(["text/html", "application/json"]) == "application/json"
    try:
        results = await develop(await sync_to_async(receive)(request))
    except UploadRefused as refusal:
        if wants_json:
            return JsonResponse({"error": str(refusal)}, status=refusal.status)
        return await sync_to_async(_page)(request, refusal=str(refusal), status=refusal.status)
    if wants_json:
        return JsonResponse([result.as_json() for result in results], safe=False)
    return await sync_to_async(_page)(request, results=results)


@require_GET
def thumbnail(request: HttpRequest, photo_id: str, size: int) -> HttpResponse:
    """A thumbnail's bytes: made by us, always JPEG, never changed."""
    try:
        content = photos.thumbnail_of(photo_id, size).read_bytes()
    except FileNotFoundError as exc:
        raise Http404 from exc
    return HttpResponse(
        content, content_type="image/jpeg", headers={"Cache-Control": "public, max-age=31536000, immutable"}
    )


def _page(
    request: HttpRequest, *, results: Sequence[Result] = (), refusal: str = "", status: int = 200
) -> HttpResponse:
    page = Paginator(photos.newest_ids(), PHOTOS_ON_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "photos": [photos.load(photo_id) for photo_id in page],
        "results": results,
        "refusal": refusal,
    }
    return render(request, "gallery/index.html", context, status=status)
