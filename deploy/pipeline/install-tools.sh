#!/usr/bin/env bash
# Installs the programs of a release that build machines lack: cosign and trivy, pinned, into the folder given.
#
# The checksums come from the same place as the programs, so they find a broken download and no tampering there. A build image
# with both programs in it needs no download: what is in PATH is used.
set -euo pipefail

COSIGN_VERSION=3.1.1
TRIVY_VERSION=0.59.1
folder="${1:?usage: install-tools.sh FOLDER}"

case "$(uname -m)" in
  x86_64) cosign_platform=amd64 trivy_platform=64bit ;;
  aarch64) cosign_platform=arm64 trivy_platform=ARM64 ;;
  *) echo "there are no programs for $(uname -m)" >&2; exit 1 ;;
esac

mkdir -p "$folder"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"

fetch() { curl --fail --silent --show-error --location --retry 3 --remote-name "$1"; }

if ! command -v cosign >/dev/null; then
  release="https://github.com/sigstore/cosign/releases/download/v$COSIGN_VERSION"
  fetch "$release/cosign-linux-$cosign_platform"
  fetch "$release/cosign_checksums.txt"
  grep " cosign-linux-$cosign_platform\$" cosign_checksums.txt | sha256sum --check --quiet
  install "cosign-linux-$cosign_platform" "$folder/cosign"
fi

if ! command -v trivy >/dev/null; then
  release="https://github.com/aquasecurity/trivy/releases/download/v$TRIVY_VERSION"
  archive="trivy_${TRIVY_VERSION}_Linux-$trivy_platform.tar.gz"
  fetch "$release/$archive"
  fetch "$release/trivy_${TRIVY_VERSION}_checksums.txt"
  grep " $archive\$" "trivy_${TRIVY_VERSION}_checksums.txt" | sha256sum --check --quiet
  tar --extract --file "$archive" trivy
  install trivy "$folder/trivy"
fi
