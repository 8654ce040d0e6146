"""Prometheus and Alertmanager on free ports, with the rules and routes of deploy/observability.

Prometheus 3 is Debian's of sid, Prometheus 2 that of bookworm. Both are unpacked into the cache.
"""
import json
import os
import re
import shutil
from pathlib import Path

from programs import unpacked
from services import answers, free_port

FOLDER = Path(__file__).resolve().parents[1] / "observability"
# Debian's Alertmanager reads its templates at this very path.
TEMPLATES = Path("/usr/share/prometheus/alertmanager")


def programs():
    """The folder with prometheus, promtool, prometheus-alertmanager and amtool."""
    folder = unpacked("prometheus-3", "sid", ["prometheus", "promtool", "prometheus-alertmanager"])
    if not TEMPLATES.exists():
        shutil.copytree(folder / "usr/share/prometheus/alertmanager", TEMPLATES)
    return folder / "usr/bin"


def older_programs():
    """The folder with prometheus and promtool of Prometheus 2."""
    return unpacked("prometheus-2", "bookworm", ["prometheus"]) / "usr/bin"


def promtools():
    """promtool of Prometheus 3 and of Prometheus 2, which must both accept the rules."""
    return [programs() / "promtool", older_programs() / "promtool"]


def alertmanager_config(folder, slack, watchdog):
    """Writes the shipped configuration with these URLs; returns its path."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, url in (("slack-webhook", slack), ("watchdog-webhook", watchdog)):
        (folder / name).write_text(url)
    text = (FOLDER / "alertmanager/alertmanager.yml").read_text()
    text = text.replace("/etc/alertmanager/secrets", str(folder))
    text = text.replace("/etc/alertmanager/shopstack.tmpl", str(FOLDER / "alertmanager/shopstack.tmpl"))
    path = folder / "alertmanager.yml"
    path.write_text(text)
    return path


def prometheus_config(folder, targets, alertmanager, interval):
    """Writes a configuration that scrapes `targets`, which maps each service to its addresses, and sends alerts to the address
    `alertmanager`, if any. Returns its path.

    The shipped configuration finds them by DNS, which a machine without containers has no names for.
    """
    static = [{"targets": addresses, "labels": {"service": service}} for service, addresses in targets.items()
              if service != "probe"]
    jobs = [{"job_name": "shopstack", "honor_labels": True, "static_configs": static}]
    if "probe" in targets:
        jobs.append({"job_name": "probe", "static_configs": [{"targets": targets["probe"]}]})
    config = {
        "global": {"scrape_interval": interval, "evaluation_interval": interval},
        "rule_files": [str(FOLDER / "prometheus/rules/*.yml")],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": [alertmanager]}]}] if alertmanager else []},
        "scrape_configs": jobs,
    }
    path = folder / "prometheus.yml"
    # JSON is a subset of YAML.
    path.write_text(json.dumps(config, indent=1))
    return path


def start(started, targets, slack, watchdog, interval="5s", quick=False):
    """Starts both and returns their URLs. `quick` shortens the times for which Alertmanager waits to group alerts."""
    folder, alerts = started.folder / "prometheus", free_port()
    config = alertmanager_config(folder, slack, watchdog)
    if quick:
        text = config.read_text().replace("group_wait: 15s", "group_wait: 1s").replace("group_interval: 5m", "group_interval: 2s")
        config.write_text(text)
    started.process("alertmanager", [
        programs() / "prometheus-alertmanager", f"--config.file={config}", f"--storage.path={folder / 'alertmanager'}",
        f"--web.listen-address=127.0.0.1:{alerts}", "--cluster.listen-address="])
    started.wait("alertmanager", lambda: answers(alerts))
    config = prometheus_config(folder, targets, f"127.0.0.1:{alerts}", interval)
    return {"prometheus": start_server(started, "prometheus", programs(), config), "alertmanager": f"http://127.0.0.1:{alerts}"}


def start_server(started, name, folder, config):
    """Starts the server of this folder of programs and returns its URL."""
    port = free_port()
    started.process(name, [folder / "prometheus", f"--config.file={config}", f"--storage.tsdb.path={started.folder / name / 'data'}",
                           f"--web.listen-address=127.0.0.1:{port}"], env={"GOMAXPROCS": os.environ.get("GOMAXPROCS", "1")})
    started.wait(name, lambda: answers(port))
    return f"http://127.0.0.1:{port}"


def start_older(started, targets, interval="5s"):
    """Starts Prometheus 2 on the same targets and rules, without Alertmanager; returns its URL."""
    folder = started.folder / "prometheus-2"
    folder.mkdir()
    return start_server(started, "prometheus-2", older_programs(), prometheus_config(folder, targets, None, interval))


def warnings(started):
    """The warnings and errors that the started servers wrote: those of Prometheus 2 are in lower case."""
    for name in ("prometheus", "prometheus-2"):
        log = started.folder / f"{name}.log"
        if log.exists():
            yield from (f"{name}: {line}" for line in log.read_text().splitlines()
                        if re.search(r"\blevel=(warn|error)", line, re.IGNORECASE))
