{{/*
What the chart makes once and then keeps: login, certificate, encryption key, passwords of evaluation servers. What is in
the cluster wins, so that upgrades, rollbacks, and an installation after an uninstallation find the same again.
Made once per rendering, as several templates need the same: JSON of
{ NAME OF SECRET: { type, immutable, data, annotations } }.
*/}}
{{- define "database-broker.generated" -}}
{{- if not (hasKey .Values "madeByTheChart") -}}
  {{- $made := dict -}}
  {{- $fullname := include "database-broker.fullname" . -}}

  {{- with .Values.auth.existingSecret -}}
    {{- $there := (lookup "v1" "Secret" $.Release.Namespace .).data | default dict -}}
    {{- $username := index $there "username" | default "" | b64dec -}}
    {{- if and $username (ne $username $.Values.auth.username) -}}
      {{- fail (printf "auth.username is %q, but Secret %s has %q: the catalog would log in under a name the broker does not know. Set auth.username to %q." $.Values.auth.username . $username $username) -}}
    {{- end -}}
  {{- end -}}

  {{- $name := printf "%s-auth" $fullname -}}
  {{- $kept := include "database-broker.kept" (list . $name) | fromJson -}}
  {{- if or (not .Values.auth.existingSecret) (and $kept (ne $name .Values.auth.existingSecret)) -}}
    {{- $username := index $kept "username" | default "" | b64dec -}}
    {{- if and $username (ne $username .Values.auth.username) (not .Values.auth.existingSecret) -}}
      {{- fail (printf "auth.username is %q, but Secret %s has %q: the broker knows what it has made by this name, so it must not change. Set auth.username to %q." .Values.auth.username $name $username $username) -}}
    {{- end -}}
    {{- $data := dict "username" (index $kept "username" | default (b64enc .Values.auth.username)) -}}
    {{- $_ := set $data "password" (index $kept "password" | default (randAlphaNum 32 | b64enc)) -}}
    {{- $_ := set $made $name (dict "type" "Opaque" "immutable" false "data" $data) -}}
  {{- end -}}

  {{- if and .Values.tls.existingSecret .Values.tls.extraNames -}}
    {{- fail (printf "tls.extraNames are names for the certificate that the chart makes; that in tls.existingSecret, %s, has its own" .Values.tls.existingSecret) -}}
  {{- end -}}
  {{- if and .Values.tls.caBundle (not .Values.tls.existingSecret) -}}
    {{- fail "tls.caBundle is the authority of tls.existingSecret, which is missing: the chart registers the authority of what it makes by itself" -}}
  {{- end -}}
  {{- $name = printf "%s-tls" $fullname -}}
  {{- $kept = include "database-broker.kept" (list . $name) | fromJson -}}
  {{- if or (not .Values.tls.existingSecret) (and $kept (ne $name .Values.tls.existingSecret)) -}}
    {{- $data := $kept -}}
    {{- /* A template cannot read a certificate: its further names are noted beside it. */ -}}
    {{- $noted := "servicecatalog.k8s.io/certificate-extra-names" -}}
    {{- $there := dig "metadata" "annotations" (dict) (lookup "v1" "Secret" .Release.Namespace $name) | default dict -}}
    {{- $extra := .Values.tls.extraNames | default list | sortAlpha | join "," -}}
    {{- /* With a certificate of the user, the one that is only kept stays as it is. */ -}}
    {{- if .Values.tls.existingSecret }}{{ $extra = index $there $noted | default "" }}{{ end -}}
    {{- $same := eq $extra (index $there $noted | default "") -}}
    {{- if not (and $same (index $kept "tls.crt") (index $kept "tls.key") (index $kept "ca.crt")) -}}
      {{- $host := include "database-broker.host" . -}}
      {{- $names := list $host (printf "%s.cluster.local" $host) (printf "%s.%s" $fullname .Release.Namespace) $fullname -}}
      {{- $addresses := list -}}
      {{- range .Values.tls.extraNames -}}
        {{- if regexMatch "^[0-9.]+$|:" . }}{{ $addresses = append $addresses . }}{{ else }}{{ $names = append $names . }}{{ end -}}
      {{- end -}}
      {{- $days := int .Values.tls.validityDays -}}
      {{- $ca := genCA (printf "%s-ca" $fullname) $days -}}
      {{- $signed := genSignedCert $host $addresses $names $days $ca -}}
      {{- $data = dict "ca.crt" ($ca.Cert | b64enc) "tls.crt" ($signed.Cert | b64enc) "tls.key" ($signed.Key | b64enc) -}}
    {{- end -}}
    {{- $notes := dict -}}
    {{- if $extra }}{{ $_ := set $notes $noted $extra }}{{ end -}}
    {{- $_ := set $made $name (dict "type" "kubernetes.io/tls" "immutable" false "data" $data "annotations" $notes) -}}
  {{- end -}}

  {{- $name = include "database-broker.encryptionSecret" . -}}
  {{- $kept = include "database-broker.kept" (list . $name) | fromJson -}}
  {{- if or (not .Values.encryption.keys) $kept -}}
    {{- $key := include "database-broker.keptOrNew" (list $name $kept "generated" (randBytes 32 | b64enc)) -}}
    {{- $_ := set $made $name (dict "type" "Opaque" "immutable" true "data" (dict "generated" $key)) -}}
  {{- end -}}

  {{- range $server, $values := .Values.evaluation -}}
    {{- $name = printf "%s-%s" $fullname $server -}}
    {{- $kept = include "database-broker.kept" (list $ $name) | fromJson -}}
    {{- if or $values.enabled $kept -}}
      {{- $password := include "database-broker.keptOrNew" (list $name $kept "password" (randAlphaNum 32 | b64enc)) -}}
      {{- $_ := set $made $name (dict "type" "Opaque" "immutable" true "data" (dict "password" $password)) -}}
    {{- end -}}
  {{- end -}}

  {{- $_ := set .Values "madeByTheChart" $made -}}
{{- end -}}
{{- toJson .Values.madeByTheChart -}}
{{- end -}}

{{/* The data of a Secret of this release that is in the cluster, as JSON. Arguments: list of root and name. */}}
{{- define "database-broker.kept" -}}
{{- $root := index . 0 -}}
{{- $secret := lookup "v1" "Secret" $root.Release.Namespace (index . 1) -}}
{{- $labels := dig "metadata" "labels" (dict) $secret | default dict -}}
{{- if eq (index $labels "app.kubernetes.io/instance" | default "") $root.Release.Name -}}
{{- $secret.data | default dict | toJson -}}
{{- else -}}
{}
{{- end -}}
{{- end -}}

{{/* Never a new value into a Secret that is there: what was encrypted or set up with the old one would be lost. */}}
{{- define "database-broker.keptOrNew" -}}
{{- $kept := index . 1 -}}
{{- $key := index . 2 -}}
{{- if and $kept (not (index $kept $key)) -}}
{{- fail (printf "Secret %s has no key %q. Restore it from a backup: a new one would make what depends on it useless." (index . 0) $key) -}}
{{- end -}}
{{- index $kept $key | default (index . 3) -}}
{{- end -}}
