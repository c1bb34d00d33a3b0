"""Reads single members of a ZIP archive on a web server through byte ranges; bounded, retried, and checked by CRC-32."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Self

from remotezip import RangeNotSupported, RemoteFetcher, RemoteZip, RemoteZipError
from urllib3.exceptions import MaxRetryError, ProtocolError

from bench.datasets.http import REFUSALS, TIMEOUT_S, Pace, session_of
from store.doors import UNREADABLE, reason_of
from store.errors import DataError

if TYPE_CHECKING:
    import zipfile
    from collections.abc import Mapping
    from types import TracebackType

    from urllib3 import BaseHTTPResponse
    from urllib3.util import Retry

# What one request may bring: KITTI's list of members takes below 2 MB, an image 1 MB, and its small archives 6 MB whole.
_MOST_AT_ONCE = 16 << 20
# Cut, flipped or lying bytes, which show only while an answer is read. What the connection or the server refuses is a
# RemoteZipError: the session has repeated that already where repeating can help.
_DAMAGE: tuple[type[Exception], ...] = (*REFUSALS, *UNREADABLE)


class Bounds(NamedTuple):
    """What the catalogue says of an archive: how many members it has at most, and how large one is at most, unpacked."""

    members: int
    member_bytes: int


class RemoteArchive:
    """An open archive at ``url``; a context manager. Every method raises DataError that names the address."""

    def __init__(self, url: str, tail_bytes: int, retries: Retry, bounds: Bounds) -> None:
        """Read the last ``tail_bytes``, which should hold the list of members; members that lie there cost nothing more.

        ``retries`` says how often and how patiently a request is repeated; what is beyond ``bounds`` is refused unread.
        """
        self._tail_bytes = tail_bytes
        self._url = url
        self._retries = retries
        self._bounds = bounds
        self._session = session_of(retries)
        try:
            self._zip = self._open()
        except DataError:
            self._session.close()
            raise

    def __enter__(self) -> Self:
        """The archive itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Close the connection."""
        self._zip.close()
        self._session.close()

    def members(self) -> dict[str, zipfile.ZipInfo]:
        """Every file of the archive by its full name."""
        found = self._zip.infolist()
        if len(found) > self._bounds.members:
            raise self._failure(f"the archive lists {len(found)} members, where at most {self._bounds.members} are expected")
        return {info.filename: info for info in found if not info.is_dir()}

    def read(self, member: str) -> bytes:
        """The bytes of ``member``, unpacked, with the CRC-32 that the archive gives."""
        limit = self._bounds.member_bytes
        if self._zip.getinfo(member).file_size > limit:
            raise self._failure(f"{member} unpacks to {self._zip.getinfo(member).file_size} bytes, where {limit} are expected")
        retries = self._retries
        while True:
            try:
                with self._zip.open(member) as stream:
                    content: bytes = stream.read(limit + 1)  # in pieces: what it says of its size may be a lie
            except RemoteZipError as error:
                raise self._failure(f"{member} cannot be read: {error}") from error
            except (NotImplementedError, RuntimeError) as error:  # a method, a version or a password that nobody here has
                raise self._failure(f"{member} cannot be unpacked: {reason_of(error)}") from error
            except _DAMAGE as error:
                retries = self._next(retries, f"{member} arrives damaged: {reason_of(error)}")
            else:
                return content
            self._zip.close()
            self._zip = self._open()

    def _open(self) -> RemoteZip:
        retries = self._retries
        while True:
            try:
                return RemoteZip(
                    self._url,
                    initial_buffer_size=self._tail_bytes,
                    session=self._session,
                    timeout=TIMEOUT_S,
                    fetcher=_Fetcher,
                )
            except RangeNotSupported as error:
                message = "the server gives no parts of a file (byte ranges), and the whole archive has 12 GB"
                cure = (
                    "take another address: BENCH_KITTI_URL=URL; or download and unpack the archives yourself "
                    "and name their folder (with training/image_2 and training/label_2): --data DIR"
                )
                raise DataError(message, where=self._url, cure=cure) from error
            except RemoteZipError as error:
                raise self._failure(f"no answer: {error}") from error
            except NotImplementedError as error:
                raise self._failure(f"an archive that cannot be read: {reason_of(error)}") from error
            except _DAMAGE as error:
                retries = self._next(retries, f"no ZIP archive arrives: {reason_of(error)}")

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


class _Fetcher(RemoteFetcher):  # type: ignore[misc] # remotezip carries no types
    """Asks for ranges, and takes nothing that was not asked for."""

    def _request(self, kwargs: Mapping[str, object]) -> tuple[_Bounded, str]:
        """The body, bounded, and the range that the server says it is; raises RemoteZipError for another one."""
        headers = kwargs["headers"]
        asked = headers["Range"].removeprefix("bytes=") if isinstance(headers, dict) else ""
        raw, told = super()._request(kwargs)
        try:
            first, last = (int(number) for number in told.removeprefix("bytes ").partition("/")[0].split("-", 1))
        except ValueError:
            first, last = 0, -1
        size = last - first + 1
        start, _, end = asked.partition("-")
        wanted = int(end) - int(start) + 1 if start else int(end)
        if not 0 < size <= min(wanted, _MOST_AT_ONCE) or (start and first != int(start)):
            raw.close()
            message = f"the server answers with the range {told[:80]!r} to the question for {asked}"
            raise RemoteZipError(message)
        return _Bounded(raw, size), told


class _Bounded:
    """A body that ends where the announced range does, and is given up where it hardly moves; as remotezip reads it."""

    def __init__(self, raw: BaseHTTPResponse, size: int) -> None:
        """Take at most ``size`` bytes."""
        self._raw, self._left, self._read = raw, size, 0
        self._pace = Pace()

    @property
    def closed(self) -> bool:
        """Whether it was closed."""
        return self._raw.closed

    def read(self, size: int) -> bytes:
        """Up to ``size`` bytes, fewer only at the end."""
        parts: list[bytes] = []
        size = min(size, self._left)
        while size > 0 and (chunk := self._raw.read1(size, decode_content=False)):
            self._pace.count(len(chunk))
            parts.append(chunk)
            size -= len(chunk)
            self._left -= len(chunk)
            self._read += len(chunk)
        return b"".join(parts)

    def tell(self) -> int:
        """How much was read."""
        return self._read

    def close(self) -> None:
        """Give the connection up."""
        self._raw.close()

    def release_conn(self) -> None:
        """Give the connection back."""
        self._raw.release_conn()
