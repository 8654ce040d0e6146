"""The shop on a cluster of this machine, as the charts install it (see check_cluster.py)."""
import json
import os
import re
import sys
import time
from pathlib import Path

import check_charts
from check_deploy import NAMESPACE
from cluster_nodes import volumes
from services import note, run

START_TIMEOUT = 600
MEMBERS = {"mongodb": 3, "rabbitmq": 3, "redis": 1, "mysql": 1}
RENDER = Path(__file__).with_name("cluster_render.py")
OPERATE = check_charts.ROOT / "deploy/kubernetes/operate.sh"
# What a later version may add: columns without a default, in every table, and a migration of its own.
NEXT_SCHEMA = """
mysql --user=root --password="$MYSQL_ROOT_PASSWORD" --skip-column-names --execute="
  SELECT concat('ALTER TABLE \`', table_schema, '\`.\`', table_name, '\` ADD COLUMN of_the_next_version INT NULL;')
  FROM information_schema.tables
  WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema')
  UNION ALL SELECT concat('INSERT INTO \`', table_schema, '\`.schema_migrations (version, name, checksum) VALUES (9999, 9999, 9999);')
  FROM information_schema.tables WHERE table_name = 'schema_migrations'" > /tmp/next.sql
mysql --user=root --password="$MYSQL_ROOT_PASSWORD" < /tmp/next.sql
grep --count ALTER /tmp/next.sql
"""


def shop_values(url):
    """Two replicas of everything, which need less than one of this machine's processors while they do nothing."""
    small = {"autoscaling": {"enabled": False}, "replicas": 2, "resources": {"requests": {"cpu": "20m"}}}
    values = {name: json.loads(json.dumps(small)) for name in check_charts.SERVICES}
    values |= {name: {"resources": {"requests": {"cpu": "50m"}}} for name in check_charts.STORES}
    values["payment"]["sandbox"] = {"enabled": True}
    values["operator"] = {"sandbox": {"enabled": True}}
    values["web"]["nginx"] = {**small, "rateLimit": "10000r/s", "rateBurst": 10000, "service": {"type": "NodePort"}}
    settings = {"PUBLIC_URL": url, "DEMO": "1", "SHIPPING_CARRIER": "simulated", "CARRIER_PACE": "1", "LOG": "info"}
    values["global"] = {"shopstack": {"settings": settings}}
    return values


class Shop:
    """The shop on the cluster."""

    def __init__(self, started, nodes, server, cluster, program, port):
        self.started, self.nodes, self.server, self.cluster = started, nodes, server, cluster
        self.url, self.folder = f"http://127.0.0.1:{port}", started.folder
        self.charts = check_charts.build(self.folder / "charts")
        self.values = self.folder / "values.json"
        self.values.write_text(json.dumps(shop_values(self.url)))
        run(cluster.kubectl_path, "create", "namespace", NAMESPACE, env=cluster.environment)
        (self.folder / "secrets.json").write_text(run(program, "secrets", self.folder / "secrets", "--kubernetes"))
        cluster.kubectl("apply", "--filename", self.folder / "secrets.json")

    def apply(self, name, items):
        path = self.folder / f"{name}.json"
        path.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))
        run(self.cluster.kubectl_path, "apply", "--filename", path, env=self.cluster.environment)

    def add_volumes(self):
        claims = [f"data-{store}-{number}" for store, members in MEMBERS.items() for number in range(members)]
        self.apply("volumes", volumes(self.nodes.all[0], [(NAMESPACE, claim) for claim in [*claims, "sandbox"]]))

    def add_budgets(self):
        """The budgets of the charts, of a kind that this version has by an earlier name."""
        rendered = check_charts.render(self.charts, "shopstack", "1.30", files=[self.values])
        budgets = [one for one in rendered if one["kind"] == "PodDisruptionBudget"]
        for one in budgets:
            one["apiVersion"] = "policy/v1beta1"
            one["metadata"]["namespace"] = NAMESPACE
            one["spec"].pop("unhealthyPodEvictionPolicy", None)
        self.apply("budgets", budgets)

    def install(self):
        began = time.monotonic()
        self.add_volumes()
        self.cluster.helm("install", "shop", self.charts / "shopstack", "--values", self.values, "--post-renderer", RENDER)
        self.await_pods(START_TIMEOUT)
        self.add_budgets()
        note(f"installed; {len(self.pods())} pods are ready after {time.monotonic() - began:.0f} s")

    def pods(self):
        """The pods that stay, by name."""
        return {one["metadata"]["name"]: one for one in self.cluster.objects("pods") if not owned_by_job(one)}

    def await_pods(self, timeout):
        """Until every workload has the pods it wants, all new and ready, and no other is left."""
        until = time.monotonic() + timeout
        while True:
            workloads = self.cluster.objects("deployments", "statefulsets")
            missing = [one["metadata"]["name"] for one in workloads if not settled(one)]
            leaving = [name for name, one in self.pods().items() if "deletionTimestamp" in one["metadata"]]
            if workloads and not missing and not leaving:
                return
            if time.monotonic() > until:
                sys.exit(f"not ready: {missing}, leaving: {leaving}\n{self.explain()}")
            time.sleep(1)

    def explain(self):
        """The pods, the warnings about them, and the last lines of those that are not ready."""
        warnings = {f"{one['involvedObject']['name']}: {one['message'][:300]}" for one in self.cluster.objects("events") if one["type"] == "Warning"}
        lines = [self.cluster.kubectl("get", "pods", "--output", "wide"), *sorted(warnings)[-30:]]
        for name, one in self.pods().items():
            for status in (status for status in one["status"].get("containerStatuses", []) if not status["ready"]):
                lines.append(f"-- {name} {status['name']} {status['state']}")
                # A container that has never started has no log.
                if status["restartCount"] or "running" in status["state"]:
                    lines.append(self.cluster.kubectl("logs", name, "--container", status["name"], "--tail", "15"))
        return "\n".join(lines)

    def apply_next_schema(self):
        """Migrates MySQL as a later version might, and returns the number of changed tables."""
        # kubectl may complain beside the answer.
        answer = self.cluster.kubectl("exec", "mysql-0", "--container", "mysql", "--", "bash", "-euc", NEXT_SCHEMA)
        return int(re.search(r"^\d+$", answer, re.MULTILINE).group())

    def operate(self, *command):
        """A command for staff, by the script that is for it."""
        folder = self.folder / "commands"
        folder.mkdir(exist_ok=True)
        if not (folder / "kubectl").exists():
            (folder / "kubectl").symlink_to(self.cluster.kubectl_path)
        return run(OPERATE, *command, env=dict(self.cluster.environment, PATH=f"{folder}:{os.environ['PATH']}"))


def owned_by_job(pod):
    owners = pod["metadata"].get("ownerReferences", [])
    return not owners or owners[0]["kind"] == "Job"


def settled(workload):
    """Whether a workload has nothing left to do."""
    status, wanted = workload["status"], workload["spec"]["replicas"]
    updated = status.get("updatedReplicas", wanted if workload["kind"] == "StatefulSet" else 0)
    return (status.get("observedGeneration") == workload["metadata"]["generation"] and updated == wanted
            and status.get("readyReplicas", 0) == wanted and status.get("replicas", 0) == wanted)
