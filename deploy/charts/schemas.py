"""The schemas of the charts' values. A name that no chart knows is refused: Helm would take it without a word.

JSON Schema draft 7, because Helm before 3.18 ignores the keys of later drafts.
"""
SERVICES = ["user", "catalogue", "cart", "payment", "shipping", "ratings", "dispatch", "web"]
STORES = ["mongodb", "redis", "mysql", "rabbitmq"]

TEXT, BOOLEAN = {"type": "string"}, {"type": "boolean"}
FREE = {"type": "object"}
QUANTITY = {"type": "string", "pattern": "^[0-9]+(\\.[0-9]+)?(m|Ki|Mi|Gi|Ti|k|M|G|T)?$"}
PORT = {"type": "integer", "minimum": 1, "maximum": 65535}
CIDRS = {"type": "array", "items": {"type": "string", "pattern": "^[0-9a-fA-F:.]+/[0-9]{1,3}$"}}
# Of environment variables: what YAML reads as a number or boolean is meant as its text.
SETTINGS = {"type": "object", "propertyNames": {"pattern": "^[A-Z][A-Z0-9_]*$"},
            "additionalProperties": {"type": ["string", "number", "boolean"]}}


def whole(minimum, maximum=None):
    return {"type": "integer", "minimum": minimum, **({} if maximum is None else {"maximum": maximum})}


def known(**properties):
    """An object with these properties and no others."""
    return {"type": "object", "additionalProperties": False, "properties": properties}


RESOURCES = known(requests=known(cpu=QUANTITY, memory=QUANTITY), limits=known(cpu=QUANTITY, memory=QUANTITY))
IMAGE = known(repository=TEXT, tag=TEXT, digest={"type": "string", "pattern": "^$|^sha256:[0-9a-f]{64}$"},
              pullPolicy={"enum": ["Always", "IfNotPresent", "Never"]})
NODES = known(label=TEXT, value=TEXT, required=BOOLEAN)
STORAGE = known(size=QUANTITY, className=TEXT)
SERVICE = known(type={"enum": ["ClusterIP", "NodePort", "LoadBalancer"]}, port=PORT, annotations=FREE, sourceRanges=CIDRS)
# An autoscaler of no replicas, or of a share of 0, is refused by the API server and by no schema of Kubernetes.
AUTOSCALING = known(enabled=BOOLEAN, minReplicas=whole(1), maxReplicas=whole(1), cpuUtilization=whole(1, 1000),
                    scaleUpSeconds=whole(0, 3600), scaleDownSeconds=whole(0, 3600))
WORKLOAD = {
    "image": IMAGE,
    "imagePullSecrets": {"type": "array", "items": known(name=TEXT)},
    "replicas": whole(0),
    "autoscaling": AUTOSCALING,
    # 0 would block every drain.
    "disruption": known(maxUnavailable=whole(1)),
    "resources": RESOURCES,
    "settings": SETTINGS,
    "secrets": known(provider={"enum": ["kubernetes", "aws"]}, name=TEXT, aws=known(object=TEXT, region=TEXT)),
    "serviceAccount": known(annotations=FREE),
    "migration": known(enabled=BOOLEAN, timeout=whole(1)),
    "internet": known(ports={"type": "array", "items": PORT}, cidrs=CIDRS, **{"except": CIDRS}),
    "service": SERVICE,
    "podAnnotations": FREE,
    "podLabels": FREE,
    "priorityClassName": TEXT,
    "nodes": NODES,
    "shutdown": known(delay=whole(0, 300), timeout=whole(1, 3600)),
}
STORE_ADDRESS = known(cidrs=CIDRS, port=PORT)
GLOBAL = {"global": {"type": "object", "properties": {"shopstack": known(
    registry=TEXT, settings=SETTINGS, clusterDomain=TEXT, monitoringNamespace=TEXT,
    collector=known(endpoint=TEXT, namespace=TEXT), dns=known(namespace=TEXT, labels=FREE),
    stores=known(**{name: STORE_ADDRESS for name in STORES}))}}}
# The values of the library, which Helm puts beside the chart's own.
LIBRARY = {"shopstack-service": FREE}

# The sandbox is in the image of payment.
SANDBOX = known(**{name: value for name, value in WORKLOAD.items() if name != "image"}, enabled=BOOLEAN, indexDelay=whole(0), storage=STORAGE)
NGINX = known(**WORKLOAD, trustedProxy=TEXT, rateLimit={"type": "string", "pattern": "^[0-9]+r/[sm]$"}, rateBurst=whole(1), resolver=TEXT,
              ingress=known(enabled=BOOLEAN, className=TEXT, annotations=FREE, host=TEXT, tlsSecret=TEXT),
              route=known(enabled=BOOLEAN, host=TEXT, gateway=known(name=TEXT, namespace=TEXT)))
# It has no replicas and no port.
OPERATOR = {name: WORKLOAD[name] for name in ("image", "imagePullSecrets", "resources", "settings", "secrets", "serviceAccount", "podAnnotations",
                                              "podLabels", "priorityClassName", "nodes")}
OPERATOR |= {"enabled": BOOLEAN, "sandbox": known(enabled=BOOLEAN),
             "audit": known(enabled=BOOLEAN, schedule={"type": "string", "pattern": "^(@[a-z]+|\\S+( \\S+){4})$"}, timeout=whole(1))}
PROBE = known(**WORKLOAD, enabled=BOOLEAN, interval=whole(1))
STORE = {"image": IMAGE, "secretName": TEXT, "storage": STORAGE, "resources": RESOURCES, "nodes": NODES,
         "imagePullSecrets": WORKLOAD["imagePullSecrets"], "serviceAccount": WORKLOAD["serviceAccount"]}
OWN = {
    "payment": {"sandbox": SANDBOX},
    "web": {"nginx": NGINX},
    # Elections of an even number of members can end without a majority.
    "mongodb": {"replicas": {"enum": [1, 3, 5, 7]}, "cacheGB": {"type": "number", "minimum": 0.25}},
    "redis": {"maxMemory": {"type": "string", "pattern": "^[0-9]+(kb|mb|gb)$"}},
    "mysql": {},
    "rabbitmq": {"replicas": {"enum": [1, 3, 5, 7]}},
}


def document(title, properties):
    return {"$schema": "http://json-schema.org/draft-07/schema#", "title": title, "type": "object",
            "additionalProperties": False, "properties": properties}


def charts():
    """The schema of each chart, by its name."""
    found = {name: document(name, WORKLOAD | GLOBAL | LIBRARY | OWN.get(name, {})) for name in SERVICES}
    for name in STORES:
        found[name] = document(name, STORE | GLOBAL | LIBRARY | OWN[name] | {"enabled": BOOLEAN})
    namespace = {"enabled": BOOLEAN, "denyByDefault": BOOLEAN, "quota": known(enabled=BOOLEAN, hard=FREE),
                 "limitRange": known(enabled=BOOLEAN, default=FREE, defaultRequest=FREE)}
    found["shopstack-namespace"] = document("shopstack-namespace", namespace | GLOBAL | LIBRARY)
    found["operator"] = document("operator", OPERATOR | GLOBAL | LIBRARY)
    # The values of the charts below are checked by their own schemas.
    found["shopstack"] = document("shopstack", {name: FREE for name in [*SERVICES, *STORES, "shopstack-namespace", "operator"]} | GLOBAL | LIBRARY | {"probe": PROBE})
    return found
