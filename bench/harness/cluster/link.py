"""The caller's way to a cluster: checked addresses, TLS, one client after the other, and what its workers are asked."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from distributed import Client
from distributed.security import Security

from store.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_CONNECT_S = 30.0
ASK_S = 30.0  # a worker that answers nothing for so long is frozen or cut off
_UNREACHABLE = (OSError, TimeoutError)


@dataclass(frozen=True, slots=True)
class Access:
    """Where the scheduler is and with what the caller shows who it is; without TLS only on this very machine."""

    address: str
    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None

    def check(self) -> None:
        """Raises UsageError where the connection would be open to others, or lacks a file."""
        if self.address.startswith("tls://"):
            named = {"--tls-ca": self.ca, "--tls-cert": self.cert, "--tls-key": self.key}
            missing = [name for name, path in named.items() if path is None]
            if missing:
                message = f"a tls:// scheduler needs {' and '.join(missing)}"
                raise UsageError(message, where="--scheduler", cure="name the files that the cluster was started with")
        elif not is_open_to_none(self.address):
            message = f"{self.address} is not encrypted and not on this machine: whoever reaches it can run programs there"
            cure = "start scheduler and workers with TLS and name tls://HOST:PORT (docs/how-to/run-on-a-cluster.md)"
            raise UsageError(message, where="--scheduler", cure=cure)

    def security(self) -> Security | None:
        """What Dask needs for mutual TLS."""
        if not self.address.startswith("tls://"):
            return None
        return Security(
            tls_ca_file=str(self.ca), tls_client_cert=str(self.cert), tls_client_key=str(self.key), require_encryption=True
        )


def is_open_to_none(address: str) -> bool:
    """Whether the address is encrypted, or of the loopback device."""
    try:
        parts = urlsplit(address)
        if parts.scheme == "tls":
            return True
        return parts.hostname == "localhost" or ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return False


class Link:
    """A client that is replaced when its scheduler was gone; all of it belongs to one event loop."""

    def __init__(self, access: Access, topic: str, heard: Callable[[dict[str, Any]], None]) -> None:
        """``heard`` is called with each message that a worker sends under ``topic``."""
        self.access, self._topic, self._heard = access, topic, heard
        self.client: Client | None = None

    @property
    def up(self) -> bool:
        """Whether the scheduler can be asked just now."""
        return self.client is not None and self.client.status == "running"

    async def connect(self) -> None:
        """Connect, or do so anew where the last client has given up; raises OSError or TimeoutError."""
        if self.client is not None and self.client.status in {"running", "connecting"}:
            return
        client = Client(
            self.access.address,
            security=self.access.security(),
            asynchronous=True,
            timeout=_CONNECT_S,
            set_as_default=False,
            direct_to_workers=False,
            name="bench",
        )
        try:
            await client
        except _UNREACHABLE:
            await client.close(timeout=2.0)
            raise
        client.subscribe_topic(self._topic, self._received)
        self.client = client

    async def identity(self) -> dict[str, Any]:
        """The scheduler's own description with all its workers; raises OSError or TimeoutError where it does not answer."""
        scheduler = self._client().scheduler
        if scheduler is None:
            raise OSError("the scheduler cannot be reached")
        found: dict[str, Any] = await asyncio.wait_for(scheduler.identity(n_workers=-1), _CONNECT_S)
        return found

    async def ask(self, address: str, function: Callable[..., Any], *arguments: object) -> Any:  # noqa: ANN401 - what it returns
        """What the function returns on the worker; raises what it raises, OSError or TimeoutError without an answer."""
        answers = await asyncio.wait_for(self._client().run(function, *arguments, workers=[address]), ASK_S)
        if address not in answers:
            raise OSError(f"worker {address} has left")
        return answers[address]

    async def close(self) -> None:
        """Let go of the scheduler, which forgets what was asked of it."""
        if self.client is not None:
            await self.client.close(timeout=2.0)

    def _client(self) -> Client:
        if self.client is None or not self.up:
            raise OSError("the scheduler cannot be reached")
        return self.client

    def _received(self, event: tuple[float, dict[str, Any]]) -> None:
        self._heard(event[1])


def quiet() -> None:
    """Dask tells of each lost connection, at length; what it means for the run is said here."""
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
