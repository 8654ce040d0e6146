"""The settings in valuefiles/ that come from deploy/observability agree with it, and what they name is there."""
import re

from platform_files import walk

OBSERVABILITY = "deploy/observability"


def classic_sections(platform, path):
    """The sections of a classic configuration of Fluent Bit with what it includes, as (name, settings)."""
    found = []
    for line in platform.text(path).splitlines():
        line = line.strip()
        if line.startswith("@INCLUDE"):
            found += classic_sections(platform, f"{path.rpartition('/')[0]}/{line.split()[1]}")
        elif line.startswith("["):
            found.append((line, []))
        elif line and not line.startswith("#"):
            name, _, value = line.partition(" ")
            found[-1][1].append((name, value.strip()))
    return found


def sections_of(text):
    found = []
    for line in (line.strip() for line in text.splitlines()):
        if line.startswith("["):
            found.append((line, []))
        elif line and not line.startswith("#"):
            name, _, value = line.partition(" ")
            found[-1][1].append((name, value.strip()))
    return found


def differences(name, ours, theirs):
    for number in range(max(len(ours), len(theirs))):
        mine = ours[number] if number < len(ours) else None
        other = theirs[number] if number < len(theirs) else None
        if mine != other:
            yield f"{name}: {mine} differs from {other}"


def values_of(platform, name, field=None):
    """The first values of an entry, or the first that have this field."""
    for entry, _, values in platform.value_files():
        if entry["name"] == name and (field is None or field in values):
            return values[field] if field else values
    raise LookupError(f"no values of {name} have {field}")


def check_fluent_bit(platform):
    folder, config = f"{OBSERVABILITY}/fluent-bit", values_of(platform, "fluent-bit")["config"]
    ours = sections_of("\n".join(config[part] for part in ("service", "inputs", "filters", "outputs")))
    theirs = classic_sections(platform, f"{folder}/fluent-bit-kubernetes.conf")
    # The chart writes config.customParsers to a file of this name.
    theirs = [(head, [(key, value.replace("parsers.conf", "custom_parsers.conf") if key == "Parsers_File" else value) for key, value in settings])
              for head, settings in theirs]
    yield from differences("valuefiles/fluent-bit", ours, theirs)
    yield from differences("valuefiles/fluent-bit, parsers", sections_of(config["customParsers"]), classic_sections(platform, f"{folder}/parsers.conf"))


def directives(text):
    return [line.strip() for line in text.splitlines() if line.strip() and not line.strip().startswith("#")]


def check_fluentd(platform):
    files = values_of(platform, "fluentd")["fileConfigs"]
    # The chart's probes ask the plugin of Prometheus, which comes first.
    ours = directives("\n".join(files[name] for name in sorted(files)))
    theirs = directives(platform.text(f"{OBSERVABILITY}/fluentd/fluent.conf"))
    metrics = ours.index("</source>") + 1
    if "@type prometheus" not in ours[:metrics]:
        yield "valuefiles/fluentd: the first source is not the metrics that the probes ask for"
    yield from differences("valuefiles/fluentd", ours[metrics:], theirs)


def merged(base, other):
    """Maps are merged, everything else is replaced, as the collector does with several files."""
    if isinstance(base, dict) and isinstance(other, dict):
        return {key: merged(base.get(key), other[key]) if key in other else base[key] for key in [*base, *[key for key in other if key not in base]]}
    return other


def check_collectors(platform):
    folder = f"{OBSERVABILITY}/otel-collector"
    agent = merged(platform.read(f"{folder}/agent.yaml")[0], {
        # The chart's probes ask it.
        "extensions": {"health_check": {"endpoint": "${env:OTEL_LISTEN:-127.0.0.1}:13133"}},
        "service": {"extensions": ["zpages", "health_check"]}})
    if values_of(platform, "opentelemetry-collector-agent")["alternateConfig"] != agent:
        yield f"valuefiles/opentelemetry-collector-agent differs from {folder}/agent.yaml"
    gateway = merged(platform.read(f"{folder}/gateway-elasticsearch.yaml")[0], platform.read(f"{folder}/gateway-tls.yaml")[0])
    gateway["receivers"] = {name: one for name, one in gateway["receivers"].items() if name != "prometheus"}
    gateway["processors"] = {name: one for name, one in gateway["processors"].items() if name != "tail_sampling"}
    service = gateway["service"]
    traces = dict(service["pipelines"]["traces"])
    traces["processors"] = [name for name in traces["processors"] if name != "tail_sampling"]
    readers = [{"pull": {"exporter": {"prometheus": {"host": "${env:OTEL_LISTEN:-0.0.0.0}", "port": 8888}}}}]
    gateway["service"] = merged({**service, "pipelines": {"traces": traces}}, {"telemetry": {"metrics": {"level": "normal", "readers": readers}}})
    if values_of(platform, "opentelemetry-collector-gateway")["alternateConfig"] != gateway:
        yield f"valuefiles/opentelemetry-collector-gateway differs from {folder}/gateway-elasticsearch.yaml and gateway-tls.yaml"


def check_alertmanager(platform):
    folder, ours = f"{OBSERVABILITY}/alertmanager", values_of(platform, "kube-prometheus-stack")["alertmanager"]
    theirs = platform.read(f"{folder}/alertmanager.yml")[0]
    # The operator puts templates beside the configuration.
    theirs = {**theirs, "templates": [path.replace("/etc/alertmanager/", "/etc/alertmanager/config/") for path in theirs["templates"]]}
    yield from (f"valuefiles/kube-prometheus-stack: {key} of Alertmanager differs from {folder}/alertmanager.yml"
                for key in sorted({*theirs, *ours["config"]}) if ours["config"].get(key) != theirs.get(key))
    if ours["templateFiles"] != {"shopstack.tmpl": platform.text(f"{folder}/shopstack.tmpl")}:
        yield f"valuefiles/kube-prometheus-stack: the template differs from {folder}/shopstack.tmpl"


