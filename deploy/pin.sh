#!/bin/sh
# Writes the digests of all images, as their registries have them now, behind their tags. Needs Docker with buildx.
set -eu
cd "$(dirname "$0")/.."
files="docker-compose.yml Dockerfile deploy/pgbouncer/Dockerfile"
# shellcheck disable=SC2086
images=$(sed -nE 's/^ *(image:|FROM) +([a-z0-9./-]+:[A-Za-z0-9._-]+)(@sha256:[0-9a-f]+)?( .*)?$/\2/p' $files | sort -u)
for image in $images; do
  digest=$(docker buildx imagetools inspect --format '{{json .Manifest.Digest}}' "$image" | tr -d '"')
  # shellcheck disable=SC2086
  sed -i -E "s#(image:|FROM) +$image(@sha256:[0-9a-f]+)?#\1 $image@$digest#" $files
  echo "$image@$digest"
done
