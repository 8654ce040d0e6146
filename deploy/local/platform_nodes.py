"""What the cluster of kops/ has to be: nodes where the charts want them, closed to the world, encrypted, and with roles for exactly the
service accounts that need one.
"""
import json
import re

from platform_files import pointer, walk

WORKER, CONTROL_PLANE = "Node", "ControlPlane"
# The taint that Kubernetes itself gives the control plane.
CONTROL_PLANE_TAINT = ("node-role.kubernetes.io/control-plane", None, "NoSchedule")
ROLE_ANNOTATION = "eks.amazonaws.com/role-arn"
# The maximum length of the name of a role in IAM. kops shortens a longer one and adds a hash, so the annotation would name another role.
MAX_ROLE_NAME = 64
WORLD = re.compile(r"\b0\.0\.0\.0/0\b|(?<![\w:])::/0\b")


def taints_of(group):
    """The taints of a group as (key, value, effect)."""
    found = (re.fullmatch(r"([^=:]+)=([^:]*):(\w+)", text) for text in group["spec"].get("taints", []))
    return [one.groups() for one in found if one]


def labels_of(group):
    return group["spec"].get("nodeLabels", {})


def tolerates(tolerations, taint):
    key, value, effect = taint
    return any(one.get("effect") in (None, "", effect) and one.get("key") in (None, key)
               and (one.get("operator") == "Exists" or one.get("value") == value) for one in tolerations)


def zones(platform, group):
    zone_of = {subnet["name"]: subnet["zone"] for subnet in platform.cluster()["spec"]["subnets"]}
    return sorted(zone_of.get(name, f"unknown subnet {name}") for name in group["spec"]["subnets"])


def check_placement(platform):
    """Every node selector and toleration of the values is about a label and taint that a group has."""
    groups = platform.groups()
    workers = [group for group in groups if group["spec"]["role"] == WORKER]
    taints = {taint for group in groups for taint in taints_of(group)} | {CONTROL_PLANE_TAINT}
    for entry, path, values in platform.value_files():
        selectors, tolerated = [], []
        for place, value in walk(values):
            if place and place[-1] == "nodeSelector":
                selectors.append((place, value))
            if place and place[-1] == "tolerations":
                tolerated.append(value)
                for one in value:
                    if one.get("key") and not any(tolerates([one], taint) for taint in taints):
                        yield f"{path}: {pointer(place)} tolerates {one['key']}={one.get('value')}, a taint that no node has"
        for place, selector in selectors:
            wanted = {key: value for key, value in selector.items() if key != "kubernetes.io/os"}
            fitting = [group for group in workers if wanted.items() <= labels_of(group).items()]
            if not fitting:
                yield f"{path}: {pointer(place)} selects {wanted}, a label that no node has"
            elif all(taints_of(group) for group in fitting):
                yield f"{path}: {pointer(place)} selects only nodes with a taint that it does not tolerate"
        if path != entry["values"][0]:
            continue
        if entry["nodes"] == "platform" and not selectors:
            yield f"{path}: it should run on the nodes app=platform, and has no node selector"
        everywhere = [taint for group in workers for taint in taints_of(group)]
        if entry["nodes"] == "all" and not any(all(tolerates(one, taint) for taint in everywhere) for one in tolerated):
            yield f"{path}: it should run on every worker, and tolerates not all of {sorted({f'{key}={value}' for key, value, _ in everywhere})}"


def check_shop_charts(platform):
    """The nodes that the charts of the shop prefer or require exist, with the taint that they tolerate."""
    workers = [group for group in platform.groups() if group["spec"]["role"] == WORKER]
    for path in platform.names("deploy/charts"):
        if not path.endswith("values.yaml"):
            continue
        for place, value in walk(platform.read(path)[0] if platform.read(path) else {}):
            if not place or place[-1] != "nodes" or not isinstance(value, dict) or not {"label", "value"} <= set(value):
                continue
            label, name = value["label"], value["value"]
            groups = [group for group in workers if labels_of(group).get(label) == name]
            if not groups:
                yield f"{path}: no instance group has the label {label}={name}"
            for group in groups:
                if taints_of(group) != [(label, name, "NoSchedule")]:
                    yield f"kops: {group['metadata']['name']} has the taints {taints_of(group)}, and {path} tolerates {label}={name}:NoSchedule"


def check_load_balancers(platform):
    """A load balancer whose targets are pods needs pods with addresses of the VPC."""
    networking = platform.cluster()["spec"]["networking"]
    routable = networking.get("cilium", {}).get("ipam") == "eni" or "amazonvpc" in networking
    for path in platform.names("valuefiles", "deploy/environments"):
        for one in platform.read(path):
            for place, value in walk(one):
                if place and place[-1].endswith("aws-load-balancer-nlb-target-type") and value == "ip" and not routable:
                    yield f"{path}: targets of the type ip need pods with addresses of the VPC, which {sorted(networking)} does not give them"


