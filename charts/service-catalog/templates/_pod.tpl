{{/* What the pods of all components have alike. Arguments: list of root, component, and the component's values. */}}
{{- define "service-catalog.podSettings" -}}
{{- $root := index . 0 -}}
{{- $component := index . 1 -}}
{{- $values := index . 2 -}}
{{- with $root.Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  runAsNonRoot: true
  {{- with $root.Values.podSecurityContext }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
  seccompProfile:
    type: RuntimeDefault
terminationGracePeriodSeconds: {{ $values.terminationGracePeriodSeconds }}
{{- with $values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with $values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
affinity:
  {{- with $values.affinity }}
  {{- toYaml . | nindent 2 }}
  {{- else }}
  podAntiAffinity:
    preferredDuringSchedulingIgnoredDuringExecution:
      - weight: 100
        podAffinityTerm:
          topologyKey: kubernetes.io/hostname
          labelSelector:
            matchLabels:
              {{- include "service-catalog.selectorLabels" (list $root $component) | nindent 14 }}
  {{- end }}
{{- with $values.topologySpreadConstraints }}
topologySpreadConstraints:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.hostAliases }}
hostAliases:
  {{- toYaml . | nindent 2 }}
{{- end }}
dnsPolicy: {{ $values.dnsPolicy }}
{{- with $values.dnsConfig }}
dnsConfig:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "service-catalog.containerSecurityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}

{{/*
Kubernetes 1.29 and later ends a sidecar (an init container that is always restarted) after the program, which can then
give its Lease back through it. Before, both end at once.
*/}}
{{- define "service-catalog.ambassadorIsSidecar" -}}
{{- if semverCompare ">=1.29.0-0" .Capabilities.KubeVersion.Version }}true{{ end -}}
{{- end -}}

{{- define "service-catalog.ambassadorAsInitContainer" -}}
{{- if and .Values.ambassador.enabled (include "service-catalog.ambassadorIsSidecar" .) -}}
initContainers:
  {{- include "service-catalog.ambassador" . | nindent 2 }}
{{- end -}}
{{- end -}}

{{- define "service-catalog.ambassadorAsContainer" -}}
{{- if and .Values.ambassador.enabled (not (include "service-catalog.ambassadorIsSidecar" .)) -}}
{{- include "service-catalog.ambassador" . -}}
{{- end -}}
{{- end -}}

{{/* The ambassador container. It alone holds the token of the service account. */}}
{{- define "service-catalog.ambassador" -}}
- name: ambassador
  {{- if include "service-catalog.ambassadorIsSidecar" . }}
  restartPolicy: Always
  {{- end }}
  image: {{ include "service-catalog.image" (list .Values.ambassador.image "latest") | quote }}
  imagePullPolicy: {{ .Values.ambassador.image.pullPolicy }}
  securityContext:
    {{- include "service-catalog.containerSecurityContext" . | nindent 4 }}
  {{- with .Values.ambassador.command }}
  command:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  args:
    {{- .Values.ambassador.args | default (list "proxy" "--address=127.0.0.1" (printf "--port=%d" (int .Values.ambassador.port))) | toYaml | nindent 4 }}
  {{- with .Values.ambassador.env }}
  env:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  resources:
    {{- toYaml .Values.ambassador.resources | nindent 4 }}
  volumeMounts:
    - name: token
      mountPath: /var/run/secrets/kubernetes.io/serviceaccount
      readOnly: true
{{- end -}}

{{/* What the kubelet mounts by itself into every container; here it is for one of them. */}}
{{- define "service-catalog.ambassadorVolumes" -}}
- name: token
  projected:
    defaultMode: 0440
    sources:
      - serviceAccountToken:
          path: token
          expirationSeconds: 3607
      - configMap:
          name: kube-root-ca.crt
          items:
            - key: ca.crt
              path: ca.crt
      - downwardAPI:
          items:
            - path: namespace
              fieldRef:
                fieldPath: metadata.namespace
- name: ambassador
  configMap:
    name: {{ include "service-catalog.fullname" . }}-ambassador
{{- end -}}
