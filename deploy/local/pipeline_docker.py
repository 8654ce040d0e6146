#!/usr/bin/env python3
"""Stand-ins of docker, trivy and aws for check_pipeline.py. docker pushes small images to the registry by its HTTP API: an index
of one image per platform with the labels of the Dockerfile. FAIL names the command that fails, such as `docker login`."""
import hashlib
import json
import os
import sys
import urllib.error
import urllib.request
from pathlib import Path

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"


def encoded(value):
    return json.dumps(value, sort_keys=True).encode()


def digest(content):
    return "sha256:" + hashlib.sha256(content).hexdigest()


def request(url, method="GET", content=None, **headers):
    return urllib.request.urlopen(urllib.request.Request(url, data=content, method=method, headers=headers), timeout=30)


def split(image):
    """Registry, repository and tag or digest of an image."""
    registry, _, rest = image.partition("/")
    repository, _, reference = rest.partition("@") if "@" in rest else rest.rpartition(":")
    return registry, repository, reference


def push_blob(base, content):
    with request(f"{base}/blobs/uploads/", "POST", b"") as answer:
        place = answer.headers["Location"]
    separator = "&" if "?" in place else "?"
    request(f"{place}{separator}digest={digest(content)}", "PUT", content, **{"Content-Type": "application/octet-stream"}).close()


def push_manifest(base, reference, content, kind):
    request(f"{base}/manifests/{reference}", "PUT", content, **{"Content-Type": kind}).close()
    return {"mediaType": kind, "digest": digest(content), "size": len(content)}


def build(arguments):
    """Pushes the image that the arguments describe, and writes its digest."""
    options = {}
    for name, value in zip(arguments, arguments[1:]):
        options.setdefault(name, []).append(value)
    if not (Path(arguments[-1]) / "Cargo.lock").exists():
        sys.exit("the context has no source")
    values = dict(one.split("=", 1) for one in options["--build-arg"])
    registry, repository, tag = split(options["--tag"][0])
    base = f"http://{registry}/v2/{repository}"
    manifests = []
    for platform in options["--platform"][0].split(","):
        system, architecture = platform.split("/")
        labels = {"org.opencontainers.image.version": values["VERSION"], "org.opencontainers.image.revision": values["REVISION"]}
        config = encoded({"os": system, "architecture": architecture, "config": {"Labels": labels},
                          "rootfs": {"type": "layers", "diff_ids": []}})
        push_blob(base, config)
        manifest = encoded({"schemaVersion": 2, "mediaType": MANIFEST, "layers": [],
                            "config": {"mediaType": CONFIG, "digest": digest(config), "size": len(config)}})
        pushed = push_manifest(base, digest(manifest), manifest, MANIFEST)
        manifests.append({**pushed, "platform": {"os": system, "architecture": architecture}})
    index = encoded({"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests})
    pushed = push_manifest(base, tag, index, INDEX)
    Path(options["--metadata-file"][0]).write_text(json.dumps({"containerimage.digest": pushed["digest"]}))


def inspect(arguments):
    registry, repository, reference = split(arguments[0])
    try:
        with request(f"http://{registry}/v2/{repository}/manifests/{reference}", Accept=INDEX) as answer:
            found = json.load(answer)
    except urllib.error.HTTPError as error:
        sys.exit(f"ERROR: {arguments[0]}: {'not found' if error.code == 404 else error}")
    if "--format" in arguments:
        platforms = [f"{one['platform']['os']}/{one['platform']['architecture']}" for one in found["manifests"]]
        print(json.dumps({name: {"SPDX": {"spdxVersion": "SPDX-2.3", "name": name}} for name in platforms}))


def main():
    words = sys.argv[1:]
    line = " ".join(words)
    fail = os.environ.get("FAIL")
    if fail and line.startswith(fail):
        sys.exit(f"{fail} was told to fail")
    if line.startswith("docker buildx build"):
        build(words[3:])
    elif line.startswith("docker buildx imagetools inspect"):
        inspect(words[4:])
    elif line.startswith("docker login") and sys.stdin.read() != os.environ["REGISTRY_PASSWORD"]:
        sys.exit("unauthorized: incorrect password")


if __name__ == "__main__":
    main()
