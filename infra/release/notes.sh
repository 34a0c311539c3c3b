#!/usr/bin/env bash
# Prints the section of the CHANGELOG of a version, given as its tag: infra/release/notes.sh v0.1.0.
# Fails when the tag is not the version of package.json, or the CHANGELOG has no such section.
set -euo pipefail
cd "$(dirname "$0")/../.."

version=${1#v}
packaged=$(sed -n 's/^  "version": "\(.*\)",$/\1/p' package.json)
if [[ $version != "$packaged" ]]; then
  echo "The tag says $version and package.json says $packaged." >&2
  exit 1
fi
notes=$(awk -v version="$version" '
  /^## / { wanted = ($2 == version); next }
  wanted' CHANGELOG.md)
if [[ -z ${notes//[[:space:]]/} ]]; then
  echo "CHANGELOG.md has no section for $version." >&2
  exit 1
fi
printf '%s\n' "$notes"
