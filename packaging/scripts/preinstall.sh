#!/bin/sh
# Create the user, before files that belong to its group are unpacked.
set -e
if ! getent passwd ldirector >/dev/null; then
  if command -v systemd-sysusers >/dev/null; then
    systemd-sysusers --inline 'u ldirector - "LVS director" /run/ldirector'
  else
    useradd --system --user-group --no-create-home --home-dir /run/ldirector --shell /usr/sbin/nologin ldirector
  fi
fi
