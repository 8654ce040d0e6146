"""What the values and objects of valuefiles/ have to be, file by file: known keys, valid kinds, fixed versions, secrets by reference."""
import re

from platform_files import pointer, schema_errors, walk
from platform_keys import Keys

KEYS, KINDS = "deploy/schemas/upstream-keys", "deploy/schemas/kinds"
# Kinds of Kubernetes itself, which kops/storage.yaml has.
BUILT_IN = {"StorageClass", "VolumeSnapshotClass"}
FIELDS = {"name", "repository", "chart", "version", "appVersion", "namespace", "wave", "nodes", "values", "keys"}
OPTIONAL = {"environments", "manifests", "shopManifests", "alternative"}
VERSION = re.compile(r"v?\d+\.\d+\.\d+")

# Fields that name a secret, or say where it is, instead of having it.
REFERENCES = {"existingSecret", "keysSecret", "secretName", "createSecret", "useSecret", "githubSecret", "syncSecret", "token", "secret",
              "httpTokens"}
LITERAL = re.compile(r"(?i)(password|passwd|token|api_?key|secret|access_?key)s?$")
# A line of a configuration inside of a value.
ASSIGNED = re.compile(r"(?im)^\s*(?:http_passwd|password|passwd|token|client_?secret|api_?key|authorization)\s*[:=\s]\s*(\S+)")
# What is read at run time: a variable, a reference of Argo CD, Ruby's environment, a file.
REFERRED = re.compile(r"""^["']?(\$\{|\$[a-z]|"?#\{ENV|/)""")
LEAKED = re.compile(r"AKIA[0-9A-Z]{16}|xox[abprs]-|hooks\.slack\.com/services/|-----BEGIN [A-Z ]*PRIVATE KEY|\bghp_\w{20}|prom-operator|changeme")
PLACEHOLDER = re.compile(r"example[.-]com\S*|\b203\.0\.113\.\d+/\d+|\b123456789012\b|Z0000000000EXAMPLE")


def check_index(platform):
    """Each entry is complete and pinned, each file belongs to one, and what it names exists."""
    listed = {"valuefiles/charts.yaml"}
    names = [entry["name"] for entry in platform.charts]
    for entry in platform.charts:
        name = entry["name"]
        if not FIELDS <= set(entry) or set(entry) - FIELDS - OPTIONAL:
            yield f"valuefiles/charts.yaml: {name} has the fields {sorted(entry)}, not {sorted(FIELDS)}"
            continue
        if not VERSION.fullmatch(str(entry["version"])) or not VERSION.fullmatch(str(entry["appVersion"])):
            yield f"valuefiles/charts.yaml: {name} is not pinned to one version: {entry['version']}, {entry['appVersion']}"
        if not entry["repository"].startswith(("https://", "oci://")):
            yield f"valuefiles/charts.yaml: {name} comes from {entry['repository']}, without TLS"
        if entry.get("alternative") and entry["alternative"] not in names:
            yield f"valuefiles/charts.yaml: {name} is an alternative to {entry['alternative']}, which is not there"
        if f"valuefiles/{name}/values.yaml" != entry["values"][0]:
            yield f"valuefiles/charts.yaml: the first values of {name} are not valuefiles/{name}/values.yaml"
        paths = [*entry["values"], *[path for paths in entry.get("environments", {}).values() for path in paths],
                 *entry.get("manifests", []), *entry.get("shopManifests", [])]
        listed |= set(paths)
        yield from (f"valuefiles/charts.yaml: {path} is missing" for path in paths if not (platform.root / path).is_file())
    yield from (f"{path}: no entry of valuefiles/charts.yaml uses it" for path in platform.names("valuefiles") if path not in listed)


def check_keys(platform):
    """Every key is one that the pinned chart knows."""
    for entry, path, values in platform.value_files():
        chart = entry["chart"]
        file = platform.root / KEYS / f"{chart}.txt"
        if (entry["keys"] == "checked") != file.exists():
            yield f"valuefiles/charts.yaml: {entry['name']} says its keys are {entry['keys']}, and {KEYS}/{chart}.txt {'exists' if file.exists() else 'does not'}"
        elif file.exists():
            keys = Keys(chart, file.read_text())
            if keys.version != str(entry["version"]):
                yield f"{KEYS}/{chart}.txt: the keys are those of {keys.version}, not of {entry['version']}"
            yield from (f"{path}: the chart {chart} knows no {unknown}" for unknown in keys.unknown(values))


