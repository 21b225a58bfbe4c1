#!/usr/bin/env bash
# Install Debian's or Ubuntu's Chromium, which the tests of web pages drive. Only the tests need it.
set -euo pipefail

for name in chromium chromium-browser google-chrome; do
    if command -v "$name" >/dev/null; then
        echo "$name is there: $("$name" --version 2>/dev/null | head -n 1)"
        exit 0
    fi
done
if ! command -v apt-get >/dev/null; then
    echo "error: no apt-get here: install Chromium by your system's own means, so that \`chromium\` is in PATH" >&2
    exit 1
fi
as_root=()
if [ "$(id -u)" -ne 0 ]; then as_root=(sudo); fi
"${as_root[@]}" apt-get update -qq
DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core
chromium --version
