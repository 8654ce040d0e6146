{{- /*
The deployment of a workload. Argument: root, context, and optionally args, image, user, mounts, volumes, initContainers.
*/}}
{{- define "shopstack.deployment" -}}
{{- $context := .context }}
{{- $values := $context.values }}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ $context.name }}
  labels: {{- include "shopstack.labels" (dict "root" .root "name" $context.name) | nindent 4 }}
spec:
  {{- if not $values.autoscaling.enabled }}
  replicas: {{ $values.replicas }}
  {{- end }}
  revisionHistoryLimit: 5
  # A new pod is ready before an old one ends.
  strategy:
    {{- if .single }}
    type: Recreate
    {{- else }}
    type: RollingUpdate
    rollingUpdate: { maxUnavailable: 0, maxSurge: 1 }
    {{- end }}
  selector:
    matchLabels:
      {{- include "shopstack.selector" $context.name | nindent 6 }}
      app.kubernetes.io/component: service
  template:
    metadata:
      # Without the version of the chart, which would restart every pod.
      labels:
        {{- include "shopstack.selector" $context.name | nindent 8 }}
        app.kubernetes.io/component: service
        {{- with $values.podLabels }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      {{- with $values.podAnnotations }}
      annotations: {{- toYaml . | nindent 8 }}
      {{- end }}
    spec:
      {{- include "shopstack.podBasics" . | nindent 6 }}
      {{- with $values.priorityClassName }}
      priorityClassName: {{ . }}
      {{- end }}
      terminationGracePeriodSeconds: {{ add $values.shutdown.delay $values.shutdown.timeout }}
      {{- include "shopstack.placement" . | nindent 6 }}
      {{- with .initContainers }}
      initContainers: {{- . | nindent 8 }}
      {{- end }}
      containers:
        - name: {{ $context.name }}
          image: {{ .image | default (include "shopstack.image" .) | quote }}
          imagePullPolicy: {{ $values.image.pullPolicy }}
          {{- with .args }}
          args: {{- toYaml . | nindent 12 }}
          {{- end }}
          {{- with include "shopstack.environment" . | trim }}
          env: {{- . | nindent 12 }}
          {{- end }}
          ports:
            - { name: http, containerPort: 8080 }
          {{- include "shopstack.probes" . | nindent 10 }}
          {{- if semverCompare ">=1.30-0" .root.Capabilities.KubeVersion.Version }}
          # Clients and proxies learn that the pod is going while it still answers. The image has no `sleep` for older versions.
          lifecycle: { preStop: { sleep: { seconds: {{ $values.shutdown.delay }} } } }
          {{- end }}
          resources: {{- toYaml $values.resources | nindent 12 }}
          securityContext: {{- include "shopstack.containerSecurity" . | nindent 12 }}
          volumeMounts: {{- .mounts | default (include "shopstack.mounts" .) | nindent 12 }}
      volumes: {{- .volumes | default (include "shopstack.volumes" .) | nindent 8 }}
{{- end }}

{{- /* What all pods have in common. */}}
{{- define "shopstack.podBasics" -}}
serviceAccountName: {{ .context.name }}
automountServiceAccountToken: false
# Kubernetes would set REDIS_PORT and others like it, which are settings of the services.
enableServiceLinks: false
securityContext: {{- include "shopstack.podSecurity" (.user | default 10001) | nindent 2 }}
{{- with .context.values.imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- /* Probes are marked as synthetic, so that they are in no trace and no metric of the business. */}}
{{- define "shopstack.probes" -}}
{{- $entry := .context.entry }}
startupProbe:
  {{- include "shopstack.probe" $entry.live | nindent 2 }}
  periodSeconds: 2
  failureThreshold: 60
readinessProbe:
  {{- include "shopstack.probe" $entry.health | nindent 2 }}
  periodSeconds: 5
  timeoutSeconds: 6
  failureThreshold: 2
livenessProbe:
  {{- include "shopstack.probe" $entry.live | nindent 2 }}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
{{- end }}

{{- define "shopstack.probe" -}}
{{- if . -}}
httpGet:
  path: {{ . }}
  port: http
  httpHeaders: [{ name: X-INSTANA-SYNTHETIC, value: "1" }]
{{- else -}}
tcpSocket: { port: http }
{{- end }}
{{- end }}
