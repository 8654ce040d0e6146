{{- /*
Updates the schema of a service before its new version starts. At the first installation there is nothing to update: a service
creates its schema itself.
*/}}
{{- define "shopstack.migration" -}}
{{- $context := .context }}
{{- if and $context.entry.schema $context.values.migration.enabled }}
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ $context.name }}-migration
  labels: {{- include "shopstack.labels" (dict "root" .root "name" $context.name) | nindent 4 }}
  annotations:
    helm.sh/hook: pre-upgrade
    helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
    # Argo CD takes these instead: after the policies and before the deployment.
    argocd.argoproj.io/hook: Sync
    argocd.argoproj.io/sync-wave: "-1"
    argocd.argoproj.io/hook-delete-policy: BeforeHookCreation,HookSucceeded
spec:
  backoffLimit: 3
  activeDeadlineSeconds: {{ $context.values.migration.timeout }}
  ttlSecondsAfterFinished: 86400
  template:
    metadata:
      labels:
        {{- include "shopstack.selector" $context.name | nindent 8 }}
        app.kubernetes.io/component: migration
    spec:
      restartPolicy: Never
      {{- include "shopstack.podBasics" . | nindent 6 }}
      {{- include "shopstack.placement" . | nindent 6 }}
      containers:
        - name: migration
          image: {{ include "shopstack.image" . | quote }}
          imagePullPolicy: {{ $context.values.image.pullPolicy }}
          args: [migrate, {{ $context.name }}]
          env: {{- include "shopstack.environment" . | trim | nindent 12 }}
          resources: {{- toYaml $context.values.resources | nindent 12 }}
          securityContext: {{- include "shopstack.containerSecurity" . | nindent 12 }}
          volumeMounts: {{- include "shopstack.mounts" . | nindent 12 }}
      volumes: {{- include "shopstack.volumes" . | nindent 8 }}
{{- end }}
{{- end }}
