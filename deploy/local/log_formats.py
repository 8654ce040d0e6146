"""Log lines in the forms in which Fluent Bit meets them besides those of the shop's own files."""
import json
import time

import elastic
import fluent_bit
import log_checks
import saved_objects
from programs import stop
from services import Started

LONG = 40_000
FIELDS = {"@timestamp", "level", "service", "target", "message", "stream"}


def write_odd_lines(path):
    """Lines that are no log lines of the shop, of which none may be lost either."""
    path.write_text('{"timestamp":"yesterday","level":{"a":1},"status":"x","retry":"perhaps","message":"types","other thing":{"b":[1]}}\n'
                    "thread 'main' panicked at src/main.rs:1:1:\n\n  explicit panic\n2026/11/28 20:42:13 [error] 7#7: *1 upstream\n"
                    '"text"\n17\nnull\n[1,2]\n{}\n{"cut": "of\n{"a":1} and more\n'
                    f'{{"level":"INFO","message":"{"long " * 8000}"}}\n')


def container_files(folder):
    """Writes log files as Docker and a Kubernetes runtime do, with one line that they have split, and returns them by name."""
    files = {"docker": folder / "docker.log", "cri": folder / "cri.log"}
    stamp = "2026-11-28T20:42:13.123456789"
    for name, path in files.items():
        line = f'{{"timestamp":"{stamp[:-3]}Z","level":"INFO","service":"{name}","target":"request","message":"%s"}}'
        whole, text = line % ("x" * LONG), f"{name} is not JSON"
        parts = [whole[start:start + 16_384] for start in range(0, len(whole), 16_384)]
        if name == "docker":
            lines = [json.dumps({"log": part, "stream": "stderr", "time": f"{stamp}Z"})
                     for part in (line % "short" + "\n", *parts[:-1], parts[-1] + "\n", f"{text}\n")]
        else:
            written = [("F", line % "short"), *(("P", part) for part in parts[:-1]), ("F", parts[-1]), ("F", text)]
            lines = [f"{stamp}+00:00 stderr {flag} {part}" for flag, part in written]
        path.write_text("".join(f"{one}\n" for one in lines))
    return files


def check_containers(folder, elasticsearch, sending):
    """Fluent Bit, which sends to the URL `sending`, reads both forms of container logs. Returns the faults."""
    started, faults = Started(folder / "containers"), []
    started.folder.mkdir()
    configurations = {"docker": "fluent-bit-docker.conf", "cri": "fluent-bit-kubernetes.conf"}
    try:
        for name, path in container_files(started.folder).items():
            file = configurations[name]
            fluent_bit.start(started, [path], sending, file=file, name=f"fluent-bit-{name}", cluster=False)
            query = saved_objects.query_string(f'service:{name} OR message.keyword:"{name} is not JSON"')
            found, until = [], time.monotonic() + 30
            while len(found) < 3 and time.monotonic() < until:
                time.sleep(1)
                elastic.request("POST", f"{elasticsearch}/{log_checks.ALL}/_refresh")
                found = saved_objects.run_search(elasticsearch, log_checks.ALL, {"query": query})["hits"]["hits"]
            messages = sorted(len(hit["_source"]["message"]) for hit in found)
            if messages != [len("short"), len(f"{name} is not JSON"), LONG]:
                faults.append(f"{file}: messages of {messages} characters")
            others = {field for hit in found for field in hit["_source"]} - FIELDS
            if others:
                faults.append(f"{file}: fields that are not those of the line: {others}")
    finally:
        stop(started)
    return faults
