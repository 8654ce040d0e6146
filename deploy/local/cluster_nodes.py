"""The nodes of a cluster on one machine: an engine and a kubelet each, and what they share (see check_cluster.py).

All of it runs in a network and a mount namespace of its own, so bridges, rules of the firewall and mounts end with it. Kubernetes
1.20 runs containers by Docker. Each node has an engine of its own, because a kubelet removes what it does not know. Its pods are
on a bridge whose network is that of the node; the other node's is reached by the kernel's forwarding.
"""
import json
import subprocess
import sys
import time
from pathlib import Path

import compose_check
from services import end_all, free_port, run

DNS, DOMAIN = "10.96.0.10", "cluster.local"


def prepare():
    """What a new network namespace lacks."""
    run("ip", "link", "set", "lo", "up")
    Path("/proc/sys/net/ipv4/ip_forward").write_text("1")
    # Otherwise what a pod is answered by one on its own bridge would bypass the translation of addresses of services.
    Path("/proc/sys/net/bridge/bridge-nf-call-iptables").write_text("1")


class Node:
    """A node: its name, its address, an engine and a kubelet."""

    def __init__(self, started, number, labels):
        self.started, self.number, self.labels = started, number, labels
        self.name, self.address = f"node-{number}", f"10.244.{number}.1"
        self.folder = started.folder / self.name
        for name in ("log", "volumes"):
            (self.folder / name).mkdir(parents=True)
        self.add_bridge()
        # Kubelets keep logs in one fixed folder, and each removes those of pods that it does not know.
        isolated = ["unshare", "--mount", "sh", "-c", 'mount --bind "$0" /var/log && exec "$@"', self.folder / "log"]
        self.engine = compose_check.Engine(self.folder, [
            *isolated, "dockerd", f"--bridge={self.bridge}", "--iptables=false", "--ip-masq=false", "--userland-proxy=false", "--shutdown-timeout=5"])

    def add_bridge(self):
        self.bridge = f"node{self.number}"
        run("ip", "link", "add", self.bridge, "type", "bridge")
        run("ip", "address", "add", f"{self.address}/24", "dev", self.bridge)
        run("ip", "link", "set", self.bridge, "up")

    def settings(self):
        resolver = self.folder / "resolv.conf"
        resolver.write_text(f"nameserver {DNS}\n")
        return {"kind": "KubeletConfiguration", "apiVersion": "kubelet.config.k8s.io/v1beta1", "address": self.address, "port": 10250,
                "readOnlyPort": 0, "healthzPort": 0, "clusterDNS": [DNS], "clusterDomain": DOMAIN, "resolvConf": str(resolver),
                "authentication": {"anonymous": {"enabled": True}, "webhook": {"enabled": False}}, "authorization": {"mode": "AlwaysAllow"},
                # Two kubelets share the control groups of one machine, and each would end what is not its own.
                "cgroupsPerQOS": False, "enforceNodeAllocatable": [], "cgroupDriver": "cgroupfs", "failSwapOn": False,
                # The disk of this machine is not the cluster's.
                "evictionHard": {"memory.available": "100Mi"}, "imageGCHighThresholdPercent": 100, "imageGCLowThresholdPercent": 99}

    def start(self, server, pause):
        settings = self.folder / "kubelet.json"
        settings.write_text(json.dumps(self.settings()))
        labels = ",".join(f"{name}={value}" for name, value in self.labels.items())
        self.started.process(f"kubelet-{self.number}", [
            "nsenter", f"--mount=/proc/{self.engine.process.pid}/ns/mnt", server.programs / "kubelet", f"--config={settings}",
            f"--kubeconfig={server.configuration}", f"--root-dir={self.folder / 'kubelet'}", f"--cert-dir={self.folder / 'certificates'}",
            f"--hostname-override={self.name}", f"--node-ip={self.address}", f"--node-labels={labels}", "--container-runtime=docker",
            f"--docker-endpoint={self.engine.environment['DOCKER_HOST']}", f"--pod-infra-container-image={pause}",
            f"--experimental-dockershim-root-directory={self.folder / 'dockershim'}", f"--volume-plugin-dir={self.folder / 'plugins'}"])


class Nodes:
    """Two nodes, the scheduler, and the proxy for the addresses of services."""

    def __init__(self, started):
        prepare()
        self.started, self.all = started, []
        for number in range(2):
            self.all.append(Node(started, number, {"app": "shopstack"}))

    def start(self, server, pause):
        self.started.process("kube-scheduler", [
            server.programs / "kube-scheduler", f"--kubeconfig={server.configuration}", "--leader-elect=false", "--bind-address=127.0.0.1",
            f"--secure-port={free_port()}", "--port=0", f"--cert-dir={server.folder / 'scheduler'}"])
        # Both nodes are in one network namespace, so one proxy is enough.
        self.started.process("kube-proxy", [
            server.programs / "kube-proxy", f"--kubeconfig={server.configuration}", f"--hostname-override={self.all[0].name}",
            "--proxy-mode=iptables", "--cluster-cidr=10.244.0.0/16", "--nodeport-addresses=127.0.0.0/8", "--conntrack-max-per-core=0",
            "--conntrack-tcp-timeout-established=0", "--conntrack-tcp-timeout-close-wait=0",
            f"--metrics-bind-address=127.0.0.1:{free_port()}", f"--healthz-bind-address=127.0.0.1:{free_port()}"])
        for node in self.all:
            node.start(server, pause)

    def await_ready(self, cluster):
        until = time.monotonic() + 120
        while True:
            nodes = cluster.objects("nodes")
            ready = [one for one in nodes if any(each["type"] == "Ready" and each["status"] == "True" for each in one["status"]["conditions"])]
            if len(ready) == len(self.all):
                return
            if time.monotonic() > until:
                logs = [subprocess.run(["tail", "-n", "15", self.started.folder / f"kubelet-{node.number}.log"], stdout=subprocess.PIPE, text=True).stdout
                        for node in self.all]
                sys.exit("the nodes are not ready:\n" + "\n".join(logs))
            time.sleep(0.5)

    def end(self):
        """Ends kubelets before engines, which end the containers."""
        end_all([process.pid for process in self.started.processes.values()])
        for node in self.all:
            node.engine.end()


def volumes(node, claims):
    """A volume on a node for each claim, of a file system that only root has written to."""
    made = []
    for namespace, claim in claims:
        folder = node.folder / "volumes" / claim
        folder.mkdir()
        affinity = {"nodeSelectorTerms": [{"matchExpressions": [{"key": "kubernetes.io/hostname", "operator": "In", "values": [node.name]}]}]}
        made.append({"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": claim},
                     "spec": {"capacity": {"storage": "20Gi"}, "accessModes": ["ReadWriteOnce"], "persistentVolumeReclaimPolicy": "Retain",
                              "claimRef": {"namespace": namespace, "name": claim}, "local": {"path": str(folder)},
                              "nodeAffinity": {"required": affinity}}})
    return made
