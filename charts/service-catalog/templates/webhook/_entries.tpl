{{/* What is sent to the webhook: catalog-controller/webhook/rules.ts, to which a test holds this equal. */}}

{{- define "service-catalog.webhookSecret" -}}
{{- .Values.admission.certificate.existingSecret | default (printf "%s-tls" (include "service-catalog.webhookName" .)) -}}
{{- end -}}

{{- define "service-catalog.webhooksMutating" -}}
- path: /mutate
  name: mutate.servicecatalog.k8s.io
  reinvocationPolicy: IfNeeded
  {{- include "service-catalog.webhookObjects" . | nindent 2 }}
{{- end -}}

{{- define "service-catalog.webhooksValidating" -}}
- path: /validate
  name: validate.servicecatalog.k8s.io
  {{- include "service-catalog.webhookObjects" . | nindent 2 }}
# A net below the controllers, which alone write it: they must be able to go on without it, and soon.
- path: /validate
  name: binding-status.servicecatalog.k8s.io
  admissionReviewVersions: [v1]
  matchPolicy: Equivalent
  sideEffects: None
  failurePolicy: Ignore
  timeoutSeconds: 2
  rules:
    - apiGroups: [servicecatalog.k8s.io]
      apiVersions: [v1beta1]
      operations: [UPDATE]
      resources: [servicebindings/status]
      scope: "*"
{{- end -}}

{{- define "service-catalog.webhookObjects" -}}
admissionReviewVersions: [v1]
matchPolicy: Equivalent
sideEffects: None
failurePolicy: {{ .Values.admission.failurePolicy }}
timeoutSeconds: {{ .Values.admission.timeoutSeconds }}
rules:
  - apiGroups: [servicecatalog.k8s.io]
    apiVersions: [v1beta1]
    operations: [CREATE, UPDATE]
    resources:
      - clusterservicebrokers
      - servicebrokers
      - clusterserviceclasses
      - serviceclasses
      - clusterserviceplans
      - serviceplans
      - serviceinstances
      - servicebindings
    scope: "*"
{{- if semverCompare ">=1.28.0-0" .Capabilities.KubeVersion.Version }}
# An object that is being deleted and keeps its spec is nobody's to hold up: its finalizer can be taken off while the
# webhook is down, and when it was removed before what it had let in.
matchConditions:
  - name: not-a-deletion-going-on
    expression: >-
      !(request.operation == 'UPDATE' && has(oldObject.metadata.deletionTimestamp) && has(object.spec) &&
      has(oldObject.spec) && object.spec == oldObject.spec)
{{- end }}
{{- end -}}
