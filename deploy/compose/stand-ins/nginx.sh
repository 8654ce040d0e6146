#!/usr/bin/env bash
# Fills the templates from the environment like the official nginx image: unset variables are left unchanged.
set -euo pipefail

known="$(env | sed -n 's/^\([A-Za-z_][A-Za-z0-9_]*\)=.*/${\1}/p' | tr '\n' ' ')"
for template in /etc/nginx/templates/*.template; do
  name="$(basename "$template" .template)"
  envsubst "$known" < "$template" > "/etc/nginx/conf.d/$name"
done
exec "$@"
