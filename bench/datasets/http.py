"""HTTP requests that end: an answer has a deadline, a body a least pace, and no server can make a client read for nothing."""

from __future__ import annotations

import http.client
import threading
import time
import weakref
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

    from urllib3 import BaseHTTPResponse, PoolManager
    from urllib3.response import HTTPResponse
    from urllib3.util import Retry

TIMEOUT_S = (10, 20)  # to connect, and between two packets
CHUNK = 1 << 16  # 64 KiB: at most this much is lost by a cut
_ANSWER_S = 20.0  # until the last line of an answer's head
_MOST_INTERIM = 10  # answers "100 Continue" before the real one: http.client alone would read them for ever
_NO_ANSWER = "gives no answer in time"
_WINDOW_S, _LEAST_BYTES = 20.0, 4096  # a body that brings less in each window is given up
_MOST_REDIRECTS = 5


class TooSlowError(Exception):
    """A server that answers, but so slowly that nothing comes of it; it is not asked again."""


# What a request can raise, malformed redirects included: urllib3 and idna let some of these through.
REFUSALS: tuple[type[Exception], ...] = (
    OSError,  # requests.RequestException is one, and so is what it says of certificates that are not there
    HTTPError,
    http.client.HTTPException,
    ValueError,
    TooSlowError,
)


def session_of(retries: Retry) -> requests.Session:
    """A session whose requests are repeated as ``retries`` says, end in any case, and ask for files as they are."""
    session = requests.Session()
    session.headers["Accept-Encoding"] = "identity"  # a compressed answer would have no byte ranges of the file
    session.max_redirects = _MOST_REDIRECTS
    session.hooks["response"].append(_drop_body_of_redirect)
    for scheme in ("http://", "https://"):
        session.mount(scheme, _Adapter(max_retries=retries))
    return session


def chunks_of(raw: BaseHTTPResponse) -> Iterator[bytes]:
    """The body as it arrives, undecoded; raises HTTPError where it is cut, TooSlowError where it hardly arrives."""
    pace = Pace()
    # Undecoded: many servers label a .gz file as an encoding of something else, and requests would unpack it.
    while chunk := raw.read1(CHUNK, decode_content=False):
        pace.count(len(chunk))
        yield chunk


class Pace:
    """Watches that bytes keep coming."""

    def __init__(self) -> None:
        """Start the first window."""
        self._since, self._bytes = time.monotonic(), 0

    def count(self, size: int) -> None:
        """Add ``size`` bytes that have just come; raises TooSlowError where a window has ended with too few."""
        self._bytes += size
        now = time.monotonic()
        if now - self._since < _WINDOW_S:
            return
        if self._bytes < _LEAST_BYTES:
            raise TooSlowError(f"sends less than {_LEAST_BYTES} bytes in {_WINDOW_S:.0f} s")
        self._since, self._bytes = now, 0


class _Answer(http.client.HTTPResponse):
    """An answer's head with a limit on the interim ones before it."""

    def __init__(self, *arguments: Any, **named: Any) -> None:  # noqa: ANN401 - as http.client calls it
        super().__init__(*arguments, **named)
        self._heads = 0

    def _read_status(self) -> tuple[str, int, str]:
        self._heads += 1
        if self._heads > _MOST_INTERIM:
            raise http.client.HTTPException(f"more than {_MOST_INTERIM} interim answers")
        status: tuple[str, int, str] = super()._read_status()  # type: ignore[misc] # private in typeshed too
        return status


class _Hasty:
    """What both kinds of connection add: the head of an answer has a deadline, whatever trickles in meanwhile."""

    response_class = _Answer

    def getresponse(self) -> HTTPResponse:
        """The answer; raises TooSlowError behind the deadline."""
        cut = threading.Event()
        timer = threading.Timer(_ANSWER_S, _shut, (self.sock, cut))  # type: ignore[attr-defined] # of the connection
        timer.daemon = True
        timer.start()
        try:
            answer: HTTPResponse = super().getresponse()  # type: ignore[misc]
        except Exception as error:
            if not cut.is_set():
                raise
            raise TooSlowError(_NO_ANSWER) from error
        finally:
            timer.cancel()
        if cut.is_set():  # a head that ends with its connection passes for a whole one
            answer.close()
            raise TooSlowError(_NO_ANSWER)
        answer.drain_conn = partial(_close, weakref.ref(answer))  # type: ignore[method-assign]
        return answer


class _Connection(_Hasty, HTTPConnection):  # type: ignore[misc]
    """Without TLS."""


class _SecureConnection(_Hasty, HTTPSConnection):  # type: ignore[misc]
    """With TLS."""


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


class _Adapter(HTTPAdapter):
    """Makes its connections hasty, through a proxy as well."""

    def init_poolmanager(self, *arguments: Any, **named: Any) -> None:  # noqa: ANN401 - as requests calls it
        super().init_poolmanager(*arguments, **named)
        _make_hasty(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **named: Any) -> PoolManager:  # noqa: ANN401
        manager: PoolManager = super().proxy_manager_for(proxy, **named)
        _make_hasty(manager)
        return manager


def _make_hasty(manager: PoolManager) -> None:
    manager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}


def _close(answer: weakref.ref[HTTPResponse]) -> None:
    """In the place of reading what a refusal goes on to say, which may have no end."""
    if (left := answer()) is not None:
        left.close()


def _shut(connected: socket.socket | None, cut: threading.Event) -> None:
    """End a connection that another thread reads from."""
    cut.set()
    if connected is not None:
        with suppress(OSError):
            connected.shutdown(2)  # socket.SHUT_RDWR


def _drop_body_of_redirect(response: requests.Response, *_: object, **__: object) -> None:
    """Do not read what a redirect says besides its address: requests would, to its end."""
    if response.is_redirect:
        response.raw.close()
        response._content = b""  # noqa: SLF001 - requests has no other way to leave a body unread
        response._content_consumed = True  # type: ignore[attr-defined] # noqa: SLF001