def check_kinds(platform):
    """Every object is valid by the schema of its kind."""
    import json
    objects = [(path, one) for _, path, one in platform.manifests()]
    objects += [(path, one) for path in platform.names("kops") for one in platform.read(path)]
    objects += [(path, one) for entry in platform.charts for path in entry.get("shopManifests", []) for one in platform.read(path)]
    for path, one in objects:
        schema = platform.root / KINDS / f"{one['kind'].lower()}_{one['apiVersion'].rpartition('/')[2]}.json"
        where = f"{path}: {one['kind']} {one['metadata']['name']}"
        if schema.exists():
            for place, message in schema_errors(schema.read_text(), json.dumps(one, sort_keys=True, default=str)):
                yield f"{where}: {message} at {place}"
        elif one["kind"] not in BUILT_IN:
            yield f"{where}: there is no schema of this kind"


def is_pinned(image):
    name = image.rsplit("/", 1)[-1]
    return "@sha256:" in image or (":" in name and not name.endswith((":latest", ":")))


def check_images(platform):
    """Every image has a version."""
    for _, path, values in platform.value_files():
        for place, value in walk(values):
            if place and place[-1] == "image" and isinstance(value, str) and not is_pinned(value):
                yield f"{path}: {pointer(place)} is not pinned: {value}"
            if isinstance(value, dict) and (value.get("tag") == "latest" or {"repository", "tag"} <= set(value) and not value["tag"]):
                yield f"{path}: {pointer(place)} is not pinned: {value}"
    for _, path, one in platform.manifests():
        if one["kind"] in ("Elasticsearch", "Kibana") and not VERSION.fullmatch(one["spec"]["version"]):
            yield f"{path}: {one['kind']} is not pinned: {one['spec']['version']}"


def check_resources(platform):
    """Whoever is given resources is given requests, and a limit of memory."""
    for _, path, values in platform.value_files():
        for place, value in walk(values):
            if place and place[-1] == "resources" and isinstance(value, dict) and "storage" not in value.get("requests", {}):
                if not {"cpu", "memory"} <= set(value.get("requests", {})) or "memory" not in value.get("limits", {}):
                    yield f"{path}: {pointer(place)} lacks a request or the limit of memory"


def check_disruption(platform):
    """No disruption budget forbids every eviction, which would stop the drain of a node."""
    for _, path, values in platform.value_files():
        for place, value in walk(values):
            if not place or place[-1] not in ("podDisruptionBudget", "pdb") or not isinstance(value, dict):
                continue
            if {"minAvailable", "maxUnavailable"} <= set(value):
                yield f"{path}: {pointer(place)} has both bounds, which Kubernetes refuses"
            parent = values
            for part in place[:-1]:
                parent = parent[part]
            # The specification of the custom resources of Prometheus and Alertmanager is a map beside the budget.
            specs = [item for key, item in parent.items() if key.endswith("Spec") and isinstance(item, dict)]
            replicas = next((one[key] for one in [parent, *specs] for key in ("replicas", "replicaCount") if key in one), 1)
            if value.get("maxUnavailable") == 0 or isinstance(value.get("minAvailable"), int) and value["minAvailable"] >= replicas:
                yield f"{path}: {pointer(place)} lets nobody be evicted: {value} of {replicas}"


def texts(platform):
    """The files in which nothing secret may be."""
    return [*platform.names("valuefiles", "kops"), "valuefiles/README.md", "kops/README.md"]


def check_no_secrets(platform):
    """No password, token or key is written down."""
    for path in texts(platform):
        for number, line in enumerate(platform.text(path).splitlines(), 1):
            if LEAKED.search(line):
                yield f"{path}:{number}: something secret, or a password that everybody knows"
    for path in platform.names("valuefiles", "kops"):
        for one in platform.read(path):
            for place, value in walk(one):
                if not place or not isinstance(value, str):
                    continue
                if LITERAL.search(place[-1]) and place[-1] not in REFERENCES and value and not REFERRED.match(value):
                    yield f"{path}: {pointer(place)} has a secret, not a reference to one"
                if "\n" in value:
                    yield from (f"{path}: {pointer(place)} has a secret, not a reference to one" for found in ASSIGNED.findall(value)
                                if not REFERRED.match(found))