def check_groups(platform):
    """Zones, and what every machine has."""
    cluster, groups = platform.cluster(), platform.groups()
    private = {subnet["name"] for subnet in cluster["spec"]["subnets"] if subnet["type"] == "Private"}
    all_zones = sorted({subnet["zone"] for subnet in cluster["spec"]["subnets"]})
    if len(all_zones) < 3:
        yield f"kops: the subnets are in {len(all_zones)} zones; etcd needs three to survive the loss of one"
    by_label = {}
    for group in groups:
        name, spec = group["metadata"]["name"], group["spec"]
        if group["metadata"]["labels"].get("kops.k8s.io/cluster") != cluster["metadata"]["name"]:
            yield f"kops: {name} belongs to another cluster"
        if set(spec["subnets"]) - private:
            yield f"kops: {name} is in {sorted(set(spec['subnets']) - private)}, not in private subnets"
        if spec.get("rootVolumeEncryption") is not True:
            yield f"kops: the root volume of {name} is not encrypted"
        if spec.get("instanceMetadata") != {"httpTokens": "required", "httpPutResponseHopLimit": 1}:
            yield f"kops: pods on {name} may read the metadata of the machine"
        if spec["role"] == WORKER:
            by_label.setdefault(labels_of(group).get("app"), []).append(group)
            tags = spec.get("cloudLabels", {})
            if not {"k8s.io/cluster-autoscaler/enabled", f"k8s.io/cluster-autoscaler/{cluster['metadata']['name']}"} <= set(tags):
                yield f"kops: the autoscaler does not find {name} by its tags"
        else:
            by_label.setdefault(CONTROL_PLANE, []).append(group)
    for label in (CONTROL_PLANE, "shopstack", "database", "platform"):
        covered = sorted({zone for group in by_label.get(label, []) for zone in zones(platform, group)})
        if covered != all_zones:
            yield f"kops: the nodes {label} are in the zones {covered}, not in {all_zones}"
    # A volume stays in its zone, so a group over several of them could not be scaled for it.
    for label in ("database", "platform"):
        yield from (f"kops: {group['metadata']['name']} holds volumes and spans zones" for group in by_label.get(label, [])
                    if len(zones(platform, group)) > 1)


def check_cluster(platform):
    """Closed, encrypted, audited, backed up, and nothing managed twice."""
    spec, names = platform.cluster()["spec"], {group["metadata"]["name"] for group in platform.groups()}
    expected = [("encryptionConfig", True), ("kubelet.anonymousAuth", False), ("kubeAPIServer.anonymousAuth", False), ("metricsServer.enabled", False),
                ("clusterAutoscaler.enabled", False), ("certManager.managed", False), ("certManager.enabled", True),
                ("iam.useServiceAccountExternalPermissions", True), ("serviceAccountIssuerDiscovery.enableAWSOIDCProvider", True),
                ("podIdentityWebhook.enabled", True), ("sshAccess", []), ("sshKeyName", "")]
    for path, value in expected:
        found = spec
        for part in path.split("."):
            found = found.get(part) if isinstance(found, dict) else None
        if found != value or isinstance(found, bool) != isinstance(value, bool):
            yield f"kops/cluster.yaml: {path} is {found!r}, not {value!r}"
    if not spec.get("kubernetesApiAccess"):
        yield "kops/cluster.yaml: kubernetesApiAccess names no network, so kops would open the API server to all"
    if not {"cilium", "calico"} & set(spec["networking"]):
        yield f"kops/cluster.yaml: {sorted(spec['networking'])} enforces no network policies"
    if spec.get("kubeDNS", {}).get("nodeLocalDNS", {}).get("enabled"):
        yield "kops/cluster.yaml: the network policies of the shop allow DNS to CoreDNS only, not to nodeLocalDNS"
    assets = {asset["path"] for asset in spec.get("fileAssets", [])}
    audit = spec.get("kubeAPIServer", {})
    if not audit.get("auditLogPath") or audit.get("auditPolicyFile") not in assets:
        yield "kops/cluster.yaml: there is no audit log with a policy"
    for etcd in spec["etcdClusters"]:
        if not etcd.get("backups", {}).get("backupStore") or not etcd.get("manager", {}).get("backupRetentionDays"):
            yield f"kops/cluster.yaml: etcd {etcd['name']} is not backed up for a stated time"
        members = [member["instanceGroup"] for member in etcd["etcdMembers"]]
        if len(set(members)) != 3 or not set(members) <= names:
            yield f"kops/cluster.yaml: etcd {etcd['name']} has the members {members}, not three groups that exist"
        if not all(member.get("encryptedVolume") is True for member in etcd["etcdMembers"]):
            yield f"kops/cluster.yaml: a volume of etcd {etcd['name']} is not encrypted"


