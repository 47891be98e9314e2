"""The rating page in the host's own site."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent
from django.db import close_old_connections
from django.http import HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.http.request import HttpRequest, RawPostDataException, UnreadablePostError
from django.utils.encoding import escape_uri_path
from django.views.decorators.csrf import csrf_exempt

from nps_plugin import Request

from .runtime import runtime

#: A form with a score, reasons and a comment is a few kilobytes at most.
LIMIT = 64 * 1024
#: What providers and other hosts send to /hooks may be longer; the library takes no more than this.
HOOK_LIMIT = 1024 * 1024
_OUT_OF_ORDER = (
    "Оценка сейчас не может быть принята, попробуйте, пожалуйста, позже.\n"
    "Your rating cannot be taken at the moment; please try again later.\n"
)


class _Answer(HttpResponse):
    """A response that tells the library when it has been sent, so that news does not keep the client waiting."""

    after: Callable[[], None] | None = None

    def close(self) -> None:
        """Close, then run what the library left for after the response."""
        super().close()
        after, self.after = self.after, None
        if after is not None:
            with runtime.contained("telling the news after a rating", "the worker (`manage.py nps_work`) tells it"):
                after()
            # Django closed the connections of this request above; what was opened since is ours to close
            close_old_connections()


# our own signed nonce protects the form; a client who comes from a mail has no cookie that Django could check
@csrf_exempt
def rate(request: HttpRequest, rest: str = "") -> HttpResponse:
    """The page behind the links in messages. Its address in the site must be that of ``page.base_url``."""
    del rest  # the library reads the whole path
    response: _Answer | None = None
    with runtime.contained("showing the rating page", "see `manage.py nps_check`"):
        ours = runtime.ratings().handle(_request(request))
        response = _Answer(ours.body, status=ours.status)
        del response.headers["Content-Type"]
        for name, value in ours.headers:
            response.headers[name] = value
        response.after = ours.after
    if response is None:
        return HttpResponse(
            _OUT_OF_ORDER, status=503, content_type="text/plain; charset=utf-8", headers={"Retry-After": "300"}
        )
    return response


def _request(request: HttpRequest) -> Request:
    # signatures cover the body as it was sent, and the query with it
    hook = "/hooks/" in request.path
    form, body, too_large = {}, b"", _length(request) > (HOOK_LIMIT if hook else LIMIT)
    if not too_large:
        try:
            body = request.body if hook else b""
            form = {name: tuple(values) for name, values in request.POST.lists()}
        except (RequestDataTooBig, TooManyFieldsSent, MultiPartParserError, RawPostDataException):
            too_large = True
        except UnreadablePostError:
            form = {}
    return Request(
        method=request.method or "GET",
        # as it was sent: the library decodes it
        path=escape_uri_path(request.path),
        query={name: tuple(values) for name, values in request.GET.lists()},
        form=form,
        headers={name.lower(): value for name, value in request.headers.items()},
        remote=request.META.get("REMOTE_ADDR", ""),
        too_large=too_large,
        body=body,
        url=f"?{query}" if hook and (query := request.META.get("QUERY_STRING")) else "",
    )


def _length(request: HttpRequest) -> int:
    text: Any = request.META.get("CONTENT_LENGTH") or "0"
    return int(text) if str(text).isdecimal() else LIMIT + 1
