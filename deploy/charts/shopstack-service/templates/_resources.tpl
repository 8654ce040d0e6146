{{- define "shopstack.serviceAccount" -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ .context.name }}
  labels: {{- include "shopstack.labels" (dict "root" .root "name" .context.name) | nindent 4 }}
  annotations:
    # Before the migration, which Argo CD runs in wave -1.
    argocd.argoproj.io/sync-wave: "-2"
    {{- with .context.values.serviceAccount.annotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
automountServiceAccountToken: false
{{- end }}

{{- define "shopstack.serviceResource" -}}
{{- $service := .context.values.service }}
apiVersion: v1
kind: Service
metadata:
  name: {{ .context.name }}
  labels: {{- include "shopstack.labels" (dict "root" .root "name" .context.name) | nindent 4 }}
  {{- with $service.annotations }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  type: {{ $service.type }}
  {{- if eq $service.type "LoadBalancer" }}
  # Keeps the addresses of clients, for the rate limit.
  externalTrafficPolicy: Local
  {{- with $service.sourceRanges }}
  loadBalancerSourceRanges: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- end }}
  selector:
    {{- include "shopstack.selector" .context.name | nindent 4 }}
    app.kubernetes.io/component: service
  ports:
    - { name: http, port: {{ $service.port }}, targetPort: http, protocol: TCP, appProtocol: http }
{{- end }}

{{- define "shopstack.autoscaler" -}}
{{- $scaling := .context.values.autoscaling }}
{{- if and $scaling.enabled (semverCompare ">=1.23-0" .root.Capabilities.KubeVersion.Version) }}
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: {{ .context.name }}
  labels: {{- include "shopstack.labels" (dict "root" .root "name" .context.name) | nindent 4 }}
spec:
  scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: {{ .context.name }} }
  minReplicas: {{ $scaling.minReplicas }}
  maxReplicas: {{ $scaling.maxReplicas }}
  metrics:
    - type: Resource
      resource: { name: cpu, target: { type: Utilization, averageUtilization: {{ $scaling.cpuUtilization }} } }
  behavior:
    scaleUp:
      stabilizationWindowSeconds: {{ $scaling.scaleUpSeconds }}
      policies:
        - { type: Percent, value: 100, periodSeconds: 30 }
        - { type: Pods, value: 2, periodSeconds: 30 }
    scaleDown:
      stabilizationWindowSeconds: {{ $scaling.scaleDownSeconds }}
      policies:
        - { type: Pods, value: 1, periodSeconds: 60 }
{{- end }}
{{- end }}

{{- define "shopstack.disruptionBudget" -}}
{{- if semverCompare ">=1.21-0" .root.Capabilities.KubeVersion.Version }}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ .context.name }}
  labels: {{- include "shopstack.labels" (dict "root" .root "name" .context.name) | nindent 4 }}
spec:
  maxUnavailable: {{ .context.values.disruption.maxUnavailable }}
  {{- if semverCompare ">=1.27-0" .root.Capabilities.KubeVersion.Version }}
  # A pod that is not healthy serves nobody and may not hold up a drain.
  unhealthyPodEvictionPolicy: AlwaysAllow
  {{- end }}
  selector:
    matchLabels:
      {{- include "shopstack.selector" .context.name | nindent 6 }}
      app.kubernetes.io/component: service
{{- end }}
{{- end }}

{{- /* Reads the workload's secret from AWS Secrets Manager, and keeps a copy in Kubernetes while a pod uses it. */}}
{{- define "shopstack.secretProvider" -}}
{{- $secrets := .context.values.secrets }}
{{- if and .context.hasSecret (eq $secrets.provider "aws") }}
{{- $keys := include "shopstack.secretFiles" . | fromJsonArray }}
{{- range include "shopstack.secretVariables" . | fromJsonArray }}{{ $keys = append $keys .name }}{{ end }}
apiVersion: secrets-store.csi.x-k8s.io/v1
kind: SecretProviderClass
metadata:
  name: {{ .context.name }}
  labels: {{- include "shopstack.labels" (dict "root" .root "name" .context.name) | nindent 4 }}
  annotations: { argocd.argoproj.io/sync-wave: "-2" }
spec:
  provider: aws
  parameters:
    {{- with $secrets.aws.region }}
    region: {{ . | quote }}
    {{- end }}
    objects: |
      - objectName: {{ $secrets.aws.object | default (printf "shopstack/%s/%s" .root.Release.Namespace .context.name) | quote }}
        objectType: secretsmanager
        # Of root: the program reads the copy.
        filePermission: "0400"
        jmesPath:
          {{- range $keys }}
          - { path: '"{{ . }}"', objectAlias: {{ . | quote }} }
          {{- end }}
  secretObjects:
    - secretName: {{ include "shopstack.secretName" . }}
      type: Opaque
      data:
        {{- range $keys }}
        - { objectName: {{ . | quote }}, key: {{ . | quote }} }
        {{- end }}
{{- end }}
{{- end }}
