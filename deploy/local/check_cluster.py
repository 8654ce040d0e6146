#!/usr/bin/env python3
"""Runs the shop on a Kubernetes cluster of this machine, as the charts install it: `make check-cluster`.

    check_cluster.py --program PATH [--suite PATH] [--keep]

    --program    shopstack, compiled; its images are made of it
    --suite      the acceptance suite, compiled; without it, cargo compiles it
    --keep       only installs the shop, prints its URL, and runs until it is interrupted

Two nodes run everything by kubelets and Docker engines: stores, migrations, probes, names and addresses of services. Customers buy
while two services are upgraded, the schema is changed, the services are rolled back, and a node is drained: no request may fail, and
no order be lost. Needs root.
Everything is in namespaces of its own, so that nothing is left in the end. What is not as on a cluster elsewhere: Kubernetes is
1.20, so there is no autoscaler, and network policies are not enforced; see also cluster_images.py and cluster_names.py.
"""
import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import check_charts
import check_deploy
import cluster_images
import cluster_load
import cluster_relay
import compose_check
import kubernetes
import services
from check_deploy import NAMESPACE
from cluster_names import Names, service
from cluster_nodes import Nodes
from cluster_shop import RENDER, Shop
from programs import NICE
from services import free_port, note

ROLLOUT_TIMEOUT = 300
# One with its data in MongoDB and one in MySQL; not payment, whose image the sandbox uses as well.
UPGRADED = {"catalogue", "dispatch"}


def accept(shop, suite):
    """The acceptance suite from outside, through nginx."""
    command = [suite] if suite else ["cargo", "test", "--offline", "--package", "shopstack", "--test", "it"]
    environment = dict(os.environ, SHOPSTACK_BASE_URL=shop.url)
    if subprocess.run([*NICE, *command], cwd=check_charts.ROOT / ("shopstack" if suite else ""), env=environment).returncode != 0:
        sys.exit(f"the acceptance suite failed\n{shop.explain()}")
    audit(shop)


def audit(shop):
    print(shop.operate("audit"), flush=True)


def upgraded(shop, *words):
    """Changes the release; returns the workloads whose pods were replaced."""
    before = shop.pods()
    shop.cluster.helm(*words)
    shop.await_pods(ROLLOUT_TIMEOUT)
    after = shop.pods()
    return {after[name]["metadata"]["labels"]["app.kubernetes.io/name"] for name in set(after) - set(before)}


def check_upgrade(shop, stream):
    migrations = {one["metadata"]["name"] for one in migration_events(shop)}
    tags = ",".join(f"{name}.image.tag={cluster_images.NEW}" for name in sorted(UPGRADED))
    changed = upgraded(shop, "upgrade", "shop", shop.charts / "shopstack", "--values", shop.values, "--post-renderer", RENDER, "--set", tags)
    ran = {one["involvedObject"]["name"] for one in migration_events(shop) if one["metadata"]["name"] not in migrations}
    if changed != UPGRADED or not {f"{name}-migration" for name in UPGRADED} <= ran:
        sys.exit(f"an upgrade of {sorted(UPGRADED)} replaced the pods of {sorted(changed)}, after {sorted(ran)}")
    note(f"upgraded {sorted(UPGRADED)} alone, after {', '.join(sorted(ran))}")
    cluster_load.check(stream, "the upgrade")
    note(f"{shop.apply_next_schema()} tables have a column that this version does not know")
    cluster_load.check(stream, "a migration")
    changed = upgraded(shop, "rollback", "shop", "1")
    if changed != UPGRADED:
        sys.exit(f"a rollback replaced the pods of {sorted(changed)}")
    note("rolled them back")
    cluster_load.check(stream, "the rollback after a migration")


def migration_events(shop):
    return [one for one in shop.cluster.objects("events") if one["reason"] == "Completed" and one["involvedObject"]["name"].endswith("-migration")]


def check_drain(shop, stream):
    """All pods of a node are evicted, as `kubectl drain` does it. The stores are on the other one."""
    node = shop.nodes.all[1].name
    shop.cluster.kubectl("cordon", node)
    there = [name for name, one in shop.pods().items() if one["spec"].get("nodeName") == node]
    if not there:
        sys.exit(f"no pod is on {node}")
    cluster_load.evict(shop.server, NAMESPACE, there, ROLLOUT_TIMEOUT)
    shop.await_pods(ROLLOUT_TIMEOUT)
    shop.cluster.kubectl("uncordon", node)
    note(f"drained {node} of {len(there)} pods")
    cluster_load.check(stream, "the drain")


