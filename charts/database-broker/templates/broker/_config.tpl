{{/* The servers, with those of this release among them: a JSON list of entries as in values. */}}
{{- define "database-broker.servers" -}}
{{- $servers := .Values.servers | default list -}}
{{- $fullname := include "database-broker.fullname" . -}}
{{- range $kind, $engine := dict "postgresql" "postgresql" "mysql" "mysql" -}}
  {{- $values := index $.Values.evaluation $kind -}}
  {{- if $values.enabled -}}
    {{- $name := printf "%s-%s" $fullname $kind -}}
    {{- $host := printf "%s.%s.svc" $name $.Release.Namespace -}}
    {{- $admin := dict "host" $host "port" $values.port "username" ($values.username | default "root") "passwordSecret" (dict "name" $name "key" "password") -}}
    {{- $advertise := dict "host" ($values.advertise.host | default $host) "port" ($values.advertise.port | default $values.port) -}}
    {{- $servers = append $servers (dict "name" (printf "evaluation-%s" $kind) "engine" $engine "serves" $values.serves "admin" $admin "advertise" $advertise) -}}
  {{- end -}}
{{- end -}}
{{- $names := list -}}
{{- range $servers -}}
  {{- if has .name $names -}}
    {{- fail (printf "servers has two called %q; every instance remembers the name of its server, so names are unique" .name) -}}
  {{- end -}}
  {{- if and (eq .engine "mysql") (hasKey .admin "database") -}}
    {{- fail (printf "servers: %q has admin.database, which only a server with engine postgresql has a use for; leave it out" .name) -}}
  {{- end -}}
  {{- $names = append $names .name -}}
{{- end -}}
{{- if not $servers -}}
  {{- fail "There is no database server to make databases on. List yours in servers, or only to look at it: -f charts/database-broker/evaluation.yaml" -}}
{{- end -}}
{{- toJson $servers -}}
{{- end -}}

{{/* Where the store is: JSON of { url, passwordSecret, caSecret }. */}}
{{- define "database-broker.store" -}}
{{- $evaluation := .Values.evaluation.store -}}
{{- if and $evaluation.enabled .Values.store.url -}}
  {{- fail "store.url and evaluation.store.enabled exclude each other; what one store knows the other does not" -}}
{{- end -}}
{{- if $evaluation.enabled -}}
  {{- $name := printf "%s-store" (include "database-broker.fullname" .) -}}
  {{- $url := printf "postgresql://%s@%s.%s.svc:%d/broker" $evaluation.username $name .Release.Namespace (int $evaluation.port) -}}
  {{- dict "url" $url "passwordSecret" (dict "name" $name "key" "password") "caSecret" (dict "name" "") | toJson -}}
{{- else -}}
  {{- if not .Values.store.url -}}
    {{- fail "store.url is missing: the broker keeps what it knows in a PostgreSQL database of its own. Only to look at it: -f charts/database-broker/evaluation.yaml" -}}
  {{- end -}}
  {{- if not .Values.store.passwordSecret.name -}}
    {{- fail "store.passwordSecret.name is missing: the Secret with the password of the user in store.url" -}}
  {{- end -}}
  {{- toJson .Values.store -}}
{{- end -}}
{{- end -}}

{{/* The keys: a JSON list of { label, secret }. */}}
{{- define "database-broker.encryptionKeys" -}}
{{- include "database-broker.distinct" (list "encryption.keys has two with the label %q; what is stored names its key by it" .Values.encryption.keys "label") -}}
{{- if .Values.encryption.keys -}}
{{- toJson .Values.encryption.keys -}}
{{- else -}}
{{- list (dict "label" "generated" "secret" (dict "name" (include "database-broker.encryptionSecret" .) "key" "generated")) | toJson -}}
{{- end -}}
{{- end -}}

{{/* docs/broker-configuration.md. Names of files count from the folder of this one; the volume below has them. */}}
{{- define "database-broker.config" -}}
{{- $users := prepend (.Values.auth.platforms | default list) (dict "username" .Values.auth.username) -}}
{{- include "database-broker.distinct" (list "auth.username and auth.platforms have the name %q twice; the broker knows by it whose everything is, so each platform has its own" $users "username") -}}
{{- include "database-broker.checkServices" .Values.services -}}
{{- $auth := list (dict "username" .Values.auth.username "passwordFile" "auth/password") -}}
{{- range $index, $platform := .Values.auth.platforms -}}
  {{- $auth = append $auth (dict "username" $platform.username "passwordFile" (printf "auth/platforms/%d" $index)) -}}
{{- end -}}
{{- $from := include "database-broker.store" . | fromJson -}}
{{- $store := dict "url" $from.url "passwordFile" "store/password" -}}
{{- if $from.caSecret.name }}{{ $_ := set $store "tls" (dict "caFile" "store/ca.crt") }}{{ end -}}
{{- $keys := list -}}
{{- range include "database-broker.encryptionKeys" . | fromJsonArray -}}
  {{- $keys = append $keys (dict "label" .label "keyFile" (printf "encryption/%s" .label)) -}}
{{- end -}}
{{- $servers := list -}}
{{- range include "database-broker.servers" . | fromJsonArray -}}
  {{- $admin := merge (dict "passwordFile" (printf "servers/%s/password" .name)) (omit .admin "passwordSecret" "caSecret") -}}
  {{- if .admin.caSecret }}{{ $_ := set $admin "tls" (dict "caFile" (printf "servers/%s/admin-ca.crt" .name)) }}{{ end -}}
  {{- $told := .advertise | default dict -}}
  {{- $advertise := dict "host" ($told.host | default .admin.host) "port" ($told.port | default .admin.port) -}}
  {{- if $told.caSecret }}{{ $_ := set $advertise "tls" (dict "caFile" (printf "servers/%s/advertise-ca.crt" .name)) }}{{ end -}}
  {{- $servers = append $servers (dict "name" .name "engine" .engine "serves" .serves "admin" $admin "advertise" $advertise) -}}
{{- end -}}
{{- $config := dict -}}
{{- $_ := set $config "listen" (dict "host" "*" "port" 8443 "tls" (dict "certFile" "tls/tls.crt" "keyFile" "tls/tls.key")) -}}
{{- $_ := set $config "auth" $auth -}}
{{- $_ := set $config "store" $store -}}
{{- $_ := set $config "encryption" (dict "keys" $keys) -}}
{{- $_ := set $config "servers" $servers -}}
{{- with .Values.services }}{{ $_ := set $config "services" . }}{{ end -}}
{{- with .Values.limits }}{{ $_ := set $config "limits" . }}{{ end -}}
{{- toYaml $config -}}
{{- end -}}

