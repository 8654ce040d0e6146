#!/bin/sh
# Runs a command for staff on all stores of a shop on Kubernetes, in a pod that is made for it and removed afterwards.
#
#   operate.sh [--namespace NAMESPACE] [--context CONTEXT] COMMAND...
#
#   operate.sh audit --repair
#   operate.sh orders attention
#   operate.sh republish --since 2026-11-29T14:00:00Z
#   operate.sh admin create you@example.com --name You < password
#
# COMMAND is one of `shopstack`, which `operate.sh help` lists; --backends is added to those that have it. Output, errors, input
# and exit code are those of the command. A password is asked for at a terminal, and read from what you pipe in elsewhere.
#
# The pod has the environment of the cron job `operator` (the chart operator), so you need the right to read that, to create, read
# and delete pods, and to create pods/exec. Only kubectl is needed.
#
#   --namespace NAMESPACE    of the shop: shopstack without this
#   --context CONTEXT        of kubectl: the current one without this
set -eu

namespace=shopstack context=
usage() { sed -n '2,18s/^# \{0,1\}//p' "$0"; }
while [ $# -gt 0 ]; do
  case $1 in
    -n | --namespace) namespace=${2:?"$1 needs a value"} && shift 2 ;;
    --namespace=*) namespace=${1#*=} && shift ;;
    --context) context=${2:?"$1 needs a value"} && shift 2 ;;
    --context=*) context=${1#*=} && shift ;;
    -h | --help) usage && exit ;;
    -*) echo "operate.sh: unknown option $1; see operate.sh --help" >&2 && exit 2 ;;
    *) break ;;
  esac
done
[ $# -gt 0 ] || { usage >&2 && exit 2; }

case $1 in
  admin | audit | dead-letters | doctor | orders | payments | republish)
    # Given twice it would be refused. The help is about all stores.
    given=
    for word in "$@"; do case $word in --backends | -h | --help) given=1 ;; esac; done
    [ -n "$given" ] || set -- "$@" --backends
    ;;
esac

kubectl() { command kubectl ${context:+--context="$context"} --namespace="$namespace" "$@"; }

# The pod of the cron job: not of a job, whose failure would count as one of the audit.
# It has all passwords, so one that nobody could remove (the script was killed) does not run for longer than a day.
# 1 is the code of a command that found something wrong.
template=$(kubectl get cronjob operator --output 'jsonpath={.spec.jobTemplate.spec.template}') || exit 2
change='[
  {"op": "add", "path": "/metadata/generateName", "value": "operator-"},
  {"op": "add", "path": "/metadata/labels/app.kubernetes.io~1component", "value": "command"},
  {"op": "add", "path": "/spec/activeDeadlineSeconds", "value": 86400},
  {"op": "add", "path": "/spec/containers/0/args", "value": ["idle"]}
]'
pod=$(printf '{"apiVersion": "v1", "kind": "Pod", %s' "${template#\{}" |
  kubectl patch --local --type=json --patch="$change" --filename=- --output=json |
  kubectl create --filename=- --output=name) || exit 2
# It ends at once when it is asked to.
remove() { kubectl delete "$pod" --wait=false --ignore-not-found > /dev/null || echo "operate.sh: $pod is left" >&2; }
trap remove EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

if ! kubectl wait "$pod" --for=condition=Ready --timeout=180s > /dev/null; then
  kubectl describe "$pod" | sed -n '/^Events:/,$p' >&2
  exit 2
fi
# A password is typed or piped in, so input is always passed on; questions are asked where somebody can answer them.
terminal=
if [ -t 0 ] && [ -t 1 ]; then terminal=--tty; fi
kubectl exec --stdin $terminal "$pod" --container=operator -- shopstack "$@"