def check_world(platform):
    """No network is open to everybody."""
    for path in platform.names("valuefiles", "kops"):
        for number, line in enumerate(platform.text(path).splitlines(), 1):
            if WORLD.search(line.split("#")[0]):
                yield f"{path}:{number}: open to the world"
        for one in platform.read(path):
            for place, value in walk(one):
                if isinstance(value, dict) and value.get("type") == "LoadBalancer" and not value.get("loadBalancerSourceRanges"):
                    yield f"{path}: the load balancer at {pointer(place)} does not say who may connect"


def check_roles(platform):
    """The roles that kops makes are those that the values name; their policies are JSON and allow no action without a name."""
    cluster = platform.cluster()["metadata"]["name"]
    made = {}
    for one in platform.cluster()["spec"]["iam"]["serviceAccountExternalPermissions"]:
        name = f"{one['name']}.{one['namespace']}.sa.{cluster}"
        try:
            statements = json.loads(one["aws"]["inlinePolicy"])
        except ValueError as error:
            yield f"kops/cluster.yaml: the policy of {name} is no JSON: {error}"
            continue
        made[name] = statements
        for statement in statements:
            if any(action.endswith("*") for action in statement["Action"]):
                yield f"kops/cluster.yaml: the policy of {name} allows {statement['Action']}"
        if len(name) > MAX_ROLE_NAME:
            yield f"kops/cluster.yaml: the name of the role {name} is longer than IAM allows"
    named = {}
    for entry, path, values in platform.value_files():
        for place, value in walk(values):
            if place and place[-1] == ROLE_ANNOTATION:
                named[value.rpartition("role/")[2]] = path
                if f".{entry['namespace']}.sa." not in value:
                    yield f"{path}: the role of {pointer(place)} is for another namespace than {entry['namespace']}"
    yield from (f"{path}: kops makes no role {name}" for name, path in named.items() if name not in made)
    yield from (f"kops/cluster.yaml: nothing uses the role {name}" for name in made if name not in named)
    yield from check_secret_rights(platform, made)


def check_secret_rights(platform, made):
    """Every secret of AWS that is mounted may be read by exactly one role."""
    allowed = {found for statements in made.values() for statement in statements
               for found in re.findall(r":secret:(.+)-\?{6}$", str(statement["Resource"]))}
    mounted = {found for _, _, one in platform.manifests() if one["kind"] == "SecretProviderClass"
               for found in re.findall(r"objectName: (\S+)", one["spec"]["parameters"]["objects"])}
    yield from (f"kops/cluster.yaml: no role may read the secret {name}" for name in sorted(mounted - allowed))
    yield from (f"kops/cluster.yaml: a role may read the secret {name}, which nothing mounts" for name in sorted(allowed - mounted))


def check_autoscaler(platform):
    cluster = platform.cluster()
    for entry, path, values in platform.value_files():
        if entry["chart"] == "cluster-autoscaler":
            if values["autoDiscovery"]["clusterName"] != cluster["metadata"]["name"]:
                yield f"{path}: the autoscaler looks for another cluster than {cluster['metadata']['name']}"
            minor = ".".join(cluster["spec"]["kubernetesVersion"].split(".")[:2])
            if not values["image"]["tag"].startswith(f"v{minor}."):
                yield f"{path}: the autoscaler {values['image']['tag']} is not of Kubernetes {minor}"


def check_storage(platform):
    """Every storage class that is asked for exists, and is encrypted."""
    classes = {one["metadata"]["name"]: one for one in platform.read("kops/storage.yaml") if one["kind"] == "StorageClass"}
    yield from (f"kops/storage.yaml: {name} is not encrypted" for name, one in classes.items() if one["parameters"].get("encrypted") != "true")
    for path in platform.names("valuefiles", "deploy/environments"):
        for one in platform.read(path):
            for place, value in walk(one):
                # The charts of the shop write className.
                asked = place and (place[-1] == "storageClassName" or place[-2:] == ("storage", "className"))
                if asked and value and value not in classes:
                    yield f"{path}: {pointer(place)} asks for the storage class {value}, which kops/storage.yaml does not have"


def check_table(platform):
    """The table of kops/README.md says what the groups are."""
    for group in platform.groups():
        labels = ", ".join(f"`{key}={value}`" for key, value in labels_of(group).items()) or "none"
        taints = ", ".join(f"`{key}={value}:{effect}`" for key, value, effect in taints_of(group)) or "none"
        if group["spec"]["role"] != WORKER:
            taints = f"`{CONTROL_PLANE_TAINT[0]}:NoSchedule`"
        row = f"| `{group['metadata']['name']}` | {labels} | {taints} | {', '.join(zone[-1] for zone in zones(platform, group))} |"
        if row not in platform.text("kops/README.md"):
            yield f"kops/README.md: the table lacks the row {row}"


RULES = [check_placement, check_shop_charts, check_load_balancers, check_groups, check_cluster, check_world, check_roles, check_autoscaler,
         check_storage, check_table]
