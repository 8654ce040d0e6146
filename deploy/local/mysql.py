#!/usr/bin/env python3
"""MySQL itself, in place of the MariaDB of services.py: a private instance on a free port, over TLS.

    mysql.py test              every test of a store on MySQL, then the acceptance suite against a shop on it
    mysql.py with COMMAND...   run a command that finds MySQL in its environment

Debian releases have MariaDB only; MySQL comes from unstable, unpacked beside the system in a cache outside the checkout
(remove its folder to take a newer one) and run with its own libraries. It listens on loopback only and is always
stopped again; processes of services.py and shop.py are left alone.
"""
import contextlib
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import services
import shop
from services import CACHE, Started, answers, end_all, free_port, note, run

SUITE = "sid"
PACKAGE = "mysql-server-core"
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
UNPACKED = CACHE / "mysql" / SUITE

CRATES = ["chassis", "events", "payment", "dispatch", "shipping", "ratings"]
# Parts of the names of ignored tests that need other servers. All other ignored tests run here: one that needs more than
# MySQL fails instead of being skipped silently.
OTHER_SERVERS = ["rabbitmq", "redis", "mongo"]
# Exactly the documented rights of a service, so that a missing one is noticed here.
RIGHTS = "SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, INDEX"
# Prefixes of testkit::servers and of shop.py. An underscore would stand for any letter.
PREFIXES = [r"test\_%", r"shop\_%"]


def install():
    """Unpacks MySQL unless it is cached; no package script is run."""
    if UNPACKED.exists():
        return
    services.install({"mmdebstrap": "mmdebstrap"})
    note(f"fetching MySQL from Debian {SUITE}")
    UNPACKED.parent.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix=f"{SUITE}.", dir=UNPACKED.parent))
    try:
        # A mirror may be behind what the index allows; its signature is checked all the same.
        run("mmdebstrap", "--variant=extract", f"--include={PACKAGE}", '--aptopt=Acquire::Check-Valid-Until "false"',
            SUITE, str(unfinished), f"deb [signed-by={KEYRING}] {services.mirror()} {SUITE} main")
        unfinished.rename(UNPACKED)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def mysqld(*options):
    """Returns a command that runs MySQL with its own loader, libraries and messages."""
    usr = UNPACKED / "usr"
    loader = next(usr.glob("lib/*-linux-gnu/ld-linux-*.so.*"))
    as_user = ["--user=root"] if os.geteuid() == 0 else []
    return [str(word) for word in (
        loader, "--library-path", loader.parent, usr / "sbin/mysqld", "--no-defaults", f"--basedir={usr}",
        f"--lc-messages-dir={usr / 'share/mysql'}", f"--character-sets-dir={usr / 'share/mysql/charsets'}",
        f"--plugin-dir={usr / 'lib/mysql/plugin'}", *as_user, *options)]


def version():
    return re.search(r"Ver (\S+)", run(*mysqld("--version"))).group(1)


def start_mysql(started, port, password):
    data, tls = started.folder / "mysql", started.folder / "tls"
    services.certificates(tls)
    run(*mysqld("--initialize-insecure", f"--datadir={data}"))
    first = started.folder / "first.sql"
    grants = "".join(f"GRANT {RIGHTS} ON `{prefix}`.* TO shopstack@'%';\n" for prefix in PREFIXES)
    first.write_text(f"ALTER USER root@localhost ACCOUNT LOCK;\n"
                     f"CREATE USER shopstack@'%' IDENTIFIED BY '{password}' REQUIRE SSL;\n{grants}")
    started.process("mysql", mysqld(
        f"--datadir={data}", f"--port={port}", "--bind-address=127.0.0.1", "--mysqlx=OFF", "--secure-file-priv=",
        f"--socket={started.folder / 'mysql.sock'}", f"--pid-file={started.folder / 'mysql.pid'}", f"--init-file={first}",
        "--require-secure-transport=ON", f"--ssl-ca={tls / 'ca.pem'}", f"--ssl-cert={tls / 'server.pem'}",
        f"--ssl-key={tls / 'server.key'}", "--max-connections=500"))
    started.wait("mysql", lambda: answers(port))
    return {"DB_HOST": "127.0.0.1", "DB_PORT": str(port), "DB_USER": "shopstack", "DB_PASSWORD": password,
            "DB_TLS": "verify", "DB_CA": str(tls / "ca.pem")}


