#!/bin/sh
# Packages all charts, each with its dependencies in it: `helm install shopstack FOLDER/shopstack-VERSION.tgz`.
#
#   deploy/charts/package.sh [FOLDER]     target/charts by default
set -eu
cd "$(dirname "$0")/../.."
folder=${1:-target/charts}

mkdir -p "$folder"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -R deploy/charts/. "$work"
# The chart shopstack contains the others, which must have their own dependencies first.
for chart in "$work"/*/Chart.yaml "$work/shopstack/Chart.yaml"; do
  chart=${chart%/Chart.yaml}
  case $chart in */shopstack-service) continue ;; esac
  helm dependency update "$chart" > /dev/null
done
for chart in "$work"/*/Chart.yaml; do
  chart=${chart%/Chart.yaml}
  case $chart in */shopstack-service) continue ;; esac
  helm package "$chart" --destination "$folder"
done
