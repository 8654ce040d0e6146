#!/usr/bin/env python3
"""Tests of check_platform.py: python3 deploy/local/test_platform.py

Each makes one mistake in a copy of the files, and expects the check to name it. The files as they are have none.
"""
import re
import shutil
import tempfile
import unittest
from pathlib import Path

import check_platform
import platform_rules
from platform_files import ROOT, Platform, Unreadable, parsed
from platform_keys import Keys, key_lines

COPIED = ["valuefiles", "kops", "deploy/schemas", "deploy/observability", "deploy/charts", "deploy/environments", "deploy/argocd"]
PROMETHEUS, ARGO = "valuefiles/kube-prometheus-stack/values.yaml", "valuefiles/argocd/values.yaml"
FLUENT, GATEWAY = "valuefiles/fluent-bit/values.yaml", "valuefiles/opentelemetry-collector-gateway/values.yaml"
NOTES = "valuefiles/argocd/notifications.yaml"

# A name, the file, what is replaced by what, and what the check has to say.
MISTAKES = [
    # Keys.
    ("a misspelt key of a chart", PROMETHEUS, "    replicas: 3\n", "    replicass: 3\n", "knows no /alertmanager/alertmanagerSpec/replicass"),
    ("a misspelt key at the top", FLUENT, "updateStrategy:", "updateStrategie:", "knows no /updateStrategie"),
    ("a misspelt key of Argo CD", ARGO, "repoServer:\n  replicas", "repoServer:\n  replica", "knows no /repoServer/replica"),
    ("a key at the wrong depth", GATEWAY, "replicaCount: 2", "autoscaling: { replicaCount: 2 }", "knows no /autoscaling/replicaCount"),
    ("a misspelt setting of a dependency", PROMETHEUS, "  testFramework: {", "  testFramwork: {", "knows no /grafana/testFramwork"),
    ("a key that stands twice", FLUENT, "kind: DaemonSet", "kind: DaemonSet\nkind: Deployment", "kind stands twice"),
    ("keys of another version", "valuefiles/charts.yaml", "version: 10.1.1", "version: 10.1.2", "keys are those of 10.1.1, not of 10.1.2"),
    # The index.
    ("a range of versions", "valuefiles/charts.yaml", "version: 3.13.1", "version: 3.x.x", "metrics-server is not pinned"),
    ("a file that no chart uses", "valuefiles/charts.yaml", ", valuefiles/argocd/notifications.yaml", "", "argocd/notifications.yaml: no entry"),
    ("a file that is missing", "valuefiles/charts.yaml", "velero/schedules.yaml", "velero/schedule.yaml", "velero/schedule.yaml is missing"),
    ("a repository without TLS", "valuefiles/charts.yaml", "https://charts.jetstack.io", "http://charts.jetstack.io", "without TLS"),
    ("a command with another version", "kops/README.md", "--version 88.5.3", "--version 88.5.2", "the command for kube-prometheus-stack differs"),
    ("a chart that no command installs", "kops/README.md", "helm upgrade --install velero ", "helm install velero ", "no command installs velero"),
    ("a file that no command applies", "kops/README.md", " -f valuefiles/velero/schedules.yaml", "", "no command applies valuefiles/velero/schedules.yaml"),
    # Kinds.
    ("a field that a kind does not have", "valuefiles/velero/schedules.yaml", "    snapshotVolumes: true", "    snapshotVolume: true", "snapshotVolume"),
    ("a certificate without an issuer", "valuefiles/opentelemetry-collector-gateway/certificates.yaml", "  issuerRef:", "  issuer:", "issuerRef"),
    ("a misspelt field of kops", "kops/microservices.yaml", "  maxSize:", "  maximumSize:", "maximumSize"),
    ("a misspelt field of a monitor", "deploy/observability/kubernetes/service-monitors.yaml", "      interval:", "      intervall:", "intervall"),
    ("a kind without a schema", "valuefiles/eck/kibana.yaml", "kind: Kibana", "kind: Kibanna", "no schema of this kind"),
    # Images.
    ("an image that moves", GATEWAY, "tag: 0.158.0", "tag: latest", "is not pinned"),
    ("an image without a version", "valuefiles/velero/values.yaml", "velero-plugin-for-aws:v1.14.2", "velero-plugin-for-aws", "/image is not pinned"),
    ("a version that is a range", "valuefiles/eck/elasticsearch.yaml", "version: 8.19.18", 'version: "8.19"', "Elasticsearch is not pinned"),
    # Resources and budgets.
    ("no limit of memory", "valuefiles/metrics-server/values.yaml", "  limits: { memory: 400Mi }\n", "", "lacks a request or the limit"),
    ("a budget that blocks a drain", PROMETHEUS, "minAvailable: 2", "minAvailable: 3", "lets nobody be evicted"),
    ("a budget with both bounds", ARGO, "maxUnavailable: 1 }", "maxUnavailable: 1, minAvailable: 1 }", "has both bounds"),
    # Secrets.
    ("a password", PROMETHEUS, "existingSecret: grafana,", "adminPassword: hunter2,", "adminPassword has a secret"),
    ("a token in a text", NOTES, "token: $slack-token", "token: abcdef", "has a secret, not a reference"),
    ("a password in a configuration", FLUENT, "HTTP_Passwd              ${ELASTICSEARCH_PASSWORD}", "HTTP_Passwd elastic", "has a secret, not a reference"),
    ("a key of AWS", "kops/cluster.yaml", "project: shopstack", "project: AKIAIOSFODNN7EXAMPLE", "something secret"),
    ("a webhook of Slack in a document", "kops/README.md", "# The cluster", "# https://hooks.slack.com/services/T0/B0/x", "something secret"),
    ("a secret that nobody makes", FLUENT, "name: elasticsearch-log-shipper, key: username", "name: elastic-user, key: username", "lacks elastic-user in observability"),
    ("a secret that nothing refers to", "valuefiles/instana-agent/values.yaml", "keysSecret: instana-agent-key", "mode: APM", "nothing refers to the secret instana-agent-key"),
    ("a class that is not there", ARGO, "secretProviderClass: argocd-sso", "secretProviderClass: argocd-ss", "no SecretProviderClass argocd-ss"),
    ("a copy of what is not read", "valuefiles/argocd/secrets.yaml", "objectName: slack-token,", "objectName: token,", "copies ['token']"),
    ("a secret of AWS that no role may read", "valuefiles/kube-prometheus-stack/secrets.yaml", "platform/grafana", "platform/graphana", "no role may read"),
    # Nodes.
    ("a wrong taint", "kops/microservices.yaml", "app=shopstack:NoSchedule", "app=shop:NoSchedule", "a taint that no node has"),
    ("a taint with another effect", "kops/database.yaml", "app=database:NoSchedule", "app=database:NoExecute", "tolerates app=database:NoSchedule"),
    ("a taint on the platform", "kops/platform.yaml", "  nodeLabels:", '  taints: ["app=platform:NoSchedule"]\n  nodeLabels:', "with a taint that it does not tolerate"),
    ("a label that no node has", "valuefiles/velero/values.yaml", "nodeSelector: { app: platform }", "nodeSelector: { app: plattform }", "a label that no node has"),
    ("a toleration that is missing", FLUENT, "  - { key: app, operator: Equal, value: database, effect: NoSchedule }\n", "", "tolerates not all of"),
    ("a label that the shop's charts want", "kops/database.yaml", "app: database }", "app: databases }", "no instance group has the label app=database"),
    ("a zone without a group", "kops/database.yaml", "subnets: [eu-central-1c]", "subnets: [eu-central-1b]", "nodes database are in the zones"),
    ("a group with volumes over zones", "kops/platform.yaml", "subnets: [eu-central-1a]", "subnets: [eu-central-1a, eu-central-1b]", "holds volumes and spans zones"),
    ("nodes in a public subnet", "kops/microservices.yaml", "subnets: [eu-central-1a,", "subnets: [utility-eu-central-1a,", "not in private subnets"),
    ("a table that is not true", "kops/README.md", "| `microservices` | `app=shopstack` |", "| `microservices` | `app=shop` |", "the table lacks the row"),
    ("a group that is not scaled", "kops/microservices.yaml", "k8s.io/cluster-autoscaler/k8s.example.com", "k8s.io/cluster-autoscaler/k9s.example.com", "does not find microservices"),
    # The cluster.
    ("an open API server", "kops/cluster.yaml", "kubernetesApiAccess: [203.0.113.0/24]", "kubernetesApiAccess: [0.0.0.0/0]", "open to the world"),
    ("an API server that names no network", "kops/cluster.yaml", "kubernetesApiAccess: [203.0.113.0/24]", "kubernetesApiAccess: []", "names no network"),
    ("SSH for everybody", "kops/cluster.yaml", "sshAccess: []", 'sshAccess: ["::/0"]', "open to the world"),
    ("an open load balancer", ARGO, "    loadBalancerSourceRanges: [10.20.0.0/16]\n", "", "does not say who may connect"),
    ("a volume that is not encrypted", "kops/database.yaml", "rootVolumeEncryption: true", "rootVolumeEncryption: false", "is not encrypted"),
    ("an etcd that is not encrypted", "kops/cluster.yaml", "control-plane-eu-central-1b, encryptedVolume: true", "control-plane-eu-central-1b, encryptedVolume: false", "volume of etcd main is not encrypted"),
    ("an etcd without backups", "kops/cluster.yaml", "        backupRetentionDays: 30\n", "", "etcd main is not backed up"),
    ("an etcd on a group that is not there", "kops/cluster.yaml", "instanceGroup: control-plane-eu-central-1c", "instanceGroup: control-plane-eu-central-1d", "not three groups that exist"),
    ("metadata that pods can read", "kops/platform.yaml", "httpPutResponseHopLimit: 1", "httpPutResponseHopLimit: 2", "may read the metadata"),
    ("no audit policy", "kops/cluster.yaml", "path: /etc/kubernetes/audit/policy.yaml", "path: /etc/audit.yaml", "no audit log with a policy"),
    ("secrets in the clear", "kops/cluster.yaml", "encryptionConfig: true", "encryptionConfig: false", "encryptionConfig is False"),
    ("a metrics server twice", "kops/cluster.yaml", "metricsServer:\n    enabled: false", "metricsServer:\n    enabled: true", "metricsServer.enabled is True"),
    ("a network that enforces nothing", "kops/cluster.yaml", "    cilium:\n", "    flannel: {}\n    kindnet:\n", "enforces no network policies"),
    ("pods that a load balancer cannot reach", "kops/cluster.yaml", "      ipam: eni\n", "", "targets of the type ip"),
    ("a DNS that the policies do not allow", "kops/cluster.yaml", "    provider: CoreDNS\n", "    provider: CoreDNS\n    nodeLocalDNS: { enabled: true }\n", "not to nodeLocalDNS"),
    ("a role that kops does not make", "valuefiles/velero/values.yaml", "role/velero.velero", "role/velero2.velero", "kops makes no role"),
    ("a role for another namespace", "valuefiles/velero/values.yaml", "role/velero.velero.sa", "role/velero.kube-system.sa", "for another namespace"),
    ("a role that may do everything", "kops/cluster.yaml", '["s3:ListBucket"]', '["s3:*"]', "allows ['s3:*']"),
    ("a policy that is no JSON", "kops/cluster.yaml", '"Action": ["s3:ListBucket"],', '"Action": ["s3:ListBucket"]', "is no JSON"),
    ("an autoscaler of another version", "valuefiles/cluster-autoscaler/values.yaml", "tag: v1.34.3", "tag: v1.35.0", "is not of Kubernetes 1.34"),
    ("a storage class that is not there", "valuefiles/eck/elasticsearch.yaml", "storageClassName: gp3-encrypted", "storageClassName: gp3", "asks for the storage class gp3,"),
    ("a storage class in the clear", "kops/storage.yaml", 'encrypted: "true"', 'encrypted: "false"', "gp3-encrypted is not encrypted"),
    # What comes from deploy/observability.
    ("another setting of Fluent Bit", FLUENT, "Mem_Buf_Limit     32M", "Mem_Buf_Limit     64M", "valuefiles/fluent-bit: .*64M"),
    ("Fluent Bit without a filter", "deploy/observability/fluent-bit/filters.conf", "Remove       _p\n", "", "valuefiles/fluent-bit: .*_p"),
    ("another setting of Fluentd", "valuefiles/fluentd/values.yaml", "retry_timeout 24h", "retry_timeout 1h", "valuefiles/fluentd: retry_timeout 1h"),
    ("another setting of the agent", "deploy/observability/otel-collector/agent.yaml", "queue_size: 200", "queue_size: 100", "collector-agent differs"),
    ("a gateway without TLS", GATEWAY, "        tls: *tls\n", "", "collector-gateway differs"),
    ("another route of alerts", "deploy/observability/alertmanager/alertmanager.yml", "repeat_interval: 12h", "repeat_interval: 6h", "route of Alertmanager differs"),
    ("another message of alerts", PROMETHEUS, "Act now: ", "Now: ", "the template differs"),
    ("a variable that is not set", FLUENT, "  - { name: FLUENT_STATE, value: /var/lib/fluent-bit }\n", "", "FLUENT_STATE is not set"),
    ("an agent that the shop does not find", "valuefiles/opentelemetry-collector-agent/values.yaml", "fullnameOverride: opentelemetry-collector-agent", "fullnameOverride: otel-agent", "traces go to"),
    ("a namespace that the network policies do not allow", "deploy/charts/shopstack-service/values.yaml", "monitoringNamespace: monitoring", "monitoringNamespace: prometheus", "Prometheus is expected in prometheus"),
    ("a namespace that Prometheus does not read", PROMETHEUS, "kube-system, velero]", "kube-system]", "monitors of velero are not read"),
    # Argo CD.
    ("anonymous access", ARGO, 'users.anonymous.enabled: "false"', 'users.anonymous.enabled: "true"', "users.anonymous.enabled is 'true'"),
    ("a server without TLS", ARGO, 'server.insecure: "false"', 'server.insecure: "true"', "server.insecure is 'true'"),
    ("rights for everybody", ARGO, 'policy.default: ""', "policy.default: role:readonly", "policy.default is 'role:readonly'"),
    ("no health of child applications", ARGO, "health.argoproj.io_Application", "health.argoproj.io_Applications", "does not wait for child applications"),
    ("a message that is not written", NOTES, "send: [degraded]", "send: [degrade]", "sends degrade,"),
    ("a subscription to no trigger", "deploy/argocd/applications/templates/applications.yaml", '"on-sync-failed"', '"on-sync-fails"', "on-sync-fails is no trigger"),
    ("a group that does not log in", ARGO, "g, shopstack-developers,", "g, shopstack-developer,", "the group shopstack-developers has no role"),
    ("a trigger that is not there", NOTES, "triggers: [on-sync-status-unknown]", "triggers: [on-sync-unknown]", "has the trigger on-sync-unknown,"),
]

