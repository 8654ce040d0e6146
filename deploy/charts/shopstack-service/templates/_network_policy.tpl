{{- /*
Who may connect to a workload, and whom it may connect to: the edges of the table, DNS, Prometheus, the collector, and nobody
else. The chart shopstack-namespace denies what no policy allows.
*/}}
{{- define "shopstack.networkPolicy" -}}
{{- $name := .context.name }}
{{- $entry := .context.entry }}
{{- $shop := .context.shop }}
{{- /* The sandbox exists where the chart of payment says so. */}}
{{- $hasSandbox := or (eq $name "sandbox") (dig "sandbox" "enabled" false (.root.Values | merge dict)) }}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ $name }}
  labels: {{- include "shopstack.labels" (dict "root" .root "name" $name) | nindent 4 }}
  annotations: { argocd.argoproj.io/sync-wave: "-2" }
spec:
  podSelector:
    matchLabels: {{- include "shopstack.selector" $name | nindent 6 }}
  policyTypes: [Ingress, Egress]
  ingress:
    {{- if $entry.public }}
    # From anywhere: this is the shop's entry.
    - ports: [{ port: 8080, protocol: TCP }]
    {{- end }}
    {{- range $caller, $other := include "shopstack.workloads" . | fromYaml }}
    {{- if and (has $name $other.calls) (not $entry.public) (or $hasSandbox (ne $caller "sandbox")) }}
    - from: [{ podSelector: { matchLabels: {{ include "shopstack.selector" $caller | fromYaml | toJson }} } }]
      ports: [{ port: 8080, protocol: TCP }]
    {{- end }}
    {{- end }}
    {{- with $shop.monitoringNamespace }}
    {{- if or $.context.isService (eq $name "probe") }}
    - from: [{ namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: {{ . }} } } }]
      ports: [{ port: 8080, protocol: TCP }]
    {{- end }}
    {{- end }}
  egress:
    - to:
        - namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: {{ $shop.dns.namespace }} } }
          podSelector: { matchLabels: {{ $shop.dns.labels | toJson }} }
      ports: [{ port: 53, protocol: UDP }, { port: 53, protocol: TCP }]
    {{- range $entry.calls }}
    {{- if or $hasSandbox (ne . "sandbox") }}
    - to: [{ podSelector: { matchLabels: {{ include "shopstack.selector" . | fromYaml | toJson }} } }]
      ports: [{ port: 8080, protocol: TCP }]
    {{- end }}
    {{- end }}
    {{- range $store := $entry.stores }}
    {{- $at := get $shop.stores $store }}
    - to:
        {{- range $at.cidrs }}
        - ipBlock: { cidr: {{ . }} }
        {{- else }}
        - podSelector: { matchLabels: {{ include "shopstack.selector" $store | fromYaml | toJson }} }
        {{- end }}
      ports: [{ port: {{ $at.port }}, protocol: TCP }]
    {{- end }}
    {{- if and .context.isService $shop.collector.endpoint }}
    - to: [{ namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: {{ $shop.collector.namespace }} } } }]
      ports: [{ port: 4318, protocol: TCP }]
    {{- end }}
    {{- if $entry.internet }}
    # For {{ $entry.internet }}.
    - to:
        {{- range .context.values.internet.cidrs }}
        - ipBlock: { cidr: {{ . }}{{ if eq . "0.0.0.0/0" }}, except: {{ $.context.values.internet.except | toJson }}{{ end }} }
        {{- end }}
      ports:
        {{- range .context.values.internet.ports }}
        - { port: {{ . }}, protocol: TCP }
        {{- end }}
    {{- end }}
{{- end }}
