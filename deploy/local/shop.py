#!/usr/bin/env python3
"""The shop as eight processes behind nginx, on the backends of services.py: for development and tests.

    shop.py start [--replicas N] [--program PATH] [--services FOLDER] [--carrier NAME] [--pace SECONDS] [--transfer]
                                                    start all, fill the shop with demo data, print its URL; the
                                                    folder has a program for each service, built for that service;
                                                    the carrier is simulated (the default) or manual; a simulated
                                                    shipment takes the pace for each step, 1 s by default; --transfer
                                                    offers bank transfer beside cards
    shop.py env                                     print the environment of its services
    shop.py stop                                    stop exactly those processes
"""
import argparse
import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

import services as backends
from services import CACHE, Started, end_all, free_port, note

STATE = CACHE / "shop.json"
ROOT = Path(__file__).resolve().parents[2]
SERVICES = ["user", "catalogue", "shipping", "ratings", "cart", "payment", "dispatch", "web"]


def nginx_program():
    program = backends.found("nginx")
    if program is None:
        sys.exit("nginx is missing; run services.py start")
    return program


def spread(name, port, replicas):
    """Configures nginx to balance connections over the replicas of one service, as a Kubernetes service does. A replica that was
    down counts as up when it accepts connections, and not ten seconds later."""
    lines = "".join(f"    server 127.0.0.1:{one} max_fails=0;\n" for one in replicas)
    return (f"  upstream {name} {{\n{lines}  }}\n"
            f"  server {{\n    listen 127.0.0.1:{port};\n    proxy_connect_timeout 1s;\n    proxy_pass {name};\n  }}\n")


def write_balancer(folder, spreaders):
    """The configuration of a second nginx, so that replicas can be taken out while the edge keeps its connections."""
    as_user = "user root;\n" if os.geteuid() == 0 else ""
    config = folder / "balancer.conf"
    config.write_text(f"load_module {backends.found('/usr/lib/nginx/modules/ngx_stream_module.so')};\n{as_user}daemon off;\n"
                      f"pid {folder}/balancer.pid;\nerror_log {folder}/balancer.log warn;\nworker_processes 1;\n"
                      f"events {{ worker_connections 4096; }}\nstream {{\n{spreaders}}}\n")
    return config


def write_nginx(folder, port, hosts):
    values = {f"{name.upper()}_HOST": host for name, host in hosts.items()}
    values |= {"NGINX_PORT": f"127.0.0.1:{port}", "NGINX_RESOLVER": "127.0.0.1", "NGINX_TRUSTED_PROXY": "127.0.0.2",
               # Requests from this machine are not rate limited.
               "NGINX_RATE_LIMIT": "100r/s", "NGINX_RATE_BURST": "1000", "NGINX_FOLDER": str(ROOT / "deploy/nginx"),
               "NGINX_ASSETS": str(folder / "assets"), "NGINX_CACHE": str(folder / "nginx-pictures")}
    text = (ROOT / "deploy/nginx/shopstack.conf.template").read_text()
    for name, value in values.items():
        text = text.replace("${" + name + "}", value)
    as_user = "user root;\n" if os.geteuid() == 0 else ""
    temporary = "".join(f"  {kind}_temp_path {folder}/nginx-{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    config = folder / "nginx.conf"
    config.write_text(f"{as_user}daemon off;\npid {folder}/nginx.pid;\nerror_log {folder}/nginx.log warn;\nworker_processes 2;\n"
                      f"events {{ worker_connections 4096; }}\nhttp {{\n{temporary}{text.replace('/dev/stdout', str(folder / 'access.log'))}\n}}\n")
    return config


def healthy(port):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=3) as response:
        return response.status == 200


def start(program, replicas, services=None, carrier="simulated", pace=1, transfer=False):
    if STATE.exists():
        stop()
    shared = backends.start()
    folder = Path(tempfile.mkdtemp(prefix="shopstack-shop-"))
    started = Started(folder)
    try:
        return start_in(folder, started, shared, program, replicas, services, carrier, pace, transfer)
    except BaseException:
        end_all([process.pid for process in started.processes.values()])
        raise


