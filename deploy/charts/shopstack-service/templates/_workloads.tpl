{{- /*
The table of workloads: what each one is connected to, and which secrets it has. Network policies, settings and volumes follow
from it, and a test compares it with the code.

  stores    the backends that it connects to
  calls     the other workloads that it calls
  internet  why it connects to addresses outside of the cluster; absent if it does not
  files     the secrets that it reads as files; every service also has its key and the public keys of all
  variables secrets that it reads as environment variables, and that may be missing, besides those of its stores
  health    the path of the readiness probe; without one, a connection is enough
  live      the path of the startup and liveness probes, which depends on nothing; without one, a connection is enough
  schema    true if `shopstack migrate NAME` updates a schema of it
  commands  true if it runs commands for staff, with the settings that all services have
*/}}
{{- define "shopstack.workloads" -}}
user:
  stores: [mongodb, redis]
  calls: []
  files: [session.key, refresh.key]
  health: /health
  live: /livez
  schema: true
catalogue:
  stores: [mongodb, rabbitmq]
  calls: [user]
  internet: pictures of imported products
  health: /health
  live: /livez
  schema: true
cart:
  stores: [redis, rabbitmq]
  calls: [user, catalogue, shipping]
  health: /health
  live: /livez
payment:
  stores: [mysql, rabbitmq]
  calls: [user, catalogue, cart, sandbox]
  internet: payment gateways
  files: [link.key]
  variables: [WORLDPAY_USER, WORLDPAY_PASSWORD, WORLDPAY_WEBHOOK_KEYS, SANDBOX_WEBHOOK_KEYS]
  health: /health
  live: /livez
  schema: true
shipping:
  stores: [mysql, rabbitmq]
  calls: [user]
  variables: [CARRIER_WEBHOOK_SECRET]
  health: /health
  live: /livez
  schema: true
ratings:
  stores: [mysql, rabbitmq]
  calls: [user, catalogue]
  health: /_health
  live: /livez
  schema: true
dispatch:
  stores: [mysql, rabbitmq]
  calls: [user, catalogue, payment, shipping]
  internet: the mail server and the merchant's program
  files: [link.key]
  variables: [SMTP_URL, MERCHANT_WEBHOOK_SECRET]
  health: /health
  live: /livez
  schema: true
web:
  stores: []
  # All but user and catalogue for the API of Robot Shop only (ROBOT_SHOP_API).
  calls: [user, catalogue, cart, payment, shipping, ratings, dispatch]
  health: /
  live: /livez
nginx:
  stores: []
  calls: [user, catalogue, cart, payment, shipping, ratings, dispatch, web]
  # No paths: its /health is that of web, without which the API goes on.
  public: true
sandbox:
  stores: []
  calls: [payment]
  variables: [SANDBOX_WEBHOOK_KEYS]
probe:
  stores: []
  calls: [nginx]
  health: /livez
  live: /livez
operator:
  stores: [mongodb, redis, mysql, rabbitmq]
  calls: [user, catalogue, cart, payment, shipping, ratings, dispatch, sandbox]
  # The key by which `shopstack demo` calls ratings.
  files: [service-shopstack.key, services.json, link.key]
  commands: true
{{- end }}

{{- /* The entry of one workload, as JSON. A store has none: it calls nobody. Argument: its name. */}}
{{- define "shopstack.workload" -}}
{{- $all := include "shopstack.workloads" . | fromYaml }}
{{- get $all . | default dict | toJson }}
{{- end }}

{{- /* The names of the eight services, as a JSON list. They have keys, and are started by `serve NAME`. */}}
{{- define "shopstack.services" -}}
["user", "catalogue", "cart", "payment", "shipping", "ratings", "dispatch", "web"]
{{- end }}
