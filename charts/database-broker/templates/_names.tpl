{{- define "database-broker.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{/* At most 40 characters, so that what is added to it stays within a label's 63. */}}
{{- define "database-broker.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- $name := include "database-broker.name" . -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "database-broker.authSecret" -}}
{{- .Values.auth.existingSecret | default (printf "%s-auth" (include "database-broker.fullname" .)) -}}
{{- end -}}

{{- define "database-broker.tlsSecret" -}}
{{- .Values.tls.existingSecret | default (printf "%s-tls" (include "database-broker.fullname" .)) -}}
{{- end -}}

{{- define "database-broker.encryptionSecret" -}}
{{- include "database-broker.fullname" . }}-encryption
{{- end -}}

{{/* The name in the broker's URL. */}}
{{- define "database-broker.host" -}}
{{- printf "%s.%s.svc" (include "database-broker.fullname" .) .Release.Namespace -}}
{{- end -}}

{{/* Labels of every object. */}}
{{- define "database-broker.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 }}
app.kubernetes.io/name: {{ include "database-broker.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: service-catalog
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Labels that select the pods of one component. Arguments: list of root and component. They never change. */}}
{{- define "database-broker.selectorLabels" -}}
{{- $root := index . 0 -}}
app.kubernetes.io/name: {{ include "database-broker.name" $root }}
app.kubernetes.io/instance: {{ $root.Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end -}}

{{/* An image. Arguments: list of its values and the tag to take when they name none. */}}
{{- define "database-broker.image" -}}
{{- $image := index . 0 -}}
{{- $tag := $image.tag | default (index . 1) -}}
{{- if $image.digest -}}
{{ printf "%s:%s@%s" $image.repository $tag $image.digest }}
{{- else -}}
{{ printf "%s:%s" $image.repository $tag }}
{{- end -}}
{{- end -}}
