"""Shows that the rules of chart_rules.py and chart_network.py find what they are for: in a copy of the rendered charts one thing
is spoiled, and a rule must say so. Called by check_charts.py with the objects of all charts."""
import copy

import chart_network
import chart_rules


def one(objects, kind, name):
    return next(found for found in objects if found["kind"] == kind and found["metadata"]["name"] == name)


def container(objects, kind, name):
    return chart_rules.pod_of(one(objects, kind, name))["spec"]["containers"][0]


def remove_rule(objects, name, direction, fits):
    spec = one(objects, "NetworkPolicy", name)["spec"]
    spec[direction] = [rule for rule in spec[direction] if not fits(str(rule))]


# What is spoiled, how, and a part of the message.
CASES = [
    ("a service that nobody listens on", lambda all: one(all, "Service", "cart")["spec"]["ports"][0].update(targetPort="web"), "nobody listens"),
    ("a selector that matches nothing", lambda all: one(all, "Service", "user")["spec"]["selector"].update({"app.kubernetes.io/name": "users"}), "selects no pod"),
    ("a disruption budget of another workload", lambda all: one(all, "PodDisruptionBudget", "web")["spec"]["selector"]["matchLabels"].update(tier="web"), "selects no pod"),
    ("a service that selects a job", lambda all: one(all, "Service", "payment")["spec"]["selector"].pop("app.kubernetes.io/component"), "the pods of a job"),
    ("a probe of a path that nobody answers", lambda all: container(all, "Deployment", "ratings")["readinessProbe"]["httpGet"].update(path="/healthz"), "nobody answers"),
    ("a probe of a port that is not there", lambda all: container(all, "Deployment", "ratings")["livenessProbe"]["httpGet"].update(port="health"), "does not have"),
    ("nginx that depends on web", lambda all: container(all, "Deployment", "nginx")["readinessProbe"].update(httpGet={"port": "http", "path": "/health"}), "asks a service behind it"),
    ("a missing probe", lambda all: container(all, "Deployment", "dispatch").pop("livenessProbe"), "not all three probes"),
    ("a host that does not exist", lambda all: next(variable for variable in container(all, "Deployment", "nginx")["env"] if variable["name"] == "CART_HOST")
     .update(value="carts.shopstack.svc.cluster.local:8080"), "no service"),
    ("a port that is not offered", lambda all: next(variable for variable in container(all, "Deployment", "nginx")["env"] if variable["name"] == "CART_HOST")
     .update(value="cart.shopstack.svc.cluster.local:8081"), "does not offer"),
    ("a sandbox whose links lead elsewhere", lambda all: next(variable for variable in container(all, "Deployment", "payment")["env"] if variable["name"] == "SANDBOX_URL")
     .update(value="http://sandbox.shopstack.svc.cluster.local:8080"), "the links of the sandbox"),
    ("a setting that the program does not have", lambda all: container(all, "Deployment", "cart")["env"].append({"name": "REDIS_URL", "value": "x"}), "does not have"),
    ("a setting that is there twice", lambda all: container(all, "Deployment", "cart")["env"].append({"name": "LOG_FORMAT", "value": "x"}), "twice"),
    ("a key that nobody makes", lambda all: chart_rules.pod_of(one(all, "Deployment", "user"))["spec"]["volumes"][2]["secret"]["items"].append({"key": "link.key", "path": "x"}), "nobody makes"),
    ("another service's secret", lambda all: next(variable for variable in container(all, "Deployment", "shipping")["env"] if variable["name"] == "DB_PASSWORD")
     ["valueFrom"]["secretKeyRef"].update(name="payment"), "reads the secrets of"),
    ("a root file system that can be written", lambda all: container(all, "Deployment", "cart")["securityContext"].update(readOnlyRootFilesystem=False), "more rights"),
    ("variables of services", lambda all: chart_rules.pod_of(one(all, "Deployment", "cart"))["spec"].pop("enableServiceLinks"), "variables of services"),
    ("an image without a version", lambda all: container(all, "StatefulSet", "redis").update(image="redis:latest"), "no fixed image"),
    ("a mount without a volume", lambda all: container(all, "Deployment", "web")["volumeMounts"].append({"name": "cache", "mountPath": "/cache"}), "mounts"),
    ("an autoscaler beside a fixed number", lambda all: one(all, "Deployment", "cart")["spec"].update(replicas=2), "leaves the number of replicas"),
    ("an edge that is cut", lambda all: remove_rule(all, "dispatch", "egress", lambda rule: "'payment'" in rule), "cut dispatch → payment:8080"),
    ("an edge that is cut at the other end", lambda all: remove_rule(all, "mysql", "ingress", lambda rule: "'ratings'" in rule), "cut ratings → mysql:3306"),
    ("no DNS", lambda all: remove_rule(all, "cart", "egress", lambda rule: "kube-dns" in rule), "cut cart → DNS:53"),
    ("an audit that cannot read a store", lambda all: remove_rule(all, "operator", "egress", lambda rule: "'redis'" in rule), "cut operator → redis:6379"),
    ("an audit that cannot read the sandbox", lambda all: remove_rule(all, "operator", "egress", lambda rule: "'sandbox'" in rule), "cut operator → sandbox:8080"),
    ("a way to the operator", lambda all: (one(all, "NetworkPolicy", "operator")["spec"].update(ingress=[{"ports": [{"port": 8080}]}]),
                                           one(all, "NetworkPolicy", "web")["spec"]["egress"].append({"ports": [{"port": 8080}]})), "leave open web → operator:8080"),
    ("an operator with another secret", lambda all: next(variable for variable in container(all, "CronJob", "operator")["env"] if variable["name"] == "DB_PASSWORD")
     ["valueFrom"]["secretKeyRef"].update(name="mysql", key="MYSQL_ROOT_PASSWORD"), "operator reads the secrets of"),
    ("an operator with the key of a service", lambda all: next(volume for volume in chart_rules.pod_of(one(all, "CronJob", "operator"))["spec"]["volumes"] if volume["name"] == "keys")
     ["secret"]["items"].append({"key": "session.key", "path": "x"}), "nobody makes"),
    ("an operator with rights", lambda all: container(all, "CronJob", "operator")["securityContext"].update(allowPrivilegeEscalation=True), "operator/operator has more rights"),
    ("an edge that is left open", lambda all: (one(all, "NetworkPolicy", "web")["spec"]["egress"].append({"ports": [{"port": 3306}]}),
                                               one(all, "NetworkPolicy", "mysql")["spec"]["ingress"].append({"ports": [{"port": 3306}]})), "leave open web → mysql:3306"),
    ("the cloud's metadata", lambda all: next(rule["to"][0]["ipBlock"] for rule in one(all, "NetworkPolicy", "payment")["spec"]["egress"] if "ipBlock" in str(rule)).pop("except"), "leave open payment → the cloud's metadata"),
    ("a workload without a policy", lambda all: all.remove(one(all, "NetworkPolicy", "redis")), "cut cart → redis"),
    ("no denial by default", lambda all: (all.remove(one(all, "NetworkPolicy", "deny-by-default")), all.remove(one(all, "NetworkPolicy", "redis"))), "leave open another namespace → redis"),
]


def failures(objects, secrets, variables):
    """The cases that no rule found."""
    for what, spoil, message in CASES:
        spoiled = copy.deepcopy(objects)
        spoil(spoiled)
        faults = [*chart_rules.check(spoiled, secrets, variables), *chart_network.check(spoiled)]
        if not any(message in fault for fault in faults):
            yield f"{what} was not found; reported: {faults[:3]}"
