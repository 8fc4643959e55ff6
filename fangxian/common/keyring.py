"""The keys, kept outside the database so that a dump or a backup alone reads nothing.

One folder (mode 0700), one file a key (mode 0600):

- ``register.key``: personal columns of the peace-time register (AES-256-GCM);
- ``index.key``: blind indexes (HMAC-SHA-256);
- ``emergency-<uuid>.key``: everything personal of one emergency. Destroying this file makes its
  rows unreadable wherever a copy of the database still lies.

``secret.key`` signs cookies and tokens. Back the folder up apart from the database.
"""

from __future__ import annotations

import hmac
import os
import secrets
import threading
from functools import lru_cache
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

KEY_BYTES = 32
REGISTER = UUID(int=0)


class KeyDestroyed(LookupError):
    """The emergency's key no longer exists: what it sealed can't be read any more."""


class Keyring:
    """The keys of one folder. Keys are read once a process; a destroyed key is forgotten."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._cache: dict[str, bytes] = {}
        self._lock = threading.Lock()

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.key"

    def _read(self, name: str) -> bytes | None:
        try:
            text = self._path(name).read_text("ascii").strip()
        except FileNotFoundError:
            return None
        except PermissionError as error:
            raise self._unreachable(error) from error
        except UnicodeDecodeError:
            text = ""
        try:
            key = bytes.fromhex(text)
        except ValueError:
            key = b""
        if len(key) != KEY_BYTES:
            raise ImproperlyConfigured(
                f"key file {name}.key is damaged: it should hold {KEY_BYTES * 2} hexadecimal "
                "digits; put it back from the backup of the key folder"
            )
        return key

    def _make(self, name: str) -> bytes:
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            return self._write(name)
        except PermissionError as error:
            raise self._unreachable(error) from error

    def _unreachable(self, error: OSError) -> ImproperlyConfigured:
        return ImproperlyConfigured(
            f"the key folder {self.folder} can't be used by this user ({error.strerror}): run as "
            "the user that owns it, or set FANGXIAN_KEYS to a folder of your own"
        )

    def _write(self, name: str) -> bytes:
        key = secrets.token_bytes(KEY_BYTES)
        path = self._path(name)
        temporary = path.with_suffix(f".{os.getpid()}.{secrets.token_hex(4)}.new")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(key.hex() + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            # link(2) fails if another process was first; its key wins.
            os.link(temporary, path)
        except FileExistsError:
            return self._read(name) or key
        finally:
            temporary.unlink()
        # What is sealed with it is committed next: the name must survive a power cut as well.
        self._sync_folder()
        return key

    def _sync_folder(self) -> None:
        descriptor = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def standing(self, name: str) -> bytes:
        """Return the standing key ``name`` (register, index, secret), made at first use."""
        with self._lock:
            if name not in self._cache:
                self._cache[name] = self._read(name) or self._make(name)
            return self._cache[name]

    def existing(self, name: str) -> bytes | None:
        """Return a standing key as it lies in the folder now, or None; makes none."""
        return self._read(name)

    @staticmethod
    def fingerprint(key: bytes) -> str:
        """Tell a key from another without telling anything of it (HMAC-SHA-256, hexadecimal)."""
        return hmac.digest(key, b"fangxian key fingerprint", "sha256").hex()

    def emergency(self, emergency_id: UUID) -> bytes:
        """Return the key of an emergency. Raises KeyDestroyed when there is none (any more)."""
        # Read each time: another process may have destroyed it, and 20 µs is cheap for that.
        key = self._read(f"emergency-{emergency_id}")
        if key is None:
            raise KeyDestroyed(str(emergency_id))
        return key

    def create_emergency(self, emergency_id: UUID) -> None:
        """Make the key of a new emergency."""
        self._make(f"emergency-{emergency_id}")

    def destroy_emergency(self, emergency_id: UUID) -> None:
        """Destroy the key: overwrite the file, then remove it."""
        path = self._path(f"emergency-{emergency_id}")
        if path.exists():
            with path.open("r+b") as file:
                file.write(secrets.token_bytes(path.stat().st_size))
                file.flush()
                os.fsync(file.fileno())
            path.unlink()
            self._sync_folder()

    def data_key(self, key_id: UUID) -> bytes:
        """Return the key that sealed values name: the register's (zero) or an emergency's."""
        return self.standing("register") if key_id == REGISTER else self.emergency(key_id)


@lru_cache(maxsize=4)
def _keyring(folder: str) -> Keyring:
    return Keyring(Path(folder))


def keyring() -> Keyring:
    """The keyring of the configured folder (``FANGXIAN_KEYS``)."""
    return _keyring(str(settings.FANGXIAN_KEYS))