def start_others(started, password):
    """Starts the other backends of a shop."""
    services.install(services.DEBIAN_PACKAGES)
    program = services.mongod()
    redis, mongodb, rabbitmq = free_port(), free_port(), {name: free_port() for name in ("amqp", "distribution", "names")}
    note("starting Redis, MongoDB and RabbitMQ")
    services.start_redis(started, redis)
    services.start_mongodb(started, program, mongodb)
    services.start_rabbitmq(started, rabbitmq, password)
    return {"MONGO_URL": f"mongodb://127.0.0.1:{mongodb}/?replicaSet=shopstack",
            "REDIS_HOST": "127.0.0.1", "REDIS_PORT": str(redis),
            "AMQP_HOST": "127.0.0.1", "AMQP_PORT": str(rabbitmq["amqp"]), "AMQP_USER": "shopstack", "AMQP_PASSWORD": password}


@contextlib.contextmanager
def private():
    """A folder whose processes are stopped and which is removed in any case."""
    folder = Path(tempfile.mkdtemp(prefix="shopstack-mysql-"))
    started = Started(folder)
    try:
        yield started
    finally:
        end_all([process.pid for process in started.processes.values()])
        shutil.rmtree(folder, ignore_errors=True)


def cargo(environment, *words):
    """Runs cargo in the checkout, prints its output, and returns the number of passed tests."""
    process = subprocess.Popen(["cargo", *words], cwd=shop.ROOT, env=dict(os.environ, **environment), stdout=subprocess.PIPE,
                               text=True, start_new_session=True)
    passed = 0
    try:
        for line in process.stdout:
            print(line, end="", flush=True)
            counted = re.match(r"test result: ok\. (\d+) passed", line)
            passed += int(counted.group(1)) if counted else 0
        result = process.wait()
    finally:
        end_all([process.pid])
    if result != 0:
        sys.exit(f"cargo {words[0]} failed on MySQL {version()}")
    return passed


def test_stores(environment):
    packages = [word for crate in CRATES for word in ("-p", crate)]
    skipped = [word for name in OTHER_SERVERS for word in ("--skip", name)]
    return cargo(environment, "test", *packages, "--tests", "--no-fail-fast", "--", "--ignored", *skipped)


def test_shop(started, environment):
    """Tests the shop of shop.py, with its own state file, so that a running shop is left alone."""
    cargo({}, "build", "-p", "shopstack")
    program = shop.ROOT / os.environ.get("CARGO_TARGET_DIR", "target") / "debug/shopstack"
    shop.STATE = started.folder / "shop.json"
    shared = {"environment": environment | start_others(started, secrets.token_hex(12))}
    state = shop.start_in(started.folder, started, shared, program, replicas=1, services=None)
    environment = state["environment"] | {"SHOPSTACK_BASE_URL": state["url"]}
    passed = cargo(environment, "test", "-p", "shopstack", "--test", "it")
    subprocess.run([program, "audit", "--backends"], check=True, env=dict(os.environ, **environment))
    return passed


def test():
    with private() as started:
        note(f"starting MySQL {version()}")
        environment = start_mysql(started, free_port(), secrets.token_hex(12))
        stores = test_stores(environment)
        note(f"a shop of eight services on MySQL {version()}")
        suite = test_shop(started, environment)
        note(f"MySQL {version()}: {stores} tests of stores and {suite} of the acceptance suite passed, the audit found nothing")
        if stores == 0 or suite == 0:
            sys.exit("nothing was tested")


def main():
    # So that ending this ends what it has started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    words = sys.argv[1:]
    if words == ["test"]:
        install()
        test()
    elif words[:1] == ["with"] and len(words) > 1:
        install()
        with private() as started:
            environment = start_mysql(started, free_port(), secrets.token_hex(12))
            result = subprocess.run(words[1:], env=dict(os.environ, **environment)).returncode
        sys.exit(result)
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
