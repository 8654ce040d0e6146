"""A shop in one process on its own data directory, which can be killed and restarted, and its audit."""
import json
import os
import re
import shutil
import subprocess
import tempfile
import urllib.request
from pathlib import Path

import services
from test_faults import until


def audit(program, storage, environment):
    """The report of the audit, without payments that their customers may still complete."""
    run = subprocess.run([program, "audit", *storage, "--json"], env=environment, capture_output=True, text=True, check=False)
    if run.returncode not in (0, 1):
        raise RuntimeError(run.stderr)
    report = json.loads(run.stdout)
    payable = re.compile(r"^payment (payable|reserving|closing)$")
    report["findings"] = [one for one in report["findings"] if not payable.match(one["detail"])]
    return report


class PortTaken(RuntimeError):
    """A port was bound by another program between its choice and the start of the shop."""


class Embedded:
    """A shop in one process. `template` is a directory that is copied as its initial data, `carrier` one of `manual` and
    `simulated`, and `capture` one of `now` and `shipped`."""

    def __init__(self, program, template=None, carrier="simulated", capture="now"):
        self.program, self.folder = program, Path(tempfile.mkdtemp(prefix="shopstack-"))
        if template:
            shutil.copytree(template, self.folder, dirs_exist_ok=True)
        self.environment = dict(os.environ, SHIPPING_CARRIER=carrier, CARRIER_PACE="1", SANDBOX_CAPTURE=capture, LOG="warn",
                                LOG_FORMAT="json")
        self.storage = ["--data-dir", str(self.folder / "data")]
        self.choose_ports()
        try:
            self.start()
        except PortTaken:
            # Another program of the machine was faster.
            self.choose_ports()
            self.start()

    def choose_ports(self):
        self.ports = [services.free_port(), services.free_port()]
        self.address, self.process = f"127.0.0.1:{self.ports[0]}", None

    def start(self, **environment):
        """Starts the process with these additional variables, and returns when the shop is healthy."""
        ports = ["--port", str(self.ports[0]), "--operations-port", str(self.ports[1])]
        with open(self.folder / "up.log", "ab") as log:
            self.log_start = log.tell()
            self.process = subprocess.Popen([self.program, "up", "--demo", *self.storage, *ports],
                                            env={**self.environment, **environment}, stdout=log, stderr=log,
                                            start_new_session=True)
        until("the shop is healthy", 120, self.is_healthy)

    def is_healthy(self):
        if self.process.poll() is not None:
            log = (self.folder / "up.log").read_bytes()[self.log_start:].decode()
            kind = PortTaken if "Address already in use" in log else RuntimeError
            raise kind(f"the shop ended with {self.process.returncode} before it was healthy:\n{log}")
        try:
            with urllib.request.urlopen(f"http://{self.address}/health", timeout=2) as response:
                return response.status == 200
        except OSError:
            return False

    def stop(self):
        self.process.terminate()
        self.process.wait()

    def end(self):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
