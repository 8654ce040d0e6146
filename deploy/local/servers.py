"""Versions of the servers that a shop runs on, beside those that services.py installs.

A newer version comes from another Debian suite, unpacked with its libraries into a cache outside the checkout (remove its folder
to take a newer one). No script of a package is run, and nothing of this machine is replaced: the server sees the unpacked
/usr in a mount namespace of its own.
"""
import contextlib
import os
import re
import secrets
import shutil
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import programs
import services
from services import CACHE, answers, end_all, free_port, inside, note, run

# What the scripts of the servers call; those of Debian rely on essential packages.
TOOLS = "dash,bash,coreutils,sed,grep,gawk,hostname,util-linux,findutils,procps"
# Exactly the documented rights of a service, so that a missing one is noticed here.
RIGHTS = "SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, INDEX"
# Prefixes of testkit::servers and of shop.py. An underscore would stand for any letter.
PREFIXES = [r"test\_%", r"shop\_%"]
LIBSSL = "servers/bullseye-libssl1.1"
# A user who may log in without TLS, for the tests that refuse it.
PLAIN_USER = "plain"


class Server(NamedTuple):
    """A version of a server: its role in a shop, the first numbers of its version, and where it comes from."""
    name: str
    role: str
    version: str
    # None is this machine's own, which services.py installs.
    suite: str | None = None
    package: str | None = None
    program: str | None = None


MARIADB_10, MARIADB_11 = (Server("MariaDB 10.11", "database", "10.11", program="mariadbd"),
                          Server("MariaDB 11.8", "database", "11.8", "trixie", "mariadb-server", "mariadbd"))
MYSQL_9 = Server("MySQL 9.7", "database", "9.7", "sid", "mysql-server-core", "mysqld")
RABBITMQ_3, RABBITMQ_40, RABBITMQ_43 = (Server("RabbitMQ 3.10", "broker", "3.10"),
                                        Server("RabbitMQ 4.0", "broker", "4.0", "trixie", "rabbitmq-server"),
                                        Server("RabbitMQ 4.3", "broker", "4.3", "sid", "rabbitmq-server"))
REDIS_7, REDIS_8 = (Server("Redis 7.0", "carts", "7.0", program="redis-server"),
                    Server("Redis 8.0", "carts", "8.0", "trixie", "redis-server", "redis-server"))
VALKEY_8, VALKEY_9 = (Server("Valkey 8.1", "carts", "8.1", "trixie", "valkey-server", "valkey-server"),
                      Server("Valkey 9.1", "carts", "9.1", "sid", "valkey-server", "valkey-server"))
MONGODB_OLD, MONGODB_NEW = (Server("MongoDB 6.0.5", "documents", "6.0.5"), Server("MongoDB 6.0.27", "documents", "6.0.27"))


def root_of(server):
    """The folder with the unpacked /usr of a server, or None if this machine has it."""
    return server.suite and CACHE / "servers" / f"{server.suite}-{server.package}"


def install(server):
    """Fetches a server unless it is there."""
    if server.role == "documents":
        services.mongod(server.version)
        if server is MONGODB_NEW:
            # Its build needs a library that only an older Debian has.
            programs.made_once(CACHE / LIBSSL, lambda folder: programs.unpack("bullseye", ["libssl1.1"], folder))
    elif server.suite is None:
        services.install(services.DEBIAN_PACKAGES)
    elif not root_of(server).exists():
        services.install({"mmdebstrap": "mmdebstrap"})
        programs.made_once(root_of(server), lambda folder: unpack(server, folder))


def unpack(server, folder):
    # A mirror may be behind what the index allows; its signature is checked all the same.
    run("mmdebstrap", "--variant=extract", f"--include={TOOLS},{server.package}", '--aptopt=Acquire::Check-Valid-Until "false"',
        server.suite, str(folder), f"deb [signed-by={programs.KEYRING}] {services.mirror()} {server.suite} main")
    # The scripts of packages, which do not run, would make this link.
    (folder / "usr/bin/awk").symlink_to("gawk")


def version(server):
    """The full version of an installed server. Fails if Debian has moved on from the one that is wanted."""
    if server.role == "documents":
        return server.version
    if server.role == "broker":
        libraries = Path(root_of(server) or "/", "usr/lib/rabbitmq/lib")
        found = next(folder.name.split("-", 1)[1] for folder in libraries.glob("rabbitmq_server-*"))
    else:
        program = services.found(server.program) if server.suite is None else server.program
        found = re.search(r"(?:Ver |v=)([\d.]+)", run(*inside(root_of(server)), program, "--version")).group(1)
    if not f"{found}.".startswith(f"{server.version}."):
        sys.exit(f"{server.suite or 'this machine'} has {found} in place of {server.name}; change the table in servers.py")
    return found


def start_mysql(started, port, password, root):
    data, tls = started.folder / "mysql", started.folder / "tls"
    services.certificates(tls)
    as_user = ["--user=root"] if os.geteuid() == 0 else []
    run(*inside(root), "mysqld", "--no-defaults", "--initialize-insecure", f"--datadir={data}", *as_user)
    first = started.folder / "first.sql"
    # Once per start, and the users exist from the second start on.
    users = "".join(f"CREATE USER IF NOT EXISTS {user}@'%' IDENTIFIED BY '{password}'{tls_only};\n"
                    + "".join(f"GRANT {RIGHTS} ON `{prefix}`.* TO {user}@'%';\n" for prefix in PREFIXES)
                    for user, tls_only in (("shopstack", " REQUIRE SSL"), (PLAIN_USER, "")))
    first.write_text(f"ALTER USER root@localhost ACCOUNT LOCK;\n{users}")
    started.process("mysql", [
        *inside(root), "mysqld", "--no-defaults", f"--datadir={data}", f"--port={port}", "--bind-address=127.0.0.1",
        "--mysqlx=OFF", "--secure-file-priv=", f"--socket={started.folder / 'mysql.sock'}",
        f"--pid-file={started.folder / 'mysql.pid'}", f"--init-file={first}", f"--ssl-ca={tls / 'ca.pem'}",
        f"--ssl-cert={tls / 'server.pem'}", f"--ssl-key={tls / 'server.key'}", "--max-connections=500", *as_user])
    started.wait("mysql", lambda: answers(port))


def start(started, chosen):
    """Starts one server of each role, and returns the variables by which a shop finds them."""
    of = {server.role: server for server in chosen}
    password = secrets.token_hex(12)
    database, carts, documents = free_port(), free_port(), free_port()
    broker = {name: free_port() for name in ("amqp", "distribution", "names")}
    note(f"starting {', '.join(server.name for server in chosen)}")
    start_database = start_mysql if of["database"] is MYSQL_9 else services.start_mariadb
    start_database(started, database, password, root_of(of["database"]))
    services.start_redis(started, carts, of["carts"].program, root_of(of["carts"]))
    libraries = next((CACHE / LIBSSL / "usr/lib").glob("*-linux-gnu")) if of["documents"] is MONGODB_NEW else None
    services.start_mongodb(started, services.mongod(of["documents"].version), documents, libraries)
    services.start_rabbitmq(started, broker, password, root_of(of["broker"]))
    environment = services.environment_of(started.folder, password, carts, database, documents, broker["amqp"])
    return environment, broker


@contextlib.contextmanager
def private():
    """Processes that are ended in any case, with a folder that is then removed."""
    started = services.Started(tempfile.mkdtemp(prefix="shopstack-servers-"))
    try:
        yield started
    finally:
        end_all([process.pid for process in started.processes.values()])
        shutil.rmtree(started.folder, ignore_errors=True)
