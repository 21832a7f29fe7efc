#!/bin/sh
# Stop what runs, if the package is removed and not upgraded. Debian says "remove", RPM counts the versions left: 0.
set -e
case "$1" in
remove | 0)
  if command -v systemctl >/dev/null; then
    if [ -d /run/systemd/system ]; then
      systemctl stop ldirector.service ldirector-realserver.service
    fi
    systemctl disable --quiet ldirector.service ldirector-realserver.service
  fi
  ;;
esac
