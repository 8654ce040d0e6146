"""What the objects of the charts say to each other: services that somebody listens on, selectors that match, probes, secrets and
settings that exist, volumes that are there, and pods without rights.
"""
import re

PROGRAM = "shopstack"
# Paths that the program answers, by service; every other workload is probed at its port.
PROBE_PATHS = {"/livez", "/health"}
OWN_PATHS = {"ratings": {"/_health"}, "web": {"/"}}
# Hosts that are reached by the names in settings and arguments.
ADDRESS = re.compile(r"\b([a-z][a-z0-9-]*(?:\.[a-z0-9-]+)?)\.shopstack\.svc\.cluster\.local(?::(\d+))?")
LONG_LIVED = ("Deployment", "StatefulSet")
JOBS = ("Job", "CronJob")


def of_kind(objects, *kinds):
    return [one for one in objects if one["kind"] in kinds]


def pod_of(one):
    return (one["spec"]["jobTemplate"] if one["kind"] == "CronJob" else one)["spec"]["template"]


def containers(one):
    spec = pod_of(one)["spec"]
    return spec.get("initContainers", []) + spec["containers"]


def matches(selector, labels):
    return all(labels.get(name) == value for name, value in selector.items())


def workloads(objects):
    return of_kind(objects, "Deployment", "StatefulSet", *JOBS)


def check_selectors(objects):
    pods = [(one, pod_of(one)["metadata"]["labels"]) for one in workloads(objects)]
    for one in of_kind(objects, *LONG_LIVED):
        if not matches(one["spec"]["selector"]["matchLabels"], pod_of(one)["metadata"]["labels"]):
            yield f"{one['metadata']['name']} does not select its own pods"
    for kind, selector_of in (("Service", lambda one: one["spec"]["selector"]), ("PodDisruptionBudget", lambda one: one["spec"]["selector"]["matchLabels"]),
                              ("NetworkPolicy", lambda one: one["spec"]["podSelector"].get("matchLabels", {}))):
        for one in of_kind(objects, kind):
            selected = [owner for owner, labels in pods if matches(selector_of(one), labels)]
            if not selected:
                yield f"{kind} {one['metadata']['name']} selects no pod"
            if kind != "NetworkPolicy" and any(owner["kind"] in JOBS for owner in selected):
                yield f"{kind} {one['metadata']['name']} selects the pods of a job"
    for one in of_kind(objects, "HorizontalPodAutoscaler"):
        target = one["spec"]["scaleTargetRef"]["name"]
        owner = next((other for other in of_kind(objects, "Deployment") if other["metadata"]["name"] == target), None)
        if owner is None or "replicas" in owner["spec"]:
            yield f"the autoscaler {one['metadata']['name']} has no deployment that leaves the number of replicas to it"
        elif any("cpu" not in part["resources"]["requests"] for part in containers(owner)):
            yield f"the autoscaler {one['metadata']['name']} needs a CPU request of every container"


def check_ports(objects):
    for service in of_kind(objects, "Service"):
        owners = [one for one in of_kind(objects, *LONG_LIVED) if matches(service["spec"]["selector"], pod_of(one)["metadata"]["labels"])]
        for port in service["spec"]["ports"]:
            target = port.get("targetPort", port["port"])
            for owner in owners:
                offered = {value for part in containers(owner) for one in part.get("ports", []) for value in (one["name"], one["containerPort"])}
                if target not in offered:
                    yield f"service {service['metadata']['name']}: nobody listens on {target}"
    for one in workloads(objects):
        for part in containers(one):
            names = {port["name"] for port in part.get("ports", [])}
            for kind in ("startupProbe", "readinessProbe", "livenessProbe"):
                action = part.get(kind, {}).get("httpGet") or part.get(kind, {}).get("tcpSocket")
                if action and action["port"] not in names:
                    yield f"{part['name']}: the {kind} asks port {action['port']}, which it does not have"
                if action and "path" in action and action["path"] not in PROBE_PATHS | OWN_PATHS.get(part["name"], set()):
                    yield f"{part['name']}: the {kind} asks {action['path']}, which nobody answers"
                if action and "path" in action and part["name"] == "nginx":
                    yield f"nginx: the {kind} asks a service behind it, without which it would leave the others alone"
            if one["kind"] in LONG_LIVED and part in pod_of(one)["spec"]["containers"] and part["name"] != "users" \
                    and not all(kind in part for kind in ("startupProbe", "readinessProbe", "livenessProbe")):
                yield f"{part['name']} has not all three probes"


def check_addresses(objects):
    """Every host that a setting or argument names is a service, and its port is offered."""
    ports = {service["metadata"]["name"]: {port["port"] for port in service["spec"]["ports"]} for service in of_kind(objects, "Service")}
    for one in workloads(objects):
        for part in containers(one):
            words = [str(word) for word in part.get("args", [])] + [variable.get("value", "") for variable in part.get("env", [])]
            for host, port in (found for word in words for found in ADDRESS.findall(word)):
                name = host.split(".")[-1]
                if name not in ports:
                    yield f"{part['name']} names the host {host}, which is no service"
                elif port and int(port) not in ports[name]:
                    yield f"{part['name']} names port {port} of {name}, which it does not offer"


