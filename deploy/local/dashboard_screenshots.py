"""Screenshots of the dashboards in OpenSearch Dashboards, with Chromium."""
import json
import shutil
import subprocess
import tempfile
from datetime import datetime, timedelta, timezone
from pathlib import Path

import saved_objects
import services
from services import note, run

PLAYWRIGHT = "playwright-core@1.56.1"
SCRIPT = Path(__file__).resolve().parent / "dashboard_screenshots.mjs"
LARGEST = 200_000


def take(dashboards, folder, minutes):
    """Saves a screenshot of each dashboard, with the lines of the last minutes, into the folder."""
    services.install({"chromium": "chromium", "pngquant": "pngquant"})
    folder.mkdir(parents=True, exist_ok=True)
    now = datetime.now(timezone.utc)
    # The same for all, however long the screenshots take.
    period = f"from:'{(now - timedelta(minutes=minutes)).isoformat()[:19]}Z',to:'{now.isoformat()[:19]}Z'"
    objects = [one for one in saved_objects.load() if one["type"] == "dashboard"]
    with tempfile.TemporaryDirectory(prefix="shopstack-screenshots-") as place:
        run("npm", "install", "--prefix", place, "--ignore-scripts", "--no-audit", "--no-fund", PLAYWRIGHT)
        shutil.copy2(SCRIPT, place)
        wanted = [{"id": one["id"], "height": height_of(one)} for one in objects]
        run("node", str(Path(place, SCRIPT.name)), dashboards, shutil.which("chromium"), place, period, json.dumps(wanted),
            cwd=place)
        for one in objects:
            shrink(Path(place, f"{one['id']}.png"), folder / f"{one['id'].removeprefix('shopstack-')}.png")


def height_of(one):
    """The height in pixels of a dashboard's header and of its rows above the first saved search."""
    kinds = [reference["type"] for reference in one["references"]]
    panels = json.loads(one["attributes"]["panelsJSON"])
    shown = panels[:kinds.index("search")] if "search" in kinds else panels
    # A row is 20 pixels high, and there are 8 between two.
    return 195 + 28 * max(panel["gridData"]["y"] + panel["gridData"]["h"] for panel in shown)


def shrink(source, target):
    """Reduces the colours until the image is small enough for a repository."""
    for colours in (256, 128, 64, 32, 16):
        subprocess.run(["pngquant", "--force", "--speed", "1", "--output", target, str(colours), source], check=True)
        if target.stat().st_size < LARGEST:
            note(f"       {target.name}: {target.stat().st_size // 1000} kB")
            return
    raise ValueError(f"{target.name} is larger than {LARGEST} bytes")
