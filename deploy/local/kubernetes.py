#!/usr/bin/env python3
"""Kubernetes 1.20, built once from Debian's source package: the newest whose server is in a package registry.

    kubernetes.py fetch    build it into the cache (a quarter of an hour on two cores), and print the folder

Its API server takes what `helm install` sends and refuses what it does not know. Kinds that are newer (autoscaling/v2, policy/v1)
are checked by schema only, in check_charts.py.
"""
import os
import secrets
import shutil
import sys
import tempfile
from pathlib import Path

import services
from programs import NICE, cached, debian_sources, made_once
from services import answers, free_port, run

VERSION, SUITE = "1.20.2", "bookworm"
PROGRAMS = ["kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy"]
# reflect2 1.0.1, which the source brings, crashes with this Go; the package has 1.0.2.
REFLECT = "github.com/modern-go/reflect2"
TOOLS = {"/usr/lib/go/bin/go": "golang-go", "rsync": "rsync", "jq": "jq", "etcd": "etcd-server",
         f"/usr/share/gocode/src/{REFLECT}": "golang-github-modern-go-reflect2-dev"}


def folder():
    return cached("kubernetes", VERSION)


def fetch():
    """Returns the folder of the programs; builds them when the cache does not have them."""
    services.install(TOOLS)
    return made_once(folder(), build)


def source(place):
    """Unpacks the source with Debian's patches, and returns its folder."""
    lists = place / "apt"
    lists.mkdir()
    run(*debian_sources(SUITE, lists, kind="deb-src"), "source", "--download-only", "kubernetes", cwd=place)
    target = place / "kubernetes"
    target.mkdir()
    run("tar", "--extract", "--strip-components=1", "--file", next(place.glob("kubernetes_*.orig.tar.*")), "--directory", target)
    run("tar", "--extract", "--file", next(place.glob("kubernetes_*.debian.tar.*")), "--directory", target)
    for name in (target / "debian/patches/series").read_text().split("\n"):
        if name and not name.startswith("#"):
            run("patch", "--strip=1", "--input", target / "debian/patches" / name.split()[0], cwd=target)
    return target


def build(target):
    with tempfile.TemporaryDirectory(prefix="shopstack-kubernetes-") as place:
        tree = source(Path(place))
        shutil.rmtree(tree / "vendor" / REFLECT)
        run("cp", "--recursive", "--dereference", f"/usr/share/gocode/src/{REFLECT}", tree / "vendor" / REFLECT)
        # Without CAP_SYS_RESOURCE no process may be protected from the out-of-memory killer as much as this asks for.
        sandbox = tree / "pkg/kubelet/dockershim/docker_sandbox.go"
        sandbox.write_text(sandbox.read_text().replace("defaultSandboxOOMAdj int = -998", "defaultSandboxOOMAdj int = 0"))
        major, minor = VERSION.split(".")[:2]
        (tree / "version").write_text(f"KUBE_GIT_VERSION='v{VERSION}'\nKUBE_GIT_MAJOR='{major}'\nKUBE_GIT_MINOR='{minor}'\n"
                                      f"KUBE_GIT_COMMIT='{'0' * 40}'\nKUBE_GIT_TREE_STATE='clean'\n")
        (tree / ".go/src/k8s.io").mkdir(parents=True)
        (tree / ".go/src/k8s.io/kubernetes").symlink_to("../../..")
        environment = dict(os.environ, GOPATH=str(tree / ".go"), CGO_ENABLED="0", PATH=f"/usr/lib/go/bin:{os.environ['PATH']}",
                           KUBE_GIT_VERSION_FILE=str(tree / "version"), GOCACHE=str(Path(place) / "cache"), GOFLAGS="", GOTOOLCHAIN="local")
        run(*NICE, "make", f"WHAT={' '.join(f'cmd/{name}' for name in PROGRAMS)}", cwd=tree, env=environment)
        for name in PROGRAMS:
            shutil.copy2(next((tree / "_output").rglob(f"bin/**/{name}")), target / name)


class ApiServer:
    """An API server with its own store, on loopback, and a configuration for its clients."""

    def __init__(self, started, options=()):
        self.started, self.programs, self.folder, self.options = started, fetch(), started.folder, options
        self.token, self.port = secrets.token_hex(16), free_port()
        self.configuration = self.folder / "kubeconfig"
        self.start_store()
        self.start_server()
        self.write_configuration()

    def start_store(self):
        self.store, peers = free_port(), free_port()
        at, peer = f"http://127.0.0.1:{self.store}", f"http://127.0.0.1:{peers}"
        self.started.process("etcd", [services.found("etcd"), "--data-dir", self.folder / "etcd", "--listen-client-urls", at,
                                      "--advertise-client-urls", at, "--listen-peer-urls", peer,
                                      "--initial-advertise-peer-urls", peer, "--initial-cluster", f"default={peer}"])
        self.started.wait("etcd", lambda: answers(self.store))

    def start_server(self):
        key, tokens = self.folder / "accounts.key", self.folder / "tokens.csv"
        run("openssl", "genrsa", "-out", key, "2048")
        tokens.write_text(f"{self.token},admin,admin,system:masters\n")
        self.started.process("kube-apiserver", [
            self.programs / "kube-apiserver", f"--etcd-servers=http://127.0.0.1:{self.store}", f"--secure-port={self.port}",
            "--bind-address=127.0.0.1", "--advertise-address=127.0.0.1", f"--cert-dir={self.folder / 'certificates'}",
            f"--token-auth-file={tokens}", "--authorization-mode=RBAC", f"--service-account-key-file={key}",
            f"--service-account-signing-key-file={key}", "--service-account-issuer=https://kubernetes.default.svc",
            "--service-cluster-ip-range=10.96.0.0/16", "--allow-privileged=false", *self.options])
        self.started.wait("kube-apiserver", lambda: answers(self.port))

    def write_configuration(self):
        self.configuration.write_text(
            f"apiVersion: v1\nkind: Config\ncurrent-context: local\n"
            f"clusters: [{{name: local, cluster: {{server: 'https://127.0.0.1:{self.port}', insecure-skip-tls-verify: true}}}}]\n"
            f"users: [{{name: admin, user: {{token: '{self.token}'}}}}]\n"
            f"contexts: [{{name: local, context: {{cluster: local, user: admin}}}}]\n")
        self.configuration.chmod(0o600)

    def start_controllers(self):
        """The controllers, which make the pods of deployments and stateful sets."""
        self.started.process("kube-controller-manager", [
            self.programs / "kube-controller-manager", f"--kubeconfig={self.configuration}", "--leader-elect=false",
            f"--service-account-private-key-file={self.folder / 'accounts.key'}", "--bind-address=127.0.0.1", f"--secure-port={free_port()}", "--port=0",
            f"--cert-dir={self.folder / 'controllers'}"])


def main():
    if sys.argv[1:] != ["fetch"]:
        sys.exit(__doc__)
    print(fetch())


if __name__ == "__main__":
    main()
