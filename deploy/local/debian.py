"""Programs of another Debian suite, unpacked into the cache without being installed."""
import shutil
import tempfile
from pathlib import Path

from services import CACHE, mirror, note, run

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


def made_once(target, make):
    """Creates a directory of the cache completely or not at all, by `make(directory)`."""
    if target.exists():
        return target
    note(f"fetching {target.name} into {target.parent}")
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(dir=target.parent))
    try:
        make(unfinished)
        unfinished.chmod(0o755)
        unfinished.rename(target)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return target


def unpack(suite, packages, folder):
    """Unpacks packages of a suite below `folder`; apt checks their signature."""
    with tempfile.TemporaryDirectory() as place:
        place = Path(place)
        place.chmod(0o755)
        (place / "lists").mkdir()
        (place / "sources").write_text(f"deb [signed-by={KEYRING}] {mirror()} {suite} main\n")
        apt = ["apt-get", "-qq", "-o", f"Dir::Etc::sourcelist={place}/sources", "-o", "Dir::Etc::sourceparts=/dev/null",
               "-o", f"Dir::State::lists={place}/lists", "-o", "Dir::Cache::pkgcache=", "-o", "Dir::Cache::srcpkgcache=",
               # The release file of a suite that changes daily may have expired on a mirror.
               "-o", "Acquire::Check-Valid-Until=false", "-o", "APT::Sandbox::User=root"]
        run(*apt, "update")
        run(*apt, "download", *packages, cwd=place)
        for package in place.glob("*.deb"):
            run("dpkg", "-x", package, folder)


def unpacked(name, suite, packages):
    """The directory of the cache in which these packages are unpacked, which is filled at the first call."""
    return made_once(CACHE / "debian" / name, lambda folder: unpack(suite, packages, folder))
