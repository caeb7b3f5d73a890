{{- define "service-catalog.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{/* At most 40 characters, so that what is added to it stays within a label's 63. */}}
{{- define "service-catalog.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- $name := include "service-catalog.name" . -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "service-catalog.controllerName" -}}
{{- include "service-catalog.fullname" . }}-controller
{{- end -}}

{{- define "service-catalog.webhookName" -}}
{{- include "service-catalog.fullname" . }}-webhook
{{- end -}}

{{/* Where the id of the cluster is. */}}
{{- define "service-catalog.clusterIdNamespace" -}}
{{- .Values.clusterId.configMapNamespace | default .Release.Namespace -}}
{{- end -}}

{{/* Labels of every object. */}}
{{- define "service-catalog.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 }}
app.kubernetes.io/name: {{ include "service-catalog.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: service-catalog
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Labels that select the pods of one component. Arguments: list of root and component. They never change. */}}
{{- define "service-catalog.selectorLabels" -}}
{{- $root := index . 0 -}}
app.kubernetes.io/name: {{ include "service-catalog.name" $root }}
app.kubernetes.io/instance: {{ $root.Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end -}}

{{/* An image. Arguments: list of its values and the tag to take when they name none. */}}
{{- define "service-catalog.image" -}}
{{- $image := index . 0 -}}
{{- $tag := $image.tag | default (index . 1) -}}
{{- if $image.digest -}}
{{ printf "%s:%s@%s" $image.repository $tag $image.digest }}
{{- else -}}
{{ printf "%s:%s" $image.repository $tag }}
{{- end -}}
{{- end -}}
