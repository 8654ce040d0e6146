#!/usr/bin/env python3
"""A shop on combinations of server versions: MariaDB or MySQL, RabbitMQ, Redis or Valkey, MongoDB.

    matrix.py test [--only NAME]   for each combination: the tests of stores and broker, `doctor`, a purchase on eight services
                                   and an audit; then the upgrade of RabbitMQ and logins without TLS; a table at the end
    matrix.py with NAME COMMAND... run a command that finds a combination with this server in its environment
    matrix.py list                 the combinations and the versions that are installed

NAME is a part of a server's name, such as "MySQL" or "MariaDB 11". Each version of a server is in at least one combination;
a full product would say little more. servers.py fetches what this machine does not have. Servers listen on loopback and are always
stopped again; processes of services.py and shop.py are left alone.
"""
import os
import re
import signal
import subprocess
import sys
import time

import rabbitmq_upgrade
import servers
import shop
from servers import (MARIADB_10, MARIADB_11, MONGODB_NEW, MONGODB_OLD, MYSQL_9, PLAIN_USER, RABBITMQ_3, RABBITMQ_40, RABBITMQ_43,
                     REDIS_7, REDIS_8, VALKEY_8, VALKEY_9)
from services import end_all, note

COMBINATIONS = [
    (MARIADB_10, RABBITMQ_3, REDIS_7, MONGODB_OLD),
    (MARIADB_11, RABBITMQ_40, VALKEY_8, MONGODB_NEW),
    (MYSQL_9, RABBITMQ_43, REDIS_8, MONGODB_NEW),
    (MARIADB_11, RABBITMQ_43, VALKEY_9, MONGODB_OLD),
]
# The words by which `doctor` and a starting service refuse a login that needs TLS.
REFUSAL = "DB_TLS=off does not work with MySQL's login"


class Failed(Exception):
    """A check that did not hold; its message says which."""


def program():
    return shop.ROOT / os.environ.get("CARGO_TARGET_DIR", "target") / "debug/shopstack"


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
        raise Failed(f"cargo {words[0]}")
    return passed


def shopstack(environment, *words):
    """Runs the program, and returns its exit code and what it printed."""
    done = subprocess.run([program(), *words], env=dict(os.environ, **environment), stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)
    return done.returncode, done.stdout


def succeed(environment, *words):
    code, text = shopstack(environment, *words)
    if code != 0:
        print(text)
        raise Failed(f"shopstack {words[0]}")
    return text


def check_doctor(environment, chosen):
    """`doctor` must call each server whose version it reads by its name, and must find no error."""
    code, text = shopstack(environment, "doctor", "--backends")
    print(text)
    for server in chosen:
        # RabbitMQ is asked for its abilities instead.
        product = f"{server.name.split()[0]} " if server.role == "carts" else ""
        if server.role != "broker" and f"{product}version {server.version}" not in text:
            raise Failed(f"doctor does not name {server.name}")
    errors = [line for line in text.splitlines() if line.startswith("ERROR")]
    if errors:
        raise Failed(f"doctor finds {errors[0]}")


def buy(started, environment):
    """A purchase on eight services, and an audit that finds nothing."""
    # With its own state file, so that a running shop is left alone.
    shop.STATE = started.folder / "shop.json"
    state = shop.start_in(started.folder, started, {"environment": environment}, program(), replicas=1, services=None)
    environment = state["environment"] | {"SHOPSTACK_BASE_URL": state["url"]}
    check = succeed(environment, "probe", state["url"])
    print(check)
    succeed(environment, "audit", "--backends")
    return environment


def test_combination(chosen, acceptance):
    with servers.private() as started:
        environment, _ = servers.start(started, chosen)
        stores = cargo(environment, "test", "--workspace", "--tests", "--no-fail-fast", "--", "--ignored")
        if stores == 0:
            raise Failed("no tests")
        environment = buy(started, environment)
        check_doctor(environment, chosen)
        suite = 0
        if acceptance:
            suite = cargo(environment, "test", "-p", "shopstack", "--test", "it")
            succeed(environment, "audit", "--backends")
        return f"{stores} tests of stores and broker" + (f", {suite} of the acceptance suite" if acceptance else "") + ", a purchase, a clean audit"


