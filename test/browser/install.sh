#!/bin/sh
# Installs what the tests need from Debian, and only what is missing.
set -eu

missing=""
# need COMMAND-OR-FILE PACKAGE
need() {
  if ! command -v "$1" >/dev/null 2>&1 && ! [ -e "$1" ]; then
    missing="$missing $2"
  fi
}
need chromium chromium
need firefox-esr firefox-esr
need "/usr/lib/$(uname -m)-linux-gnu/webkit2gtk-4.1/MiniBrowser" libwebkit2gtk-4.1-0
need Xvfb xvfb
need brotli brotli
# For the race detector of Go.
need gcc gcc
need /usr/include/stdio.h libc6-dev
# What the browsers take for granted, and --no-install-recommends leaves out.
need dbus-daemon dbus
need xauth xauth
need /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf fonts-dejavu-core

if [ -z "$missing" ]; then
  echo "test/browser: everything is there"
  exit 0
fi
if ! command -v apt-get >/dev/null 2>&1; then
  echo "test/browser: missing:$missing; this script installs them with apt-get (Debian 12), which is not there" >&2
  exit 1
fi
root=""
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null 2>&1; then
    echo "test/browser: missing:$missing; run this as root, or install sudo" >&2
    exit 1
  fi
  root=sudo
fi
$root apt-get update
# shellcheck disable=SC2086 -- a list of packages
$root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing
