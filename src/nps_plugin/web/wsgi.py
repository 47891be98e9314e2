"""The pages as a WSGI application, for hosts that speak it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ..errors import trail
from .desk import Desk
from .door import hook_target
from .handle import handle
from .http import Request

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = logging.getLogger(__name__)

#: Bytes of a body that are read as a form.
MAX_BODY = 64 * 1024
#: Bytes of one that comes in at the door of hosts and providers.
MAX_HOOK = 1024 * 1024
#: Bytes of a longer one that are read and dropped: a client that is cut off while it sends never sees our page.
MAX_DRAINED = 2 * 1024 * 1024


def wsgi_app(desk: Desk) -> WSGIApplication:
    """The pages. Mount it under any prefix; only the end of the path counts."""

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        from http import HTTPStatus

        from werkzeug.wsgi import ClosingIterator

        response = handle(read_request(environ), desk)
        start_response(f"{response.status} {HTTPStatus(response.status).phrase}", list(response.headers))
        body: Iterable[bytes] = [response.body]
        return ClosingIterator(body, _contained(response.after)) if response.after else body

    return application


def read_request(environ: WSGIEnvironment) -> Request:
    """A WSGI request as ours. A body over 64 KiB is not kept."""
    from werkzeug.exceptions import HTTPException
    from werkzeug.wrappers import Request as Reader

    reader = Reader(environ)
    reader.max_content_length = MAX_BODY
    reader.max_form_memory_size = MAX_BODY
    reader.max_form_parts = 200
    form: dict[str, list[str]] = {}
    too_large, body = False, b""
    hook = hook_target(reader.path) is not None
    if hook:
        reader.max_content_length = MAX_HOOK
    if reader.method == "POST":
        try:
            body = reader.get_data(cache=True) if hook else b""
            form = dict(reader.form.lists())
        except HTTPException:
            too_large = True
            _drain(environ)
    return Request(
        method=reader.method,
        # servers hand the path over decoded; it is decoded again where it is read
        path=quote(f"{reader.root_path}{reader.path}", safe="/"),
        query=dict(reader.args.lists()),
        form=form,
        headers={name.lower(): value for name, value in reader.headers.items()},
        remote=reader.remote_addr or "",
        too_large=too_large,
        body=body,
        url=f"?{environ['QUERY_STRING']}" if hook and environ.get("QUERY_STRING") else "",
    )


def _drain(environ: WSGIEnvironment) -> None:
    try:
        left = min(int(environ.get("CONTENT_LENGTH") or 0), MAX_DRAINED)
    except ValueError:
        return
    body: Any = environ["wsgi.input"]
    while left > 0 and (chunk := body.read(min(left, MAX_BODY))):
        left -= len(chunk)


def _contained(after: Callable[[], None]) -> Callable[[], None]:
    """The response is out: what fails now must not look to the server as if sending it had failed."""

    def run() -> None:
        try:
            after()
        except Exception as error:  # noqa: BLE001 - the response is out
            # not log.exception: its message may hold what the client wrote
            log.error("what follows an answer failed; the answer itself is stored: %s", trail(error))  # noqa: TRY400

    return run