def refused(environment, login):
    code, text = shopstack(environment, "doctor", "--backends")
    if code == 0 or REFUSAL not in text:
        print(text)
        raise Failed(f"doctor {login} does not refuse DB_TLS=off")
    code, text = shopstack(environment, "migrate", "payment")
    if code == 0 or REFUSAL not in text:
        print(text)
        raise Failed(f"a start {login} does not refuse DB_TLS=off")


def test_login_without_tls():
    """MySQL remembers a login until it restarts, so that one without TLS works by chance. Both cases must be refused."""
    with servers.private() as started:
        environment, _ = servers.start(started, (MYSQL_9, RABBITMQ_3, REDIS_7, MONGODB_OLD))
        subprocess.run([program(), "secrets", started.folder / "secrets"], check=True, stdout=subprocess.DEVNULL)
        environment |= {"SECRETS_DIR": str(started.folder / "secrets"), "DB_USER": PLAIN_USER, "DB_PREFIX": "shop_plain_"}
        refused(environment | {"DB_TLS": "off"}, "before a login over TLS")
        succeed(environment | {"DB_TLS": "verify"}, "migrate", "payment")
        refused(environment | {"DB_TLS": "off"}, "after a login over TLS")
    return "refused in words by doctor and at the start, with and without an earlier login over TLS"


def measured(results, name, versions, test):
    """Runs a test, and adds its line of the table."""
    print(f"\n== {name}", flush=True)
    began = time.monotonic()
    try:
        outcome, good = test(), True
    except (Failed, subprocess.CalledProcessError) as error:
        outcome, good = f"FAILED: {error}", False
    # Servers that do not start exit with their log.
    except SystemExit as error:
        outcome, good = f"FAILED: {str(error.code).splitlines()[0]}", False
        print(error.code)
    results.append((good, versions, f"{outcome} ({time.monotonic() - began:.0f} s)"))


def versions_of(chosen):
    return ", ".join(f"{server.name.split()[0]} {servers.version(server)}" for server in chosen)


def install(combinations):
    for server in {server for chosen in combinations for server in chosen}:
        servers.install(server)


def test(only):
    combinations = [chosen for chosen in COMBINATIONS if any(only in server.name for server in chosen)]
    if not combinations:
        sys.exit(f"no combination has a server {only}")
    install(combinations)
    cargo({}, "build", "-p", "shopstack")
    results = []
    for chosen in combinations:
        measured(results, ", ".join(server.name for server in chosen), versions_of(chosen),
                 lambda: test_combination(chosen, acceptance=MYSQL_9 in chosen))
    if MYSQL_9 in {server for chosen in combinations for server in chosen}:
        measured(results, "MySQL without TLS", versions_of([MYSQL_9]), test_login_without_tls)
    if not only:
        for newer in (RABBITMQ_40, RABBITMQ_43):
            measured(results, f"from RabbitMQ 3.10 to {newer.version}", versions_of([RABBITMQ_3, newer]),
                     lambda: rabbitmq_upgrade.test(newer, program()))
    print()
    for good, versions, outcome in results:
        print(f"{'ok  ' if good else 'FAIL'} {versions:75} {outcome}")
    sys.exit(0 if all(good for good, _, _ in results) else 1)


def run_with(name, command):
    chosen = next((chosen for chosen in COMBINATIONS if any(name in server.name for server in chosen)), None)
    if chosen is None:
        sys.exit(f"no combination has a server {name}")
    install([chosen])
    with servers.private() as started:
        environment, _ = servers.start(started, chosen)
        return subprocess.run(command, env=dict(os.environ, **environment)).returncode


def main():
    # So that ending this ends what it has started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    words = sys.argv[1:]
    if words == ["test"]:
        test("")
    elif words[:2] == ["test", "--only"] and len(words) == 3:
        test(words[2])
    elif words[:1] == ["with"] and len(words) > 2:
        sys.exit(run_with(words[1], words[2:]))
    elif words == ["list"]:
        install(COMBINATIONS)
        for chosen in COMBINATIONS:
            note(versions_of(chosen))
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
