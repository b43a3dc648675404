"""The films and captions that staff uploaded, for who is logged in, with HTTP Range.

Without Range browsers can neither seek nor resume, and Safari does not play at all.
"""

import re
from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.responders import MissingFileError, StaticFile

TYPES = {".mp4": "video/mp4", ".vtt": "text/vtt; charset=utf-8"}
NAME = re.compile(r"[0-9a-zA-Z_-]+(\.mp4|\.vtt)")
# A name is given once and never again, so what stands behind it never changes.
CACHE = "private, max-age=31536000, immutable"


@require_safe
def video_file(request: HttpRequest, name: str) -> HttpResponseBase:
    match = NAME.fullmatch(name)
    if match is None:
        raise Http404
    headers = {"Content-Type": TYPES[match[1]], "Cache-Control": CACHE}
    try:
        file = StaticFile(
            str(Path(settings.MEDIA_ROOT, "video", name)), list(headers.items())
        )
    except MissingFileError as error:
        raise Http404 from error
    # GZipMiddleware would compress a part of a file and thereby break it.
    request.META.pop("HTTP_ACCEPT_ENCODING", None)
    response: HttpResponseBase = WhiteNoiseMiddleware.serve(file, request)
    return response