def check(shop, options):
    shop.install()
    shop.operate("demo")
    if options.keep:
        # The file names this process as seen from outside of its namespace.
        outside = (shop.folder / "process").read_text()
        note(f"The shop is open: {shop.url}. It ends with Ctrl-C.\nLook around: nsenter --target {outside} --net env KUBECONFIG={shop.server.configuration} "
             f"{shop.cluster.kubectl_path} --namespace {NAMESPACE} get pods")
        signal.pause()
    accept(shop, options.suite)
    with cluster_load.customers(shop.url) as stream:
        check_upgrade(shop, stream)
        check_drain(shop, stream)
    audit(shop)


def inside(options, folder):
    """Everything that needs the namespaces."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))
    sys.path.insert(0, str(check_charts.tools()))
    started = services.Started(folder)
    nodes = Nodes(started)
    try:
        engines, port = [node.engine for node in nodes.all], options.port
        for engine in engines:
            engine.docker("load", "--quiet", "--input", cluster_images.archive())
        images = cluster_images.make_program_images(engines[0], options.program, check_charts.SERVICES, [cluster_images.OLD])
        images += cluster_images.make_program_images(engines[0], options.program, [""], [cluster_images.OLD])
        images += cluster_images.make_program_images(engines[0], options.program, sorted(UPGRADED), [cluster_images.NEW])
        pause = cluster_images.make_pause(engines[0])
        cluster_images.share(engines[0], [*images, pause], engines[1:])
        server = kubernetes.ApiServer(started, [f"--service-node-port-range={port}-{port}", "--kubelet-preferred-address-types=InternalIP"])
        cluster = check_deploy.Cluster(server)
        # The controllers give up when the server is not ready soon after they start.
        cluster.wait()
        server.start_controllers()
        names = Names(started, server, nodes.all[0].address)
        nodes.start(server, pause)
        nodes.await_ready(cluster)
        shop = Shop(started, nodes, server, cluster, options.program, port)
        shop.apply("names", service(nodes.all[0].address))
        check(shop, options)
        names.end()
    finally:
        # What asks again to end must not interrupt the end.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        nodes.end()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True)
    parser.add_argument("--suite")
    parser.add_argument("--keep", action="store_true")
    # Of the process in the namespaces, which this one starts.
    parser.add_argument("--inside", metavar="FOLDER", help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        inside(options, options.inside)
        return
    if os.geteuid() != 0:
        sys.exit("check-cluster needs root: it makes namespaces, and runs Docker engines in them")
    compose_check.install()
    services.install({"dnsmasq": "dnsmasq-base", "gcc": "gcc"})
    kubernetes.fetch()
    cluster_images.archive()
    folder = Path(tempfile.mkdtemp(prefix="shopstack-cluster-"))
    # The port is free on both sides: a new network namespace has no listeners.
    port = free_port()
    # unshare itself ignores SIGINT and SIGTERM while it waits, and its child ends with it.
    process = subprocess.Popen(["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child=SIGTERM", "--mount-proc", sys.executable,
                                *sys.argv, "--inside", str(folder), "--port", str(port)])
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))
    code = 0
    try:
        cluster_relay.listen(process.pid, port)
        while not cluster_relay.children(process.pid) and process.poll() is None:
            time.sleep(0.05)
        (folder / "process").write_text("".join(map(str, cluster_relay.children(process.pid))))
        code = process.wait()
    finally:
        end(process)
        # Not of a run that somebody has ended.
        if code != 0:
            keep_logs(folder)
        shutil.rmtree(folder, ignore_errors=True)
    sys.exit(code)


def keep_logs(folder):
    """The logs of a failed run stay; everything else is removed."""
    target = Path(tempfile.mkdtemp(prefix="shopstack-cluster-logs-"))
    for log in folder.rglob("*.log"):
        # Links lead to the logs of containers, which end with their engine.
        if "kubelet" in log.parts or "data" in log.parts or log.is_symlink():
            continue
        shutil.copy2(log, target / "-".join(log.relative_to(folder).parts))
    note(f"logs: {target}")


def end(process):
    """Asks the process in the namespaces to end everything there; the kernel ends what is left when it is gone."""
    for child in cluster_relay.children(process.pid):
        os.kill(child, signal.SIGTERM)
    try:
        process.wait(60)
    except subprocess.TimeoutExpired:
        for child in cluster_relay.children(process.pid):
            os.kill(child, signal.SIGKILL)
        process.wait()


if __name__ == "__main__":
    main()
