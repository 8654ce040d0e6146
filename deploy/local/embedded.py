"""A shop in one process over files of its own, which can be killed and started again, and what its audit finds."""
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


def audit(program, books, environment):
    """What the audit finds, without what only has time left: a payment that its customer may still make."""
    run = subprocess.run([program, "audit", *books, "--json"], env=environment, capture_output=True, text=True, check=False)
    if run.returncode not in (0, 1):
        raise RuntimeError(run.stderr)
    report = json.loads(run.stdout)
    payable = re.compile(r"^(Payable|Reserving|Closing)$")
    report["findings"] = [one for one in report["findings"] if not payable.match(one["detail"])]
    return report


class Embedded:
    """`template` is a folder whose files the shop begins with."""

    def __init__(self, program, template=None):
        self.program, self.folder = program, Path(tempfile.mkdtemp(prefix="shopstack-"))
        if template:
            shutil.copytree(template, self.folder, dirs_exist_ok=True)
        self.ports = [services.free_port(), services.free_port()]
        self.address, self.process = f"127.0.0.1:{self.ports[0]}", None
        self.environment = dict(os.environ, CARRIER_PACE="1", LOG="warn", LOG_FORMAT="json")
        self.books = ["--data-dir", str(self.folder / "data")]
        self.start()

    def start(self, **environment):
        """With these variables besides; returns when the shop is open."""
        ports = ["--port", str(self.ports[0]), "--operations-port", str(self.ports[1])]
        with open(self.folder / "up.log", "ab") as log:
            self.process = subprocess.Popen([self.program, "up", "--demo", *self.books, *ports],
                                            env={**self.environment, **environment}, stdout=log, stderr=log,
                                            start_new_session=True)
        until("the shop is open", 120, self.is_open)

    def is_open(self):
        if self.process.poll() is not None:
            told = (self.folder / "up.log").read_text()
            raise RuntimeError(f"the shop ended with {self.process.returncode} before it was open:\n{told}")
        try:
            with urllib.request.urlopen(f"http://{self.address}/health", timeout=2) as answer:
                return answer.status == 200
        except OSError:
            return False

    def stop(self):
        self.process.terminate()
        self.process.wait()

    def end(self):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
