"""The keys, kept outside the database so that a dump or a backup alone reads nothing.

One folder (mode 0700), one file a key (mode 0600):

- ``register.key``: personal columns of the peace-time register (AES-256-GCM);
- ``index.key``: blind indexes (HMAC-SHA-256), and keys that are derived for a purpose;
- ``emergency-<uuid>.key``: everything personal of one emergency. Destroying this file makes its
  rows unreadable wherever a copy of the database still lies.

- ``seal-<uuid>.key``: opens what phones have sealed. Here and not in the database, so that one
  which was restored from a backup still opens what came after it.

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
SEAL = "seal-"


class KeyDestroyed(LookupError):
    """The key no longer exists: what it sealed can't be read any more."""


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
        return self._living(f"emergency-{emergency_id}")

    def create_emergency(self, emergency_id: UUID) -> None:
        """Make the key of a new emergency."""
        self._make(f"emergency-{emergency_id}")

    def destroy_emergency(self, emergency_id: UUID) -> None:
        """Destroy the key: overwrite the file, then remove it."""
        self._destroy(f"emergency-{emergency_id}")

    def seal(self, key_id: UUID) -> bytes:
        """The key of that id to which phones sealed. Raises KeyDestroyed when there is none."""
        return self._living(f"{SEAL}{key_id}")

    def create_seal(self, key_id: UUID) -> bytes:
        """Make a key to which phones seal."""
        return self._make(f"{SEAL}{key_id}")

    def destroy_seal(self, key_id: UUID) -> None:
        """Destroy a key to which phones sealed, as an emergency's."""
        self._destroy(f"{SEAL}{key_id}")

    def seals(self) -> list[UUID]:
        """The ids of all keys to which phones sealed."""
        return [UUID(path.stem.removeprefix(SEAL)) for path in self.folder.glob(f"{SEAL}*.key")]

    def _living(self, name: str) -> bytes:
        # Read each time: another process may have destroyed it, and 20 µs is cheap for that.
        key = self._read(name)
        if key is None:
            raise KeyDestroyed(name.partition("-")[2])
        return key

    def _destroy(self, name: str) -> None:
        path = self._path(name)
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