def start_in(folder, started, shared, program, replicas, services, carrier="simulated", pace=1, transfer=False):
    shop = secrets.token_hex(4)
    subprocess.run([program, "secrets", folder / "secrets"], check=True, stdout=subprocess.DEVNULL)
    subprocess.run([program, "assets", folder / "assets"], check=True, stdout=subprocess.DEVNULL)
    public, gateway = free_port(), free_port()
    sandbox, key = f"http://127.0.0.1:{gateway}", f"local:{secrets.token_hex(24)}"
    ports = {name: [free_port() for _ in range(replicas)] for name in SERVICES}
    entry = {name: ports[name][0] if replicas == 1 else free_port() for name in SERVICES}
    hosts = {name: f"127.0.0.1:{port}" for name, port in entry.items()}
    environment = {**shared["environment"], **{f"{name.upper()}_HOST": host for name, host in hosts.items()},
                   "SECRETS_DIR": str(folder / "secrets"), "PUBLIC_URL": f"http://127.0.0.1:{public}", "DEMO": "1",
                   "SHIPPING_CARRIER": carrier, "CARRIER_PACE": str(pace),
                   # With parcels that people ship, each is paid when it leaves.
                   "SANDBOX_CAPTURE": "shipped" if carrier == "manual" else "now", "LOG": os.environ.get("LOG", "warn"), "LOG_FORMAT": "json",
                   "MONGO_PREFIX": f"shop_{shop}_", "DB_PREFIX": f"shop_{shop}_", "REDIS_PREFIX": f"shop_{shop}",
                   "AMQP_PREFIX": f"shop_{shop}", "SHOPSTACK_DATA_DIR": str(folder / "data"),
                   "SANDBOX_URL": sandbox, "SANDBOX_WEBHOOK_KEYS": key}
    if transfer:
        # An account number from the standard's own examples (ISO 13616).
        environment |= {"PAYMENT_GATEWAY": "sandbox,transfer", "TRANSFER_HOLDER": "Fieldhouse",
                        "TRANSFER_IBAN": "DE89370400440532013000"}
    if replicas > 1:
        spreaders = "".join(spread(name, entry[name], ports[name]) for name in SERVICES)
        started.process("balancer", [nginx_program(), "-c", write_balancer(folder, spreaders)])
    started.process("nginx", [nginx_program(), "-c", write_nginx(folder, public, hosts)])
    started.wait("nginx", lambda: backends.answers(public))
    started.process("sandbox", [program, "sandbox", "--port", gateway, "--webhooks",
                                f"http://127.0.0.1:{public}/api/v1/webhooks/sandbox"], env=environment)
    started.wait("sandbox", lambda: backends.answers(gateway))
    note(f"starting {len(SERVICES)} services, {replicas} of each")
    for name in SERVICES:
        for number, port in enumerate(ports[name]):
            # A replica of catalogue has a search index of its own.
            own = {"SHOPSTACK_DATA_DIR": str(folder / f"catalogue-{number}")} if name == "catalogue" else {}
            serves = Path(services, name) if services else program
            started.process(f"{name}-{number}", [serves, "serve", name, "--host", "127.0.0.1", "--port", port],
                            env=environment | own)
    for name in SERVICES:
        for number, port in enumerate(ports[name]):
            started.wait(f"{name}-{number}", lambda: healthy(port))
    note("filling the shop with demo data")
    subprocess.run([program, "demo"], check=True, env=dict(os.environ, **environment), stdout=subprocess.DEVNULL)
    state = {"folder": str(folder), "processes": started.commands,
             "ports": ports, "environment": environment, "url": environment["PUBLIC_URL"]}
    STATE.write_text(json.dumps(state, indent=1))
    STATE.chmod(0o600)
    return state


def stop():
    if not STATE.exists():
        note("no shop was started here")
        return
    state = json.loads(STATE.read_text())
    end_all(backends.pids(state))
    shutil.rmtree(state["folder"], ignore_errors=True)
    STATE.unlink()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["start", "env", "stop"])
    parser.add_argument("--replicas", type=int, default=1)
    target = os.environ.get("CARGO_TARGET_DIR", str(ROOT / "target"))
    parser.add_argument("--program", default=f"{target}/debug/shopstack")
    parser.add_argument("--services", metavar="FOLDER")
    parser.add_argument("--carrier", choices=["simulated", "manual"], default="simulated")
    parser.add_argument("--pace", type=int, default=1)
    parser.add_argument("--transfer", action="store_true")
    options = parser.parse_args()
    if options.command == "stop":
        stop()
        return
    if options.command == "start":
        state = start(options.program, options.replicas, options.services, options.carrier, options.pace, options.transfer)
    else:
        state = json.loads(STATE.read_text())
    for name, value in state["environment"].items():
        print(f"export {name}='{value}'")
    print(f"export SHOPSTACK_BASE_URL='{state['url']}'")


if __name__ == "__main__":
    main()
