#!/usr/bin/env python3
"""Validates docs/openapi.json with two independent validators: `make check-openapi`.

openapi-spec-validator (PyPI) checks the document against the schema of OpenAPI 3.1, redocly (npm) also what its parts say about
each other. Both are installed into the cache at pinned versions. A test of the program checks that the document is current.
"""
import subprocess
import sys
import venv
from pathlib import Path

from programs import cached, made_once
from services import note, run

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs/openapi.json"
SPEC_VALIDATOR, REDOCLY = "0.9.0", "2.77.0"
RULES = """extends:
  - recommended
rules:
  # A return from a bank only redirects.
  operation-2xx-response: off
"""


def spec_validator(folder):
    venv.create(folder, with_pip=True)
    run(folder / "bin/pip", "install", "--quiet", f"openapi-spec-validator=={SPEC_VALIDATOR}")


def redocly(folder):
    run("npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", folder, f"@redocly/cli@{REDOCLY}")
    (folder / "redocly.yaml").write_text(RULES)


def main():
    # A virtual environment has its own path in its scripts, so it is not made under another name first.
    environment = cached("openapi-spec-validator", SPEC_VALIDATOR)
    if not (environment / "bin/openapi-spec-validator").exists():
        note(f"installing openapi-spec-validator {SPEC_VALIDATOR}")
        spec_validator(environment)
    linter = made_once(cached("redocly", REDOCLY), redocly)
    lint = [linter / "node_modules/.bin/redocly", "lint", DOCUMENT, "--config", linter / "redocly.yaml"]
    checks = [[environment / "bin/openapi-spec-validator", DOCUMENT], lint]
    failed = [check[0].name for check in checks if subprocess.run(check, check=False).returncode != 0]
    if failed:
        sys.exit(f"docs/openapi.json is invalid for {' and '.join(failed)}")
    print("docs/openapi.json is valid")


if __name__ == "__main__":
    main()
