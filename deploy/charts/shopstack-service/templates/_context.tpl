{{- /*
What the other templates need of one workload, as JSON: its name, its entry in the table, and its values over the defaults.
Argument: root, name, and values, those of the chart that are about this workload.
*/}}
{{- define "shopstack.context" -}}
{{- $defaults := index .root.Values "shopstack-service" | required "the chart shopstack-service is missing: helm dependency build" }}
{{- $values := mustMergeOverwrite (deepCopy $defaults) (deepCopy (omit .values "shopstack-service" "global")) }}
{{- $shop := mustMergeOverwrite (deepCopy $defaults.global.shopstack) (deepCopy (dig "global" "shopstack" dict (.root.Values | merge dict))) }}
{{- $services := include "shopstack.services" . | fromJsonArray }}
{{- $entry := include "shopstack.workload" .name | fromJson }}
{{- $isService := has .name $services }}
{{- /* The sandbox shares that of payment. */}}
{{- $hasSecret := or $isService (dig "commands" false $entry) }}
{{- dict "name" .name "entry" $entry "values" $values "shop" $shop "isService" $isService "hasSecret" $hasSecret | toJson }}
{{- end }}

{{- define "shopstack.selector" -}}
app.kubernetes.io/name: {{ . }}
app.kubernetes.io/part-of: shopstack
{{- end }}

{{- /* Argument: root and name. */}}
{{- define "shopstack.labels" -}}
{{ include "shopstack.selector" .name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
helm.sh/chart: {{ .root.Chart.Name }}-{{ .root.Chart.Version }}
{{- end }}

{{- /* The image. Argument: root and context. */}}
{{- define "shopstack.image" -}}
{{- $image := .context.values.image }}
{{- $repository := $image.repository | default (printf "%s/shopstack-%s" .context.shop.registry .root.Chart.Name) }}
{{- if $image.digest }}
{{- printf "%s@%s" $repository $image.digest }}
{{- else }}
{{- printf "%s:%s" $repository ($image.tag | default .root.Chart.AppVersion) }}
{{- end }}
{{- end }}

{{- define "shopstack.secretName" -}}
{{ .context.values.secrets.name | default .context.name }}
{{- end }}

{{- /* Nobody gets more rights than a process that reads its files and its network. */}}
{{- define "shopstack.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
capabilities: { drop: [ALL] }
seccompProfile: { type: RuntimeDefault }
{{- end }}

{{- /* The security context of a pod. Argument: the id of user and group. */}}
{{- define "shopstack.podSecurity" -}}
runAsNonRoot: true
runAsUser: {{ . }}
runAsGroup: {{ . }}
fsGroup: {{ . }}
fsGroupChangePolicy: OnRootMismatch
seccompProfile: { type: RuntimeDefault }
{{- end }}

{{- /* Placement: the nodes meant for it, spread over zones and machines. Argument: root and context. */}}
{{- define "shopstack.placement" -}}
{{- $nodes := .context.values.nodes }}
tolerations:
  - { key: {{ $nodes.label }}, operator: Equal, value: {{ $nodes.value }}, effect: NoSchedule }
affinity:
  nodeAffinity:
    {{- if $nodes.required }}
    requiredDuringSchedulingIgnoredDuringExecution:
      nodeSelectorTerms:
        - matchExpressions: [{ key: {{ $nodes.label }}, operator: In, values: [{{ $nodes.value }}] }]
    {{- else }}
    preferredDuringSchedulingIgnoredDuringExecution:
      - weight: 100
        preference:
          matchExpressions: [{ key: {{ $nodes.label }}, operator: In, values: [{{ $nodes.value }}] }]
    {{- end }}
topologySpreadConstraints:
  {{- range list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
  - maxSkew: 1
    topologyKey: {{ . }}
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels: {{- include "shopstack.selector" $.context.name | nindent 8 }}
  {{- end }}
{{- end }}