def referred(value):
    """The names of the secrets that a tree refers to."""
    for place, item in walk(value):
        last = place[-1] if place else ""
        if last in ("existingSecret", "keysSecret", "secretName") and isinstance(item, str) and item:
            yield item
        elif last in ("secretKeyRef", "privateKeySecretRef") or last == "secret" and isinstance(item, dict) and item.get("create") is False:
            yield item["name"]
        elif isinstance(item, str):
            yield from re.findall(r"\$([a-z0-9-]+):[a-z]", item)


def check_secret_table(platform):
    """The table of secrets in valuefiles/README.md has each that is referred to, in its namespace, and no other."""
    rows = {(namespace, name) for name, namespace in re.findall(r"^\| `([a-z-]+)` \| `([a-z-]+)` \|", platform.text("valuefiles/README.md"), re.M)}
    used = {(entry["namespace"], name) for entry, _, values in platform.value_files() for name in referred(values)}
    # A ClusterIssuer has its secrets in the namespace of cert-manager.
    used |= {(one["metadata"].get("namespace", entry["namespace"]), name) for entry, _, one in platform.manifests() for name in referred(one)}
    for namespace, name in sorted(used - rows):
        yield f"valuefiles/README.md: the table of secrets lacks {name} in {namespace}"
    for namespace, name in sorted(rows - used):
        yield f"valuefiles/README.md: nothing refers to the secret {name} in {namespace}"


def check_secret_classes(platform):
    """Every class that is mounted exists, and copies only what it reads."""
    classes = {}
    for _, path, one in platform.manifests():
        if one["kind"] == "SecretProviderClass":
            classes[one["metadata"]["namespace"], one["metadata"]["name"]] = path
            aliases = set(re.findall(r"objectAlias: ([\w-]+)", one["spec"]["parameters"]["objects"]))
            for copy in one["spec"].get("secretObjects", []):
                missing = {item["objectName"] for item in copy["data"]} - aliases
                if missing:
                    yield f"{path}: {one['metadata']['name']} copies {sorted(missing)}, which it does not read"
    mounted = set()
    for entry, path, values in platform.value_files():
        for place, value in walk(values):
            if place and place[-1] == "secretProviderClass":
                mounted.add((entry["namespace"], value))
                if (entry["namespace"], value) not in classes:
                    yield f"{path}: there is no SecretProviderClass {value} in {entry['namespace']}"
    yield from (f"{path}: nothing mounts {name}, so its secret is never copied" for (namespace, name), path in classes.items()
                if (namespace, name) not in mounted)


COMMAND = re.compile(r"helm upgrade --install (\S+) (\S+) --repo (\S+) --version (\S+) --namespace (\S+)(.*)")


def check_commands(platform):
    """The commands of kops/README.md install what the index says, each of its entries that is no alternative, and name files that exist."""
    text, entries = platform.text("kops/README.md"), {entry["name"]: entry for entry in platform.charts}
    installed = {}
    for name, chart, repository, version, namespace, rest in COMMAND.findall(text):
        installed[name] = re.findall(r"--values (\S+)", rest)
        entry = entries.get(name, {})
        if [chart, repository, version, namespace] != [str(entry.get(field)) for field in ("chart", "repository", "version", "namespace")]:
            yield f"kops/README.md: the command for {name} differs from valuefiles/charts.yaml"
        yield from (f"kops/README.md: the command for {name} leaves out {path}" for path in entry.get("values", []) if path not in installed[name])
    needed = {entry["name"] for entry in platform.charts if not entry.get("alternative")}
    yield from (f"kops/README.md: no command installs {name}" for name in sorted(needed - set(installed)))
    named = set(re.findall(r"(?:-f |--values )((?:kops|valuefiles|deploy)/[\w./-]+)", text))
    yield from (f"kops/README.md: {path} is missing" for path in sorted(named) if not (platform.root / path).exists())
    manifests = {path for entry in platform.charts if not entry.get("alternative") for path in [*entry.get("manifests", []), *entry.get("shopManifests", [])]}
    yield from (f"kops/README.md: no command applies {path}" for path in sorted(manifests - named))


def placeholders(platform):
    """What has to be replaced before these files are used: file, line and value."""
    for path in texts(platform)[:-2]:
        for number, line in enumerate(platform.text(path).splitlines(), 1):
            for found in PLACEHOLDER.findall(line.split("# ")[0]):
                yield path, number, found


RULES = [check_index, check_keys, check_kinds, check_images, check_resources, check_disruption, check_no_secrets, check_secret_table,
         check_secret_classes, check_commands]
