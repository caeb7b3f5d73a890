{{/* How the catalog reaches the broker: JSON of the spec of its ClusterServiceBroker. */}}
{{- define "database-broker.registration" -}}
{{- $port := int .Values.service.port -}}
{{- $url := printf "https://%s" (include "database-broker.host" .) -}}
{{- if ne $port 443 }}{{ $url = printf "%s:%d" $url $port }}{{ end -}}
{{- $secretRef := dict "namespace" .Release.Namespace "name" (include "database-broker.authSecret" .) -}}
{{- $spec := dict "url" $url "authInfo" (dict "basic" (dict "secretRef" $secretRef)) -}}
{{- $made := index (include "database-broker.generated" . | fromJson) (include "database-broker.tlsSecret" .) | default dict -}}
{{- with dig "data" "ca.crt" (.Values.tls.caBundle | b64enc) $made }}{{ $_ := set $spec "caBundle" . }}{{ end -}}
{{- with .Values.clusterServiceBroker.relistDuration }}
  {{- $start := toDate "2006-01-02" "2000-01-01" -}}
  {{- if lt (sub (mustDateModify . $start | unixEpoch | int64) (unixEpoch $start | int64)) 30 -}}
    {{- fail (printf "clusterServiceBroker.relistDuration is %s: the catalog reads no broker more often than every 30s" .) -}}
  {{- end -}}
  {{- $_ := set $spec "relistDuration" . -}}
{{- end -}}
{{- toJson $spec -}}
{{- end -}}

{{/*
What an installation over a kept ClusterServiceBroker leaves to do, as a command; nothing when there is nothing. Helm 3
takes an object of another's kind over without changing it.
*/}}
{{- define "database-broker.registrationLeft" -}}
{{- if and .Values.clusterServiceBroker.create .Release.IsInstall (semverCompare "<4.0.0-0" .Capabilities.HelmVersion.Version) -}}
{{- $name := .Values.clusterServiceBroker.name -}}
{{- $kept := (lookup "servicecatalog.k8s.io/v1beta1" "ClusterServiceBroker" "" $name).spec | default dict -}}
{{- $wanted := include "database-broker.registration" . | fromJson -}}
{{- $differs := false -}}
{{- range $key, $value := $wanted }}{{ if ne (toJson $value) (toJson (index $kept $key)) }}{{ $differs = true }}{{ end }}{{ end -}}
{{- if and $kept $differs -}}
kubectl patch clusterservicebroker {{ $name }} --type=merge --patch '{{ dict "spec" $wanted | toJson }}'
{{- end -}}
{{- end -}}
{{- end -}}
