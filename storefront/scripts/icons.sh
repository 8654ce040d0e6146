#!/usr/bin/env bash
# Draws the icons of the web app manifest from public/favicon.svg, which is needed only when the mark changes. Needs
# rsvg-convert (librsvg). A maskable icon has no corners of its own: the system cuts it to its shape.
set -euo pipefail
cd "$(dirname "$0")/../public"

for size in 192 512; do rsvg-convert -w "$size" -h "$size" favicon.svg -o "icon-$size.png"; done
sed 's| rx="8"||' favicon.svg | rsvg-convert -w 512 -h 512 -o icon-maskable-512.png