def check_sandbox(objects):
    """The sandbox has the same address for those that use it as in its own links, which they follow to no other address."""
    for sandbox in (one for one in of_kind(objects, "Deployment") if one["metadata"]["name"] == "sandbox"):
        args = containers(sandbox)[0]["args"]
        own = args[args.index("--url") + 1]
        for one in workloads(objects):
            for variable in (variable for part in containers(one) for variable in part.get("env", []) if variable["name"] == "SANDBOX_URL"):
                if variable["value"] != own:
                    yield f"{one['metadata']['name']} uses {variable['value']}, and the links of the sandbox {own}"


def check_secrets(objects, secrets):
    """Every secret and key that a pod reads is one that `shopstack secrets --kubernetes` makes, or that a driver copies."""
    known = {one["metadata"]["name"]: set(one["data"]) for one in secrets}
    for one in of_kind(objects, "SecretProviderClass"):
        for copy in one["spec"]["secretObjects"]:
            keys = {item["key"] for item in copy["data"]}
            missing = known[copy["secretName"]] - keys
            if missing:
                yield f"the secret {copy['secretName']} from AWS lacks {sorted(missing)}"
    for one in workloads(objects):
        spec = pod_of(one)["spec"]
        read = [(ref["name"], ref["key"], ref.get("optional", False)) for part in containers(one) for variable in part.get("env", [])
                for ref in [variable.get("valueFrom", {}).get("secretKeyRef")] if ref]
        read += [(volume["secret"]["secretName"], item["key"], False) for volume in spec.get("volumes", []) if "secret" in volume for item in volume["secret"]["items"]]
        for secret, key, optional in read:
            if key not in known.get(secret, ()) and not optional:
                yield f"{one['metadata']['name']} reads {key} of the secret {secret}, which nobody makes"
        own = one["metadata"]["name"].removesuffix("-migration")
        # The sandbox shares the key of its webhooks with payment, of which it is a part.
        own = "payment" if own == "sandbox" else own
        foreign = {secret for secret, _, _ in read} - {own}
        if foreign:
            yield f"{one['metadata']['name']} reads the secrets of {sorted(foreign)}"


def check_settings(objects, variables):
    """Every variable of a container of the program is a setting of it."""
    for one in workloads(objects):
        for part in containers(one):
            if part["name"] in ("nginx", "mongodb", "users", "redis", "mysql", "rabbitmq"):
                continue
            unknown = {variable["name"] for variable in part.get("env", [])} - variables
            if unknown:
                yield f"{one['metadata']['name']} is given settings that it does not have: {sorted(unknown)}"


def check_rights(objects):
    for one in workloads(objects):
        name, spec = one["metadata"]["name"], pod_of(one)["spec"]
        if spec.get("automountServiceAccountToken") is not False or spec.get("enableServiceLinks") is not False:
            yield f"{name} gets a token of the API server or variables of services"
        if spec["securityContext"].get("runAsNonRoot") is not True or not spec["securityContext"].get("runAsUser"):
            yield f"{name} may run as root"
        accounts = {account["metadata"]["name"] for account in of_kind(objects, "ServiceAccount")}
        if spec["serviceAccountName"] not in accounts:
            yield f"{name} runs as {spec['serviceAccountName']}, which does not exist"
        volumes, mounted = {volume["name"] for volume in spec.get("volumes", [])}, set()
        volumes |= {claim["metadata"]["name"] for claim in one["spec"].get("volumeClaimTemplates", [])}
        for part in containers(one):
            rights = part["securityContext"]
            if rights.get("readOnlyRootFilesystem") is not True or rights.get("allowPrivilegeEscalation") is not False \
                    or rights.get("capabilities", {}).get("drop") != ["ALL"] or rights.get("seccompProfile", {}).get("type") != "RuntimeDefault":
                yield f"{name}/{part['name']} has more rights than it needs"
            if "memory" not in part["resources"].get("limits", {}):
                yield f"{name}/{part['name']} has no limit of memory"
            if part["image"].endswith((":latest", ":")) or ":" not in part["image"].split("/")[-1]:
                yield f"{name}/{part['name']} has no fixed image: {part['image']}"
            mounted |= {mount["name"] for mount in part.get("volumeMounts", [])}
        if mounted - volumes or volumes - mounted:
            yield f"{name} has volumes {sorted(volumes)} and mounts {sorted(mounted)}"
        maps = {config["metadata"]["name"] for config in of_kind(objects, "ConfigMap")}
        for volume in spec.get("volumes", []):
            if "configMap" in volume and volume["configMap"]["name"] not in maps:
                yield f"{name} mounts the configuration {volume['configMap']['name']}, which does not exist"


def check_environments(objects):
    """What Kubernetes accepts and nobody means: one name twice."""
    for one in workloads(objects):
        for part in containers(one):
            names = [variable["name"] for variable in part.get("env", [])]
            if len(names) != len(set(names)):
                yield f"{one['metadata']['name']}/{part['name']} sets {sorted({name for name in names if names.count(name) > 1})} twice"


def check(objects, secrets, variables):
    for rule in (check_selectors, check_ports, check_addresses, check_sandbox, check_rights, check_environments):
        yield from rule(objects)
    yield from check_secrets(objects, secrets)
    yield from check_settings(objects, variables)
