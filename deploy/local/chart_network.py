"""Who reaches whom by the network policies, compared with the table in ARCHITECTURE.md and with the code."""
import ipaddress
import re
from pathlib import Path

from chart_rules import matches, of_kind, pod_of

ROOT = Path(__file__).resolve().parents[2]
STORE_PORTS = {"mongodb": 27017, "redis": 6379, "mysql": 3306, "rabbitmq": 5672}
SERVICES = {"user", "catalogue", "cart", "payment", "shipping", "ratings", "dispatch", "web"}
# What is outside of the namespace: a name for the tests, with the labels of its namespace and pods, or an address.
DNS, PROMETHEUS, COLLECTOR, STRANGER = "DNS", "Prometheus", "the collector", "another namespace"
INTERNET, METADATA, NEIGHBOUR = "the internet", "the cloud's metadata", "a private network"
OUTSIDE = {DNS: ({"kubernetes.io/metadata.name": "kube-system"}, {"k8s-app": "kube-dns"}),
           PROMETHEUS: ({"kubernetes.io/metadata.name": "monitoring"}, {"app": "prometheus"}),
           COLLECTOR: ({"kubernetes.io/metadata.name": "observability"}, {"app": "collector"}),
           STRANGER: ({"kubernetes.io/metadata.name": "default"}, {"app.kubernetes.io/name": "nginx", "app.kubernetes.io/part-of": "shopstack"})}
ADDRESSES = {INTERNET: "203.0.113.7", METADATA: "169.254.169.254", NEIGHBOUR: "10.1.2.3"}
PORTS = {53, 443, 80, 465, 587, 4318, 8080, 4369, 25672, 15692, *STORE_PORTS.values()}


def pods(objects):
    """The labels of the pods of each workload."""
    found = {}
    for one in of_kind(objects, "Deployment", "StatefulSet", "CronJob"):
        found[one["metadata"]["name"]] = pod_of(one)["metadata"]["labels"]
    return found


def peer_fits(peer, party, labels):
    """Returns true if a peer of a policy covers a party, whose labels are those of its pod in the namespace of the shop."""
    if "ipBlock" in peer:
        if party not in ADDRESSES:
            return False
        address, block = ipaddress.ip_address(ADDRESSES[party]), peer["ipBlock"]
        return address in ipaddress.ip_network(block["cidr"]) and not any(address in ipaddress.ip_network(one) for one in block.get("except", []))
    if party in ADDRESSES:
        return False
    namespace, pod = OUTSIDE.get(party, (None, labels))
    if "namespaceSelector" in peer:
        if not matches(peer["namespaceSelector"].get("matchLabels", {}), namespace or {"kubernetes.io/metadata.name": "shopstack"}):
            return False
    elif namespace is not None:
        return False
    return matches(peer.get("podSelector", {}).get("matchLabels", {}), pod)


def allows(policies, direction, labels, party, party_labels, port):
    """Returns true if the policies of a pod let it connect to a party, or a party connect to it. A pod that no policy selects is
    open."""
    kind, side = ("Ingress", "from") if direction == "ingress" else ("Egress", "to")
    own = [policy["spec"] for policy in policies if kind in policy["spec"]["policyTypes"]
           and matches(policy["spec"]["podSelector"].get("matchLabels", {}), labels)]
    if not own:
        return True
    for rule in (rule for spec in own for rule in spec.get(direction) or []):
        if "ports" in rule and port not in {one["port"] for one in rule["ports"]}:
            continue
        if side not in rule or any(peer_fits(peer, party, party_labels) for peer in rule[side]):
            return True
    return False


