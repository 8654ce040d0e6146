{{- /* Everything of the service after which the chart is named. */}}
{{- define "shopstack.service" -}}
{{- $context := include "shopstack.context" (dict "root" . "name" .Chart.Name "values" .Values) | fromJson }}
{{- include "shopstack.render" (dict "root" . "context" $context "args" (list "serve" .Chart.Name)) }}
{{- end }}

{{- /* The resources of a workload. Argument: that of shopstack.deployment. */}}
{{- define "shopstack.render" -}}
{{- $argument := . }}
{{- range list "serviceAccount" "secretProvider" "networkPolicy" "migration" "serviceResource" "deployment" "autoscaler" "disruptionBudget" }}
{{- with include (printf "shopstack.%s" .) $argument | trim }}
---
{{ . }}
{{- end }}
{{- end }}
{{- end }}
