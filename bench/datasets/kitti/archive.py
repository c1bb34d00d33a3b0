"""Reads single members of a ZIP archive on a web server through byte ranges; retried, and checked against their CRC-32."""

from __future__ import annotations

import zipfile
import zlib
from typing import TYPE_CHECKING, Self

import requests
from remotezip import RangeNotSupported, RemoteZip, RemoteZipError
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError, MaxRetryError, ProtocolError

from store.errors import DataError

if TYPE_CHECKING:
    from types import TracebackType

    from urllib3.util import Retry

_TIMEOUT_S = (10, 30)  # to connect, and between two packets
# Cut or flipped bytes, which show only while an answer is read. What the connection or the server refuses is a
# RemoteZipError: the session has repeated that already where repeating can help.
_DAMAGE = (HTTPError, zipfile.BadZipFile, zlib.error, EOFError)


class RemoteArchive:
    """An open archive at ``url``; a context manager. Every method raises DataError that names the address."""

    def __init__(self, url: str, tail_bytes: int, retries: Retry) -> None:
        """Read the last ``tail_bytes``, which should hold the list of members; members that lie there cost nothing more.

        ``retries`` says how often and how patiently a request is repeated.
        """
        self._tail_bytes = tail_bytes
        self._url = url
        self._retries = retries
        self._session = requests.Session()
        self._session.headers["Accept-Encoding"] = "identity"  # a compressed answer would have no byte ranges of the file
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, HTTPAdapter(max_retries=retries))
        self._zip = self._open()

    def __enter__(self) -> Self:
        """The archive itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Close the connection."""
        self._zip.close()
        self._session.close()

    def members(self) -> dict[str, zipfile.ZipInfo]:
        """Every file of the archive by its full name."""
        return {info.filename: info for info in self._zip.infolist() if not info.is_dir()}

    def read(self, member: str) -> bytes:
        """The bytes of ``member``, unpacked, with the CRC-32 that the archive gives."""
        retries = self._retries
        while True:
            try:
                content: bytes = self._zip.read(member)
            except RemoteZipError as error:
                raise self._failure(f"{member} cannot be read: {error}") from error
            except _DAMAGE as error:
                retries = self._next(retries, f"{member} arrives damaged: {error}")
            else:
                return content
            self._zip.close()
            self._zip = self._open()

    def _open(self) -> RemoteZip:
        retries = self._retries
        while True:
            try:
                return RemoteZip(self._url, initial_buffer_size=self._tail_bytes, session=self._session, timeout=_TIMEOUT_S)
            except RangeNotSupported as error:
                message = "the server gives no parts of a file (byte ranges), and the whole archive has 12 GB"
                cure = (
                    "take another address: BENCH_KITTI_URL=URL; or download and unpack the archives yourself "
                    "and name their folder (with training/image_2 and training/label_2): --data DIR"
                )
                raise DataError(message, where=self._url, cure=cure) from error
            except RemoteZipError as error:
                raise self._failure(f"no answer: {error}") from error
            except _DAMAGE as error:
                retries = self._next(retries, f"no ZIP archive arrives: {error}")

    def _next(self, retries: Retry, reason: str) -> Retry:
        """Wait, and count the failure; raises DataError where that was the last allowed one."""
        try:
            left = retries.increment("GET", self._url, error=ProtocolError(reason))
        except MaxRetryError as error:
            raise self._failure(reason) from error
        left.sleep()
        return left

    def _failure(self, reason: str) -> DataError:
        cure = (
            "run again to go on where it stopped: nox -s bench -- data fetch kitti; "
            "or take another address: BENCH_KITTI_URL=URL"
        )
        return DataError(reason, where=self._url, cure=cure)
