#!/usr/bin/env python3
"""Runs the phases of buildspec.yml as CodeBuild would, in a temporary world: `make check-pipeline`.

    check_pipeline.py --program PATH      PATH is the built `release`

Real are git, cargo, a registry and cosign; Slack is a server on loopback that records messages. docker and trivy are stand-ins
(pipeline_docker.py): a builder for two platforms needs images that cannot be had without the internet, so the stand-in pushes
small images by the registry's API. Checked are a release, a failure in each phase with its message, a rollback and signatures.
"""
import argparse
import http.server
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import urllib.request
from pathlib import Path

from programs import made_once, unpacked
from services import CACHE, Started, answers, end_all, free_port, note, run

ROOT = Path(__file__).resolve().parents[2]
PHASES = ["install", "pre_build", "build", "post_build"]
SERVICES = ["cart", "web"]
# The image of the whole program is released as well, for the chart of this name.
OPERATOR = "operator"
PASSWORD = "registry-password-of-the-check"


def yaml():
    """PyYAML, which is no part of Python."""
    packages = made_once(CACHE / "pipeline/1", lambda folder: run(
        sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target", folder, "PyYAML==6.0.2"))
    sys.path.insert(0, str(packages))
    import yaml
    return yaml


class Slack(http.server.ThreadingHTTPServer):
    """Records the text of each message."""

    def __init__(self):
        self.messages = []
        super().__init__(("127.0.0.1", free_port()), self.Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.server.messages.append(json.loads(body)["text"])
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    def taken(self):
        """The messages since the last call."""
        messages, self.messages[:] = list(self.messages), []
        return messages


class World:
    """A remote, a clone of a small workspace with the files of the pipeline, a registry, and the programs of a build machine."""

    def __init__(self, folder, program):
        self.folder, self.clone, self.slack = folder, folder / "clone", Slack()
        self.started = Started(folder)
        self.registry = f"127.0.0.1:{free_port()}"
        self.buildspec = yaml().safe_load((ROOT / "buildspec.yml").read_text())
        self.start_registry()
        self.make_programs(program)
        self.environment = self.variables()
        run("git", "init", "--quiet", "--bare", "--initial-branch=main", folder / "origin")
        run("git", "clone", "--quiet", folder / "origin", self.clone)
        self.write_workspace()
        self.commit("start")

    def start_registry(self):
        config = self.folder / "registry.yml"
        config.write_text(f"version: 0.1\nlog: {{level: error}}\nstorage: {{filesystem: {{rootdirectory: {self.folder}/registry}}}}\n"
                          f"http: {{addr: '{self.registry}'}}\n")
        registry = unpacked("registry", "bookworm", ["docker-registry"]) / "usr/bin/docker-registry"
        self.started.process("registry-server", [registry, "serve", config])
        self.started.wait("registry-server", lambda: answers(int(self.registry.split(":")[1])))

    def make_programs(self, program):
        """The programs that a build machine has or gets from the install phase."""
        programs = self.folder / "programs"
        programs.mkdir()
        stand_in = Path(__file__).with_name("pipeline_docker.py")
        for name in ("docker", "trivy", "aws"):
            (programs / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" "{stand_in}" {name} "$@"\n')
        # The workspace here is not the one of the tool, so the build of the tool is a copy of it.
        (programs / "cargo").write_text(f'#!/bin/sh\nif [ "$FAIL" = cargo ]; then exit 1; fi\n'
                                        f'if [ "$1" = build ]; then mkdir -p target/debug && cp "{program}" target/debug/release; '
                                        f'else exec "{shutil.which("cargo")}" "$@"; fi\n')
        for path in programs.iterdir():
            path.chmod(0o755)
        cosign = unpacked("cosign", "sid", ["cosign"]) / "usr/bin/cosign"
        (programs / "cosign").symlink_to(cosign)
        self.cosign = cosign
        quiet = dict(os.environ, COSIGN_PASSWORD="")
        run(cosign, "generate-key-pair", cwd=self.folder, env=quiet)
        # Without services: nothing of this check reaches a public transparency log.
        run(cosign, "signing-config", "create", "--out", self.folder / "signing.json", env=quiet)

    def variables(self):
        """What CodeBuild sets: variables, parameters and secrets of buildspec.yml, and its own."""
        declared = self.buildspec["env"]
        resolved = {"RELEASE_REGISTRY": self.registry, "RELEASE_COSIGN_KEY": str(self.folder / "cosign.key"),
                    "RELEASE_COMMIT_URL": "https://example.org/shop/commit",
                    "SLACK_WEBHOOK_URL": f"http://127.0.0.1:{self.slack.server_port}/services/secret-path"}
        wanted = {**declared["parameter-store"], **declared["secrets-manager"]}
        if set(wanted) != set(resolved):
            sys.exit(f"buildspec.yml reads {sorted(wanted)}, and this check has {sorted(resolved)}")
        # The layers of this check are no layers, and nothing may be written outside of its folder.
        own = {"RELEASE_STATE": str(self.folder / "state"), "RELEASE_CACHE_FOLDER": str(self.folder / "layers"), "ARM64_ENGINE": "ssh://arm64"}
        own |= {"REGISTRY_USER": "check", "REGISTRY_PASSWORD": PASSWORD, "COSIGN_PASSWORD": "", "WORLD": str(self.folder),
                "RELEASE_COSIGN_SIGNING_CONFIG": str(self.folder / "signing.json")}
        # The home of the build is in the folder as well; cargo's is where rustup left it.
        home = Path.home()
        kept = {"HOME": str(self.folder), "RUSTUP_HOME": os.environ.get("RUSTUP_HOME", f"{home}/.rustup"),
                "CARGO_HOME": os.environ.get("CARGO_HOME", f"{home}/.cargo"), "LANG": "C.UTF-8"}
        return {**kept, **declared["variables"], **resolved, **own, "PATH": f"{self.folder}/programs:{os.environ['PATH']}",
                "CODEBUILD_BUILD_URL": "https://example.org/builds/1", "GIT_CONFIG_GLOBAL": "/dev/null"}

    def write_workspace(self):
        def write(path, text):
            (self.clone / path).parent.mkdir(parents=True, exist_ok=True)
            (self.clone / path).write_text(text)
        write("Cargo.toml", '[workspace]\nresolver = "3"\nmembers = ["services/*", "shopstack"]\n')
        package = '[package]\nname = "{}"\nversion = "0.1.0"\nedition = "2024"\n{}'
        for service in SERVICES:
            write(f"services/{service}/Cargo.toml", package.format(service, ""))
            write(f"services/{service}/src/lib.rs", "")
        for name in [*SERVICES, OPERATOR]:
            write(f"deploy/environments/staging/{name}.yaml",
                  f'# Kept.\nimage:\n  repository: {self.registry}/shop-{name}\n  tag: "0.1.0"\nreplicas: 2\n')
        needs = "".join(f'{service} = {{ path = "../services/{service}" }}\n' for service in SERVICES)
        features = "".join(f"{service} = []\n" for service in SERVICES)
        write("shopstack/Cargo.toml", package.format("shopstack", f"[features]\nshop = {json.dumps(SERVICES)}\n{features}[dependencies]\n{needs}"))
        write("shopstack/src/lib.rs", "")
        write(".gitignore", "/target\n")
        shutil.copytree(ROOT / "deploy/pipeline", self.clone / "deploy/pipeline")
        run("cargo", "generate-lockfile", "--quiet", "--offline", cwd=self.clone)

    def commit(self, message):
        identity = ["-c", "user.name=Check", "-c", "user.email=check@example.org"]
        run("git", "add", "--all", cwd=self.clone)
        run("git", *identity, "commit", "--quiet", "--message", message, cwd=self.clone)
        run("git", "push", "--quiet", "origin", "HEAD:main", cwd=self.clone)
        self.environment["CODEBUILD_RESOLVED_SOURCE_VERSION"] = run("git", "rev-parse", "HEAD", cwd=self.clone).strip()

    def change(self, service):
        path = self.clone / f"services/{service}/src/lib.rs"
        path.write_text(path.read_text() + "// changed\n")
        self.commit(f"change {service}")

    def build(self, failing=None):
        """Runs the phases, each in a shell of its own; `failing` is a program that fails. Returns the failed phases and the log."""
        shutil.rmtree(self.folder / "state", ignore_errors=True)
        environment, failed, log = dict(self.environment, FAIL=failing or ""), [], ""
        for phase in PHASES:
            # No later phase after a failed install or pre_build, and post_build after a failed build.
            if failed and (phase != "post_build" or failed != ["build"]):
                continue
            environment["CODEBUILD_BUILD_SUCCEEDING"] = "0" if failed else "1"
            spec = self.buildspec["phases"][phase]
            # A phase ends with the first command that fails, and its `finally` runs in any case.
            done, said = self.shell(spec["commands"], environment, stops=True)
            log += said
            if done != 0:
                failed.append(phase)
            log += self.shell(spec.get("finally", []), environment, stops=False)[1]
        return failed, log

    def shell(self, commands, environment, stops):
        script = "\n".join(f"{command}\n" + ("result=$?; if [ $result != 0 ]; then exit $result; fi" if stops else "") for command in commands)
        done = subprocess.run(["bash", "-c", script], cwd=self.clone, env=environment, text=True, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return done.returncode, done.stdout

    def tag(self, service):
        values = run("git", "show", f"k8s/staging:deploy/environments/staging/{service}.yaml", cwd=self.folder / "origin")
        if not values.startswith("# Kept.\n") or not values.endswith("replicas: 2\n"):
            sys.exit(f"the values of {service} have changed:\n{values}")
        return values.split('tag: "')[1].split('"')[0]

    def tags(self):
        return {name: self.tag(name) for name in [*SERVICES, OPERATOR]}

    def in_registry(self, service):
        with urllib.request.urlopen(f"http://{self.registry}/v2/shop-{service}/tags/list", timeout=10) as answer:
            return json.load(answer)["tags"]


def expect(what, got, wanted, log=""):
    if got != wanted:
        sys.exit(f"{what}: {got}, not {wanted}\n{log[-6000:]}")
    note(f"{what}: {got}")


def expect_messages(world, *beginnings):
    messages = world.slack.taken()
    if len(messages) != len(beginnings) or not all(beginning in message for beginning, message in zip(beginnings, messages)):
        sys.exit(f"Slack got {messages}, not {beginnings}")


def check_no_secrets(log):
    for secret in ("secret-path", PASSWORD):
        if secret in log:
            sys.exit(f"a secret is in the log of the build:\n{log[-6000:]}")


def check_signature(world, service, version):
    image, quiet = f"{world.registry}/shop-{service}:{version}", dict(os.environ, COSIGN_PASSWORD="")
    key = ["--key", world.folder / "cosign.pub", "--insecure-ignore-tlog"]
    run(world.cosign, "verify", *key, image, env=quiet)
    run(world.cosign, "verify-attestation", "--type", "spdxjson", *key, image, env=quiet)
    note(f"the signature and the bill of materials of {image} are verified")


def check(world):
    failed, log = world.build()
    expect("failed phases of the first release", failed, [], log)
    first = {"cart": "0.1.1", "web": "0.1.1", OPERATOR: "0.1.1"}
    expect("tags", world.tags(), first, log)
    expect_messages(world, "Release started", "Release succeeded")
    check_no_secrets(log)
    check_signature(world, "cart", "0.1.1")
    # An image of another key must not pass, or the check above says nothing.
    other = ["verify", "--key", world.folder / "cosign.pub", "--insecure-ignore-tlog", f"{world.registry}/shop-cart:unsigned"]
    push_unsigned(world, "shop-cart", "0.1.1", "unsigned")
    if subprocess.run([str(word) for word in (world.cosign, *other)], capture_output=True).returncode == 0:
        sys.exit("cosign accepts an image that nobody signed")

    world.change("cart")
    for program, phase in (("cargo", "install"), ("docker login", "pre_build"), ("docker buildx build", "build"), ("trivy", "build")):
        failed, log = world.build(failing=program)
        expect(f"failed phases when {program} fails", failed, [phase], log)
        expect("tags", world.tags(), first, log)
        messages = world.slack.taken()
        if not messages or "Release failed" not in messages[-1] or len([one for one in messages if "failed" in one]) != 1:
            sys.exit(f"Slack got {messages} when {program} failed\n{log[-4000:]}")
        check_no_secrets(log)
    failed, log = world.build()
    expect("failed phases of the run that catches up", failed, [], log)
    # The two failed builds have used a version each.
    expect("tags", world.tags(), {"cart": "0.1.4", "web": "0.1.1", OPERATOR: "0.1.4"}, log)
    world.slack.taken()

    release = world.folder / "state/bin/release"
    run(release, "rollback", "cart", cwd=world.clone, env=world.environment)
    expect("tags after the rollback", world.tags(), {"cart": "0.1.1", "web": "0.1.1", OPERATOR: "0.1.4"})
    world.change("web")
    failed, log = world.build()
    expect("failed phases after the rollback", failed, [], log)
    expect("tags", world.tags(), {"cart": "0.1.1", "web": "0.1.2", OPERATOR: "0.1.5"}, log)


def push_unsigned(world, repository, tag, other):
    """Pushes a manifest under another tag with another content, which therefore has no signature."""
    base = f"http://{world.registry}/v2/{repository}/manifests"
    kind = "application/vnd.oci.image.index.v1+json"
    with urllib.request.urlopen(urllib.request.Request(f"{base}/{tag}", headers={"Accept": kind}), timeout=10) as answer:
        content = json.load(answer)
    content["annotations"] = {"org.example.unsigned": "true"}
    put = urllib.request.Request(f"{base}/{other}", data=json.dumps(content).encode(), method="PUT", headers={"Content-Type": kind})
    urllib.request.urlopen(put, timeout=10).close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True, type=Path)
    program = parser.parse_args().program.resolve()
    folder = Path(tempfile.mkdtemp(prefix="shopstack-pipeline-"))
    world = None
    try:
        world = World(folder, program)
        check(world)
    finally:
        if world:
            end_all([process.pid for process in world.started.processes.values()])
            world.slack.shutdown()
        shutil.rmtree(folder, ignore_errors=True)
    note("the phases of buildspec.yml work, with stand-ins of docker and trivy")


if __name__ == "__main__":
    main()
