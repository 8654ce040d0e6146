"""The keys of a chart's values, and those of a file of values that the chart does not know.

Helm takes a misspelt key without a word. A list of keys has one line for each, as a JSON pointer:

    /server/replicas          a value; where the chart has none by default (null), whatever is below is accepted
    /server/resources {}      an empty map: the chart takes any keys
    /server/env []            a list: its elements are not described by the values
"""

# Keys that a chart documents in comments of its values, or takes without any mention, and maps whose keys are free although the
# chart has some by default. A pointer stands for everything below it.
UNDESCRIBED = {
    "argo-cd": [
        # ConfigMaps of Argo CD, whose keys are its own settings.
        "/configs/cm", "/configs/params"],
    "kube-prometheus-stack": [
        # Alertmanager's configuration; amtool checks it (deploy/local/check_alerts.py).
        "/alertmanager/config", "/defaultRules/disabled",
        # Values of the charts that it depends on: grafana, kube-state-metrics and prometheus-node-exporter.
        "/grafana/fullnameOverride", "/grafana/extraSecretMounts", "/grafana/grafana.ini", "/grafana/persistence/enabled",
        "/grafana/testFramework/enabled", "/grafana/resources", "/grafana/nodeSelector", "/grafana/service/type",
        "/grafana/sidecar/resources", "/grafana/sidecar/securityContext", "/grafana/sidecar/datasources/searchNamespace",
        "/grafana/serviceAccount/name", "/grafana/serviceAccount/annotations",
        "/kube-state-metrics/fullnameOverride", "/kube-state-metrics/resources", "/kube-state-metrics/nodeSelector",
        "/kube-state-metrics/collectorsExclude",
        "/prometheus-node-exporter/fullnameOverride", "/prometheus-node-exporter/resources", "/prometheus-node-exporter/tolerations",
        "/prometheus-node-exporter/containerSecurityContext"],
    "opentelemetry-collector": [
        "/service/enabled", "/service/internalTrafficPolicy", "/podDisruptionBudget/maxUnavailable"],
}


# Maps of labels and the like, which take any key although a chart may have one in them.
FREE_MAPS = {"annotations", "labels", "matchLabels", "nodeSelector"}


def escaped(key):
    return str(key).replace("~", "~0").replace("/", "~1")


def key_lines(values, pointer=""):
    """The lines of a list of keys."""
    for key, value in values.items():
        here = f"{pointer}/{escaped(key)}"
        if isinstance(value, dict) and value:
            yield here
            yield from key_lines(value, here)
        elif isinstance(value, dict):
            yield f"{here} {{}}"
        elif isinstance(value, list):
            yield f"{here} []"
        elif value is None:
            yield f"{here} null"
        else:
            yield here


class Keys:
    """A list of keys of one version of a chart."""

    def __init__(self, chart, text):
        head, *lines = text.splitlines()
        self.version = head.split(";")[0].split()[-1]
        self.free, self.known = set(UNDESCRIBED.get(chart, ())), set()
        for line in lines:
            pointer, _, kind = line.partition(" ")
            self.known.add(pointer)
            if kind:
                self.free.add(pointer)

    def unknown(self, values, pointer=""):
        """The pointers of the keys of `values` that the chart does not know."""
        for key, value in values.items():
            here = f"{pointer}/{escaped(key)}"
            if here in self.free:
                continue
            described_below = any(free.startswith(f"{here}/") for free in self.free)
            if here not in self.known and not described_below:
                yield here
            elif isinstance(value, dict) and key not in FREE_MAPS:
                yield from self.unknown(value, here)