def check_variables(platform):
    """What a configuration reads from the environment is set."""
    for name, field in (("fluent-bit", "env"), ("fluentd", "env"), ("opentelemetry-collector-agent", "extraEnvs"),
                        ("opentelemetry-collector-gateway", "extraEnvs")):
        values = values_of(platform, name)
        given = {variable["name"] for variable in values[field]}
        for place, value in walk({key: values[key] for key in ("config", "fileConfigs", "alternateConfig") if key in values}):
            if isinstance(value, str):
                # One with a default may be left out.
                needed = re.findall(r"\$\{(?:env:)?([A-Z_]+)\}|#\{ENV\['([A-Z_]+)'\]\}", value)
                yield from (f"valuefiles/{name}: {variable} is not set" for pair in needed for variable in pair if variable and variable not in given)


def check_argo_cd(platform):
    """Nobody is anonymous, TLS ends in the server, child applications have a health, and each message that is sent is written."""
    values = values_of(platform, "argocd")
    expected = {("configs", "cm", "admin.enabled"): "false", ("configs", "cm", "users.anonymous.enabled"): "false",
                ("configs", "cm", "exec.enabled"): "false", ("configs", "params", "server.insecure"): "false",
                ("configs", "rbac", "policy.default"): "", ("server", "certificate", "enabled"): True}
    for path, value in expected.items():
        found = values
        for part in path:
            found = found.get(part, {})
        if found != value:
            yield f"valuefiles/argocd: {'.'.join(path)} is {found!r}, not {value!r}"
    if "hs.status" not in values["configs"]["cm"].get("resource.customizations.health.argoproj.io_Application", ""):
        yield "valuefiles/argocd: Argo CD 3 does not wait for child applications without a health of the kind Application"
    notifications = values_of(platform, "argocd", "notifications")
    templates = {name.removeprefix("template.") for name in notifications["templates"]}
    triggers = {name.removeprefix("trigger.") for name in notifications["triggers"]}
    for name, text in notifications["triggers"].items():
        for sent in re.findall(r"send: \[([\w, -]+)\]", text):
            yield from (f"valuefiles/argocd: {name} sends {one}, which no template is" for one in sent.split(", ") if one not in templates)
    for subscription in notifications["subscriptions"]:
        yield from (f"valuefiles/argocd: a subscription has the trigger {one}, which is not there" for one in subscription["triggers"] if one not in triggers)
        for recipient in subscription["recipients"]:
            if f"service.{recipient.split(':')[0]}" not in notifications["notifiers"]:
                yield f"valuefiles/argocd: a subscription goes to {recipient}, and no notifier does"


def check_applications(platform):
    """The applications of the shop subscribe to triggers that exist, and the groups of their project are those that log in."""
    triggers = {name.removeprefix("trigger.") for name in values_of(platform, "argocd", "notifications")["triggers"]}
    groups = set(re.findall(r"(?m)^g, ([\w-]+),", values_of(platform, "argocd", "configs")["rbac"]["policy.csv"]))
    for path in platform.names("deploy/argocd"):
        text = platform.text(path)
        if "notifications.argoproj.io/subscribe" in text:
            subscribed = set(re.findall(r"\b(on-[a-z-]+)", text))
            yield from (f"{path}: {name} is no trigger of valuefiles/argocd" for name in sorted(subscribed - triggers))
        named = {name for found in re.findall(r"groups: \[([^\]]+)\]", text) for name in found.split(", ")}
        yield from (f"{path}: the group {name} has no role in valuefiles/argocd" for name in sorted(named - groups))


def check_addresses(platform):
    """Shop and platform expect each other where they are: traces, scrapes, monitors."""
    agent = "opentelemetry-collector-agent"
    namespaces = {entry["name"]: entry["namespace"] for entry in platform.charts}
    host = f"{values_of(platform, agent)['fullnameOverride']}.{namespaces[agent]}"
    for path in platform.names("deploy/environments"):
        for one in platform.read(path):
            endpoint = ((one.get("global") or {}).get("shopstack") or {}).get("collector", {}).get("endpoint")
            if endpoint and endpoint != f"http://{host}:4318":
                yield f"{path}: traces go to {endpoint}, and the agent is {host}"
    # The network policies of the shop let these two namespaces in and out.
    defaults = platform.read("deploy/charts/shopstack-service/values.yaml")[0]["global"]["shopstack"]
    for what, allowed, entry in (("Prometheus", defaults["monitoringNamespace"], "kube-prometheus-stack"), ("the collector", defaults["collector"]["namespace"], agent)):
        if allowed != namespaces[entry]:
            yield f"deploy/charts/shopstack-service/values.yaml: {what} is expected in {allowed}, and {entry} is in {namespaces[entry]}"
    watched = values_of(platform, "kube-prometheus-stack")["prometheus"]["prometheusSpec"]["serviceMonitorNamespaceSelector"]["matchExpressions"][0]["values"]
    monitored = {"shopstack", *[entry["namespace"] for entry in platform.charts if not entry.get("alternative")]}
    yield from (f"valuefiles/kube-prometheus-stack: monitors of {namespace} are not read" for namespace in sorted(monitored - set(watched)))


RULES = [check_fluent_bit, check_fluentd, check_collectors, check_alertmanager, check_variables, check_argo_cd, check_applications,
         check_addresses]
