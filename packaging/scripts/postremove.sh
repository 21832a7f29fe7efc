#!/bin/sh
# Leave nothing behind but configuration, and after Debian's purge not even that, save files that are not ours.
set -e
if [ -d /run/systemd/system ]; then
  systemctl daemon-reload
fi
case "$1" in
remove | 0) rm -rf /run/ldirector ;;
purge)
  rm -rf /run/ldirector
  if [ -d /etc/ldirector ]; then
    rmdir --ignore-fail-on-non-empty /etc/ldirector
  fi
  if getent passwd ldirector >/dev/null; then
    userdel ldirector
  fi
  ;;
esac
