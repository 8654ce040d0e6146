# The environment of each phase of buildspec.yml, which sources this: a phase may be a shell of its own.
# shellcheck shell=bash
mkdir -p "$RELEASE_STATE/bin"
export PATH="$RELEASE_STATE/bin:$HOME/.cargo/bin:$PATH"
export RELEASE_BUILD_URL="${CODEBUILD_BUILD_URL:-${RELEASE_BUILD_URL:-}}"