def reachable(objects):
    """Every connection that the policies of both sides allow, as (from, to, port)."""
    policies, known = of_kind(objects, "NetworkPolicy"), pods(objects)
    everybody = {**known, **{name: labels for name, (_, labels) in OUTSIDE.items()}, **{name: {} for name in ADDRESSES}}
    for source, source_labels in everybody.items():
        for target, target_labels in everybody.items():
            if source == target and source not in STORE_PORTS or not {source, target} & known.keys():
                continue
            for port in PORTS:
                if source in known and not allows(policies, "egress", source_labels, target, target_labels, port):
                    continue
                if target in known and not allows(policies, "ingress", target_labels, source, source_labels, port):
                    continue
                yield source, target, port


def table():
    """The table of ARCHITECTURE.md: for each workload the workloads, the stores, and what is outside."""
    section = (ROOT / "ARCHITECTURE.md").read_text().split("## Who connects to whom", 1)[1].split("\n## ", 1)[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line.startswith("| ")][2:]
    names = lambda cell: [name.strip() for name in cell.split(",") if name.strip()]
    return {source: (names(calls), names(stores), outside) for source, calls, stores, outside in rows}


INTERNET_PORTS = {"catalogue": {80, 443}, "payment": {443}, "dispatch": {465, 587, 443}}


def expected(objects):
    """Every connection that the table asks for, among the workloads that there are."""
    known, edges = pods(objects), set()
    for source, (calls, stores, outside) in table().items():
        if source == "anywhere":
            parties = [*known, *OUTSIDE, *ADDRESSES]
            edges |= {(party, "nginx", 8080) for party in parties if party != "nginx" and (party not in known or "nginx" in table().get(party, ((), (), ()))[0])}
            continue
        if source not in known:
            continue
        edges |= {(source, call, 8080) for call in calls if call in known}
        edges |= {(source, store, STORE_PORTS[store]) for store in stores if store in known}
        edges |= {(source, INTERNET, port) for port in (INTERNET_PORTS[source] if outside else ())}
    collected = {variable["name"] for one in of_kind(objects, "Deployment") if one["metadata"]["name"] == "cart"
                 for variable in pod_of(one)["spec"]["containers"][0].get("env", [])}
    members = {"mongodb": {27017}, "rabbitmq": {4369, 25672}}
    for name in known:
        if name not in STORE_PORTS or name in members:
            edges |= {(name, DNS, 53)}
        if name in SERVICES:
            edges |= {(PROMETHEUS, name, 8080)}
            if "OTEL_EXPORTER_OTLP_ENDPOINT" in collected:
                edges |= {(name, COLLECTOR, 4318)}
        edges |= {(name, name, port) for port in members.get(name, ())}
    if "probe" in known:
        edges |= {(PROMETHEUS, "probe", 8080)}
    if "rabbitmq" in known:
        edges |= {(PROMETHEUS, "rabbitmq", 15692)}
    return edges


def check(objects):
    """Policies and table agree, and a pod of a job has no more than the service that it belongs to."""
    allowed, wanted = set(reachable(objects)), expected(objects)
    yield from (f"the policies cut {source} → {target}:{port}" for source, target, port in sorted(wanted - allowed))
    yield from (f"the policies leave open {source} → {target}:{port}" for source, target, port in sorted(allowed - wanted))
    names = pods(objects)
    for job in of_kind(objects, "Job"):
        labels = pod_of(job)["metadata"]["labels"]
        if labels["app.kubernetes.io/name"] not in names:
            yield f"the job {job['metadata']['name']} belongs to no service"


def check_code():
    """The clients that the code gives each service are those of the table."""
    text = (ROOT / "shopstack/src/compose.rs").read_text()
    # Each block begins with the context of the service.
    blocks = re.split(r'self\.service_context\("(\w+)"\)', text)
    rows = table()
    for name, block in zip(blocks[1::2], blocks[2::2]):
        # Every service calls user, for its public keys.
        called = set(re.findall(r'self\.client\(&service_context, "(\w+)"\)', block)) - {"user"}
        listed = {call for call in rows[name][0] if call not in ("user", "sandbox")}
        if called != listed:
            yield f"{name} calls {sorted(called)} in compose.rs, and {sorted(listed)} in ARCHITECTURE.md"
