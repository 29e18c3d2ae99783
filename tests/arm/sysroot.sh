#!/bin/bash
# sysroot.sh DIR: unpacks what the plugin and its tests need of Debian's arm64 into DIR/root. Neither
# the system's packages nor its list of architectures change, and no rights are needed. What is there
# already is kept.
set -euo pipefail
dir=$(realpath -m "$1")
packages=(libc6-dev libstdc++-12-dev libicu-dev libgtest-dev libgmock-dev libflatbuffers-dev
  libsodium-dev libxxhash-dev zlib1g-dev libzstd-dev nlohmann-json3-dev libxtensor-dev libxsimd-dev
  libcli11-dev libtomlplusplus-dev)
[ "$(cat "$dir/done" 2> /dev/null)" != "${packages[*]}" ] || exit 0
mkdir -p "$dir"/lists/partial "$dir"/cache/archives/partial "$dir/root"
: > "$dir/status"  # nothing is installed, so that dependencies come, too
apt=(apt-get -qq -o APT::Architecture=arm64 -o APT::Architectures::=arm64 -o APT::Sandbox::User=
  -o Dir::State::Lists="$dir/lists" -o Dir::State::status="$dir/status" -o Dir::Cache="$dir/cache"
  -o Debug::NoLocking=1)
"${apt[@]}" update
"${apt[@]}" install -y --download-only --no-install-recommends "${packages[@]}" > /dev/null
for package in "$dir"/cache/archives/*.deb; do dpkg -x "$package" "$dir/root"; done
echo "${packages[*]}" > "$dir/done"
