{{- /* The environment variables of a service. Argument: root and context. */}}
{{- define "shopstack.environment" -}}
{{- $entry := .context.entry }}
{{- $settings := dict }}
{{- if or .context.isService $entry.commands }}
{{- if has "redis" $entry.stores }}{{ $_ := set $settings "REDIS_USER" .context.name }}{{ end }}
{{- if has "mysql" $entry.stores }}{{ $_ := set $settings "DB_USER" .context.name }}{{ end }}
{{- if has "rabbitmq" $entry.stores }}{{ $_ := set $settings "AMQP_USER" .context.name }}{{ end }}
{{- if .context.shop.collector.endpoint }}{{ $_ := set $settings "OTEL_EXPORTER_OTLP_ENDPOINT" .context.shop.collector.endpoint }}{{ end }}
{{- $_ := set $settings "LOG_FORMAT" "json" }}
{{- $settings = mustMergeOverwrite $settings (deepCopy .context.shop.settings) }}
{{- /* The text of a command is for a person, and its traces are for nobody. */}}
{{- if $entry.commands }}{{ $settings = omit $settings "LOG_FORMAT" "OTEL_EXPORTER_OTLP_ENDPOINT" }}{{ end }}
{{- end }}
{{- $settings = mustMergeOverwrite $settings (deepCopy .context.values.settings) }}
{{- range $name, $value := $settings }}
- { name: {{ $name }}, value: {{ $value | toString | quote }} }
{{- end }}
{{- range include "shopstack.secretVariables" . | fromJsonArray }}
- name: {{ .name }}
  valueFrom: { secretKeyRef: { name: {{ include "shopstack.secretName" $ }}, key: {{ .name }}, optional: {{ .optional }} } }
{{- end }}
{{- end }}

{{- /* The variables that a workload reads from its secret. */}}
{{- define "shopstack.secretVariables" -}}
{{- $entry := .context.entry }}
{{- $variables := list }}
{{- range $store, $variable := dict "mongodb" "MONGO_URL" "redis" "REDIS_PASSWORD" "mysql" "DB_PASSWORD" "rabbitmq" "AMQP_PASSWORD" }}
{{- if has $store $entry.stores }}{{ $variables = append $variables (dict "name" $variable "optional" false) }}{{ end }}
{{- end }}
{{- range $entry.variables }}{{ $variables = append $variables (dict "name" . "optional" true) }}{{ end }}
{{- $variables | toJson }}
{{- end }}

{{- /* The files that a workload reads from its secret. */}}
{{- define "shopstack.secretFiles" -}}
{{- $own := ternary (list (printf "service-%s.key" .context.name) "services.json") list .context.isService }}
{{- concat $own (.context.entry.files | default list) | toJson }}
{{- end }}

{{- /* The volumes of a pod of the program: its keys, and folders that live as long as the pod. */}}
{{- define "shopstack.volumes" -}}
- name: data
  emptyDir: { sizeLimit: 1Gi }
- name: tmp
  emptyDir: { sizeLimit: 64Mi }
{{- if .context.hasSecret }}
- name: keys
  secret:
    secretName: {{ include "shopstack.secretName" . }}
    # Of root, and readable by the group of the pod.
    defaultMode: 0440
    items:
      {{- range include "shopstack.secretFiles" . | fromJsonArray }}
      - { key: {{ . }}, path: {{ . }} }
      {{- end }}
{{- end }}
{{- if and .context.hasSecret (eq .context.values.secrets.provider "aws") }}
# The driver writes the secret above when this is mounted.
- name: secrets-store
  csi:
    driver: secrets-store.csi.k8s.io
    readOnly: true
    volumeAttributes: { secretProviderClass: {{ .context.name }} }
{{- end }}
{{- end }}

{{- define "shopstack.mounts" -}}
- { name: data, mountPath: /var/lib/shopstack }
- { name: tmp, mountPath: /tmp }
{{- if .context.hasSecret }}
- { name: keys, mountPath: /run/secrets/shopstack, readOnly: true }
{{- end }}
{{- if and .context.hasSecret (eq .context.values.secrets.provider "aws") }}
- { name: secrets-store, mountPath: /mnt/secrets-store, readOnly: true }
{{- end }}
{{- end }}
