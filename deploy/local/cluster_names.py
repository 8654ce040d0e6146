"""Names of services for the pods of a cluster (see check_cluster.py): dnsmasq, with what the API server knows.

CoreDNS is in no package registry. A name leads where CoreDNS would lead: that of a service to its address, that of a headless one
to all its members, and that of a member to its pod.
"""
import json
import signal
import ssl
import threading
import urllib.error
import urllib.request

from cluster_nodes import DNS, DOMAIN
from services import found

# Seconds. The addresses of pods follow within this time; those of services do not change.
INTERVAL = 0.5


def service(address):
    """The name server as a service: kube-dns, under the address that kubelets tell pods."""
    metadata = {"name": "kube-dns", "namespace": "kube-system"}
    ports = [{"name": name.lower(), "port": 53, "protocol": name} for name in ("UDP", "TCP")]
    return [{"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {"clusterIP": DNS, "ports": ports}},
            {"apiVersion": "v1", "kind": "Endpoints", "metadata": metadata, "subsets": [{"addresses": [{"ip": address}], "ports": ports}]}]


def records(services, endpoints):
    """Lines of address and name."""
    lines = set()
    headless = set()
    for one in services:
        name, namespace, address = one["metadata"]["name"], one["metadata"]["namespace"], one["spec"].get("clusterIP")
        if address == "None":
            headless.add((namespace, name))
        elif address:
            lines.add(f"{address} {name}.{namespace}.svc.{DOMAIN}")
    for one in endpoints:
        name, namespace = one["metadata"]["name"], one["metadata"]["namespace"]
        if (namespace, name) in headless:
            # Members that are not ready are among these if the service says so.
            for address in (address for subset in one.get("subsets", []) for address in subset.get("addresses", [])):
                lines.add(f"{address['ip']} {name}.{namespace}.svc.{DOMAIN}")
                if "hostname" in address:
                    lines.add(f"{address['ip']} {address['hostname']}.{name}.{namespace}.svc.{DOMAIN}")
    return sorted(lines)


class Names:
    """A name server at an address, and a thread that tells it what changed."""

    def __init__(self, started, server, address):
        self.server, self.over, self.known = server, threading.Event(), None
        self.file = started.folder / "names"
        self.file.touch()
        self.process = started.process("dnsmasq", [
            found("dnsmasq"), "--keep-in-foreground", "--conf-file=/dev/null", "--pid-file=", "--user=root", "--log-facility=-",
            f"--listen-address={address}", "--bind-interfaces", "--no-resolv", "--no-hosts", f"--addn-hosts={self.file}", f"--local=/{DOMAIN}/"])
        self.thread = threading.Thread(target=self.follow, daemon=True)
        self.thread.start()

    def items(self, kind):
        context = ssl._create_unverified_context()
        request = urllib.request.Request(f"https://127.0.0.1:{self.server.port}/api/v1/{kind}", headers={"Authorization": f"Bearer {self.server.token}"})
        with urllib.request.urlopen(request, context=context, timeout=10) as answer:
            return json.load(answer)["items"]

    def follow(self):
        while not self.over.wait(INTERVAL):
            try:
                lines = records(self.items("services"), self.items("endpoints"))
            except (OSError, ValueError, urllib.error.URLError):
                # The API server is busy; what is known stays.
                continue
            if lines != self.known:
                self.file.write_text("\n".join(lines) + "\n")
                self.process.send_signal(signal.SIGHUP)
                self.known = lines

    def end(self):
        self.over.set()
        self.thread.join()
