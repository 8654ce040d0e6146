#!/usr/bin/env bash
# Reports a failed phase of a build to Slack, if it has failed: notify-failure.sh PHASE
#
# A phase ends with `touch "$RELEASE_STATE/PHASE.done"`. CodeBuild runs this as `finally` of each phase, because it runs no later
# phase after a failed install or pre_build. It never fails itself.
set -u
phase="$1"
# shellcheck source=deploy/pipeline/environment.sh
. "$(dirname "$0")/environment.sh"
if [ -e "$RELEASE_STATE/$phase.done" ]; then exit 0; fi

if command -v release >/dev/null; then
  release notify failure --phase "$phase" --report "$RELEASE_STATE/report.json"
elif [ -n "${SLACK_WEBHOOK_URL:-}" ]; then
  # The phase failed before the program was built. The address is a secret, and arguments are visible to others.
  printf 'url = "%s"\n' "$SLACK_WEBHOOK_URL" | curl --config - --fail --silent --output /dev/null --max-time 10 \
    --json "{\"text\": \":x: Release failed in $phase, before it began. ${RELEASE_BUILD_URL:-}\"}" \
    || echo "Slack could not be notified" >&2
fi
exit 0
