{{- define "postcast.labels" -}}
app.kubernetes.io/name: postcast
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "postcast.image" -}}
{{ .Values.image.repository }}{{ with .Values.image.digest }}@{{ . }}{{ else }}:{{ .Values.image.tag }}{{ end }}
{{- end }}

{{- define "postcast.claim" -}}
{{ .Values.kept.existingClaim | default (printf "%s-kept" .Release.Name) }}
{{- end }}

{{/* A pod: root, component, command (a list), resources, and optionally probes, port, metrics (serves them at a port of
their own), environment, owner, writesKept. */}}
{{- define "postcast.pod" -}}
metadata:
  labels:
    {{- include "postcast.labels" . | nindent 4 }}
  annotations:
    checksum/config: {{ .root.Values.environment | toYaml | sha256sum }}
spec:
  automountServiceAccountToken: false
  enableServiceLinks: false
  terminationGracePeriodSeconds: {{ .grace | default 60 }}
  {{- with .restart }}
  restartPolicy: {{ . }}
  {{- end }}
  securityContext:
    runAsNonRoot: true
    runAsUser: 10001
    runAsGroup: 10001
    fsGroup: 10001
    fsGroupChangePolicy: OnRootMismatch
    seccompProfile: {type: RuntimeDefault}
  topologySpreadConstraints:
    - maxSkew: 1
      topologyKey: topology.kubernetes.io/zone
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels:
          {{- include "postcast.labels" . | nindent 10 }}
  containers:
    - name: {{ .component }}
      image: {{ include "postcast.image" .root | quote }}
      command: {{ .command | toJson }}
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities: {drop: [ALL]}
      {{- with .port }}
      ports:
        - {name: http, containerPort: {{ . }}}
      {{- end }}
      {{- if .metrics }}
      ports:
        - {name: metrics, containerPort: 9100}
      {{- end }}
      env:
        - {name: POD_IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}
        # probes ask localhost, Prometheus the pod's address
        - {name: ALLOWED_HOSTS, value: {{ printf "%s,localhost,$(POD_IP)" .root.Values.host | quote }}}
        - {name: PUBLIC_URL, value: {{ printf "https://%s" .root.Values.host | quote }}}
        - {name: ERASURE_LEDGER_PATH, value: /kept/erasures.jsonl}
        - {name: TRAIL_ANCHOR_PATH, value: /kept/trail-anchors}
        - {name: PICTURE_NETWORKS_PATH, value: /kept/networks}
        {{- if .metrics }}
        - {name: METRICS_PORT, value: "9100"}
        {{- end }}
        {{- range $name, $value := .root.Values.environment }}
        - {name: {{ $name }}, value: {{ $value | quote }}}
        {{- end }}
        {{- range $name, $value := .environment }}
        - {name: {{ $name }}, value: {{ $value | quote }}}
        {{- end }}
        {{- range $name := .root.Values.secrets.keys }}
        {{- if not (hasKey ($.environment | default dict) (printf "%s_FILE" $name)) }}
        - {name: {{ $name }}_FILE, value: /run/secrets/postcast/{{ $name }}}
        {{- end }}
        {{- end }}
      resources:
        {{- toYaml .resources | nindent 8 }}
      {{- with .probes }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
      volumeMounts:
        - {name: secrets, mountPath: /run/secrets/postcast, readOnly: true}
        - {name: kept, mountPath: /kept, readOnly: {{ not .writesKept }}}
        - {name: tmp, mountPath: /tmp}
  volumes:
    - name: secrets
      secret:
        secretName: {{ .root.Values.secrets.name }}
        defaultMode: 0440
        items:
          {{- range $name := concat .root.Values.secrets.keys (ternary .root.Values.secrets.ownerKeys list (default false .owner)) }}
          - {key: {{ $name }}, path: {{ $name }}}
          {{- end }}
    - name: kept
      persistentVolumeClaim: {claimName: {{ include "postcast.claim" .root }}}
    - name: tmp
      emptyDir: {medium: Memory, sizeLimit: 256Mi}
{{- end }}

{{/* Probes of a web process: a pod is restarted for not living, and left out of traffic while it cannot serve. */}}
{{- define "postcast.probes" -}}
startupProbe:
  httpGet: {path: /livez, port: http, httpHeaders: [{name: Host, value: localhost}]}
  periodSeconds: 2
  failureThreshold: 60
livenessProbe:
  httpGet: {path: /livez, port: http, httpHeaders: [{name: Host, value: localhost}]}
  periodSeconds: 10
  timeoutSeconds: 5
readinessProbe:
  httpGet: {path: /readyz, port: http, httpHeaders: [{name: Host, value: localhost}]}
  periodSeconds: 5
  timeoutSeconds: 5
lifecycle:
  # the ingress hears of the end of a pod a moment after the pod does
  preStop: {exec: {command: [sleep, "5"]}}
{{- end }}
