"""A shop whose broker is replaced: from RabbitMQ 3.10 to 4, as docs/operate/rabbitmq.md says.

RabbitMQ 4 does not open the data of 3.10. So the queues are emptied, the old broker is stopped, and an empty new one takes its
place; what customers buy meanwhile waits in the outboxes.
"""
import os
import shutil
import subprocess
import time

import servers
import services
import shop
from customers import Customer
from servers import MARIADB_10, MONGODB_OLD, RABBITMQ_3, REDIS_7

TIMEOUT = 120


def rabbitmqctl(started, ports, *words, root=None):
    folder = started.folder / "rabbitmq"
    environment = dict(os.environ, **services.rabbitmq_environment(folder, ports))
    return services.run(*services.inside(root), "/usr/lib/rabbitmq/bin/rabbitmqctl", "--quiet", *words, env=environment, cwd=folder)


def messages(started, ports, root=None):
    """The messages of each queue of the broker that has any."""
    lines = rabbitmqctl(started, ports, "list_queues", "--no-table-headers", "name", "messages", root=root).splitlines()
    return {name: int(number) for name, number in (line.split() for line in lines if line.strip()) if number != "0"}


def wait_until_empty(started, ports, root=None):
    until = time.monotonic() + TIMEOUT
    while (left := messages(started, ports, root)) and time.monotonic() < until:
        time.sleep(0.5)
    if left:
        raise SystemExit(f"the queues are not empty: {left}")


def buy(url):
    customer = Customer(url.removeprefix("http://"))
    body = customer.prepare()
    headers = {"idempotency-key": os.urandom(16).hex()}
    return customer.call("POST", "/api/v1/checkout", body, headers)[1]


def opens_old_data(started, newer, folder, ports):
    """Returns true if the newer version starts on a copy of the data of the older one."""
    shutil.copytree(started.folder / "rabbitmq", folder)
    process = started.process("copy", [*services.inside(servers.root_of(newer)), "/usr/lib/rabbitmq/bin/rabbitmq-server"],
                              env=services.rabbitmq_environment(folder, ports), cwd=folder)
    until = time.monotonic() + TIMEOUT
    while process.poll() is None and time.monotonic() < until:
        try:
            if services.answers(ports["amqp"]):
                return True
        except OSError:
            pass
        time.sleep(0.2)
    services.end_all([process.pid])
    return False


def run_shopstack(program, environment, *words):
    subprocess.run([program, *words], env=dict(os.environ, **environment), check=True, stdout=subprocess.DEVNULL)


def test(newer, program):
    with servers.private() as started:
        environment, ports = servers.start(started, (MARIADB_10, RABBITMQ_3, REDIS_7, MONGODB_OLD))
        shop.STATE = started.folder / "shop.json"
        state = shop.start_in(started.folder, started, {"environment": environment}, program, replicas=1, services=None)
        environment, url = state["environment"], state["url"]
        run_shopstack(program, environment, "probe", url)
        wait_until_empty(started, ports)
        services.end_all([started.processes["rabbitmq"].pid])
        for _ in range(3):
            buy(url)
        folder = started.folder / "rabbitmq"
        if opens_old_data(started, newer, started.folder / "copy", ports):
            raise SystemExit(f"{newer.name} opens the data of 3.10, so docs/operate/rabbitmq.md is out of date")
        shutil.rmtree(folder / "mnesia")
        services.run_rabbitmq(started, folder, ports, servers.root_of(newer))
        # The shop connects by itself, declares its queues, and publishes what waited.
        run_shopstack(program, environment, "probe", url)
        wait_until_empty(started, ports, servers.root_of(newer))
        run_shopstack(program, environment, "audit", "--backends")
    return "three orders that were placed while there was no broker went on, a clean audit"