{{/* The sources of the projected volume with the configuration and all it names. */}}
{{- define "database-broker.configSources" -}}
- configMap:
    name: {{ include "database-broker.fullname" . }}-config
{{ include "database-broker.fileOf" (list (include "database-broker.authSecret" .) "password" "auth/password") }}
{{- range $index, $platform := .Values.auth.platforms }}
{{ include "database-broker.fileOf" (list $platform.passwordSecret.name ($platform.passwordSecret.key | default "password") (printf "auth/platforms/%d" $index)) }}
{{- end }}
{{ include "database-broker.fileOf" (list (include "database-broker.tlsSecret" .) "tls.crt" "tls/tls.crt") }}
{{ include "database-broker.fileOf" (list (include "database-broker.tlsSecret" .) "tls.key" "tls/tls.key") }}
{{- range include "database-broker.encryptionKeys" . | fromJsonArray }}
{{ include "database-broker.fileOf" (list .secret.name (.secret.key | default "key") (printf "encryption/%s" .label)) }}
{{- end }}
{{- with include "database-broker.store" . | fromJson }}
{{ include "database-broker.fileOf" (list .passwordSecret.name .passwordSecret.key "store/password") }}
{{- if .caSecret.name }}
{{ include "database-broker.fileOf" (list .caSecret.name .caSecret.key "store/ca.crt") }}
{{- end }}
{{- end }}
{{- range $server := include "database-broker.servers" . | fromJsonArray }}
{{ include "database-broker.fileOf" (list .admin.passwordSecret.name (.admin.passwordSecret.key | default "password") (printf "servers/%s/password" .name)) }}
{{- with .admin.caSecret }}
{{ include "database-broker.fileOf" (list .name (.key | default "ca.crt") (printf "servers/%s/admin-ca.crt" $server.name)) }}
{{- end }}
{{- with (.advertise | default dict).caSecret }}
{{ include "database-broker.fileOf" (list .name (.key | default "ca.crt") (printf "servers/%s/advertise-ca.crt" $server.name)) }}
{{- end }}
{{- end }}
{{- end -}}

{{/* One key of a Secret as a file. Arguments: list of Secret, key and path. */}}
{{- define "database-broker.fileOf" -}}
- secret:
    name: {{ index . 0 | quote }}
    items:
      - key: {{ index . 1 | quote }}
        path: {{ index . 2 | quote }}
{{- end -}}

{{/* Fails where two items have one value of a key. Arguments: list of the sentence, the items, and the key. */}}
{{- define "database-broker.distinct" -}}
{{- $key := index . 2 -}}
{{- $seen := dict -}}
{{- range $item := index . 1 -}}
  {{- $value := index $item $key -}}
  {{- if hasKey $seen $value }}{{ fail (printf (index $ 0) $value) }}{{ end -}}
  {{- $_ := set $seen $value true -}}
{{- end -}}
{{- end -}}

{{/* Fails where services or plans contradict each other, as the broker would when it starts. Argument: the services. */}}
{{- define "database-broker.checkServices" -}}
{{- include "database-broker.distinct" (list "services has two with the id %q" . "id") -}}
{{- include "database-broker.distinct" (list "services has two called %q" . "name") -}}
{{- $plans := list -}}
{{- range . -}}
  {{- include "database-broker.distinct" (list (printf "services: %q has two plans called %%q" .name) .plans "name") -}}
  {{- range .plans -}}
    {{- $plans = append $plans . -}}
    {{- if gt (int .storageGB.default) (int .storageGB.maximum) -}}
      {{- fail (printf "services: plan %q has a storageGB.default above its storageGB.maximum, %d" .name (int .storageGB.maximum)) -}}
    {{- end -}}
  {{- end -}}
{{- end -}}
{{- include "database-broker.distinct" (list "services has two plans with the id %q; platforms know a plan by its id alone" $plans "id") -}}
{{- end -}}