# Mistakes that are made in all groups of a file, since one of them would be another mistake.
EVERYWHERE = {"a taint on the platform", "a label that the shop's charts want"}


class Mistakes(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.place = tempfile.TemporaryDirectory()
        cls.root = Path(cls.place.name)
        for name in COPIED:
            if (ROOT / name).exists():
                shutil.copytree(ROOT / name, cls.root / name)

    @classmethod
    def tearDownClass(cls):
        cls.place.cleanup()

    def faults(self):
        try:
            return list(check_platform.faults(Platform(self.root)))
        except Unreadable as error:
            return [(None, str(error))]

    def found_with(self, mistake):
        """The faults while a mistake is in the files."""
        name, path, old, new, _ = mistake
        file = self.root / path
        before = file.read_text()
        self.assertIn(old, before, "the mistake cannot be made any more")
        file.write_text(before.replace(old, new, -1 if name in EVERYWHERE else 1))
        try:
            return self.faults()
        finally:
            file.write_text(before)

    def test_the_files_have_no_fault(self):
        self.assertEqual(self.faults(), [])

    def test_each_mistake_is_found_and_each_rule_finds_one(self):
        useful = set()
        for mistake in MISTAKES:
            expected = mistake[-1]
            with self.subTest(mistake[0]):
                found = self.found_with(mistake)
                useful |= {rule for rule, _ in found}
                pattern = expected if ".*" in expected else re.escape(expected)
                self.assertTrue(any(re.search(pattern, text) for _, text in found), f"expected {expected!r}, found {found}")
        # A rule that no mistake breaks could be empty.
        self.assertEqual({rule.__name__ for rule in check_platform.RULES if rule not in useful}, set())


class Parts(unittest.TestCase):
    def test_placeholders_are_listed_with_their_line(self):
        found = list(platform_rules.placeholders(Platform(ROOT)))
        self.assertIn(("kops/cluster.yaml", "203.0.113.0/24"), {(path, text) for path, _, text in found})

    def test_free_maps_take_any_key_and_others_do_not(self):
        lines = key_lines({"labels": {}, "list": [1], "unset": None, "image": {"tag": "1"}})
        keys = Keys("any", "\n".join(["# The keys of the values of the chart any 1.0.0; written by hand.", *lines]))
        self.assertEqual(list(keys.unknown({"labels": {"a/b": "c"}, "unset": {"x": 1}, "image": {"tag": "2"}, "list": []})), [])
        self.assertEqual(list(keys.unknown({"image": {"tags": "2"}, "a/b": 1})), ["/image/tags", "/a~1b"])

    def test_a_key_that_stands_twice_is_refused(self):
        with self.assertRaisesRegex(Unreadable, "a stands twice, at line 1"):
            parsed("a: 1\na: 2\n")


if __name__ == "__main__":
    unittest.main()
