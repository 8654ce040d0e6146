{{- /*
What all stores have in common. A store is a stateful set named after its chart, with a headless service for its members.
*/}}

{{- /* The workloads that may connect, and the members among themselves. Argument: root, context, ports of members. */}}
{{- define "shopstack.storePolicy" -}}
{{- $name := .context.name }}
{{- $shop := .context.shop }}
{{- $own := include "shopstack.selector" $name | fromYaml | toJson }}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ $name }}
  labels: {{- include "shopstack.labels" (dict "root" .root "name" $name) | nindent 4 }}
spec:
  podSelector:
    matchLabels: {{- include "shopstack.selector" $name | nindent 6 }}
  policyTypes: [Ingress, Egress]
  ingress:
    {{- range $caller, $other := include "shopstack.workloads" . | fromYaml }}
    {{- if has $name $other.stores }}
    - from: [{ podSelector: { matchLabels: {{ include "shopstack.selector" $caller | fromYaml | toJson }} } }]
      ports: [{ port: {{ $.port }}, protocol: TCP }]
    {{- end }}
    {{- end }}
    {{- if .members }}
    - from: [{ podSelector: { matchLabels: {{ $own }} } }]
      ports: {{- include "shopstack.policyPorts" .members | nindent 8 }}
    {{- end }}
    {{- if and .metrics $shop.monitoringNamespace }}
    - from: [{ namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: {{ $shop.monitoringNamespace }} } } }]
      ports: [{ port: {{ .metrics }}, protocol: TCP }]
    {{- end }}
  {{- if .members }}
  egress:
    - to:
        - namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: {{ $shop.dns.namespace }} } }
          podSelector: { matchLabels: {{ $shop.dns.labels | toJson }} }
      ports: [{ port: 53, protocol: UDP }, { port: 53, protocol: TCP }]
    - to: [{ podSelector: { matchLabels: {{ $own }} } }]
      ports: {{- include "shopstack.policyPorts" .members | nindent 8 }}
  {{- else }}
  # It connects to nobody.
  egress: []
  {{- end }}
{{- end }}

{{- define "shopstack.policyPorts" -}}
{{- range . }}
- { port: {{ . }}, protocol: TCP }
{{- end }}
{{- end }}

{{- /* Metadata and beginning of the specification of the stateful set. Argument: root, context, replicas. */}}
{{- define "shopstack.storeSet" -}}
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: {{ .context.name }}
  labels: {{- include "shopstack.labels" (dict "root" .root "name" .context.name) | nindent 4 }}
spec:
  serviceName: {{ .context.name }}
  replicas: {{ .replicas }}
  podManagementPolicy: Parallel
  selector:
    matchLabels: {{- include "shopstack.selector" .context.name | nindent 6 }}
  volumeClaimTemplates:
    - metadata:
        name: data
      spec:
        accessModes: [ReadWriteOnce]
        {{- with .context.values.storage.className }}
        storageClassName: {{ . }}
        {{- end }}
        resources: { requests: { storage: {{ .context.values.storage.size }} } }
{{- end }}

{{- /* Of pods: without the version of the chart, which would restart every one. */}}
{{- define "shopstack.storeLabels" -}}
{{ include "shopstack.selector" .context.name }}
app.kubernetes.io/component: store
{{- end }}

{{- /* The service of a store: its name leads to all members, and each has a name of its own. Argument: root, context, ports. */}}
{{- define "shopstack.storeService" -}}
apiVersion: v1
kind: Service
metadata:
  name: {{ .context.name }}
  labels: {{- include "shopstack.labels" (dict "root" .root "name" .context.name) | nindent 4 }}
spec:
  clusterIP: None
  # Members find each other before they are ready.
  publishNotReadyAddresses: {{ gt (int .replicas) 1 }}
  selector: {{- include "shopstack.selector" .context.name | nindent 4 }}
  ports:
    {{- range $name, $port := .ports }}
    - { name: {{ $name }}, port: {{ $port }}, protocol: TCP }
    {{- end }}
{{- end }}

{{- /* The scripts of deploy/stores that this chart has a copy of. */}}
{{- define "shopstack.storeFiles" -}}
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .context.name }}
  labels: {{- include "shopstack.labels" (dict "root" .root "name" .context.name) | nindent 4 }}
data:
  {{- range $path, $_ := .root.Files.Glob "files/*" }}
  {{ base $path }}: |
    {{- $.root.Files.Get $path | nindent 4 }}
  {{- end }}
{{- end }}

{{- /* All resources of a store but its stateful set. */}}
{{- define "shopstack.store" -}}
{{- $argument := . }}
{{- range list "serviceAccount" "storePolicy" "storeFiles" "storeService" "storeDisruption" }}
---
{{ include (printf "shopstack.%s" .) $argument }}
{{- end }}
{{- end }}

{{- define "shopstack.storeDisruption" -}}
{{- if semverCompare ">=1.21-0" .root.Capabilities.KubeVersion.Version }}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ .context.name }}
  labels: {{- include "shopstack.labels" (dict "root" .root "name" .context.name) | nindent 4 }}
spec:
  maxUnavailable: 1
  selector:
    matchLabels: {{- include "shopstack.selector" .context.name | nindent 6 }}
{{- end }}
{{- end }}

{{- define "shopstack.storeImage" -}}
{{ .context.values.image.repository }}{{ with .context.values.image.digest }}@{{ . }}{{ else }}:{{ .context.values.image.tag }}{{ end }}
{{- end }}

{{- /* Variables from the secret of the store. Argument: context, names. */}}
{{- define "shopstack.storeSecrets" -}}
{{- range .names }}
- { name: {{ . }}, valueFrom: { secretKeyRef: { name: {{ $.context.values.secretName }}, key: {{ . }} } } }
{{- end }}
{{- end }}
