#!/bin/sh
# Nothing is started: a new director has no configuration yet. A director that runs is restarted by an upgrade, and nobody
# notices (docs/upgrade.md), unless the new program refuses its configuration: then the old one goes on.
#
# Debian says "configure" and the version before, RPM counts the versions: 2 or more.
set -e
[ -d /run/systemd/system ] || exit 0
systemctl daemon-reload
case "$1 $2" in
"configure "?* | [2-9]" ") ;;
*) exit 0 ;;
esac
systemctl is-active --quiet ldirector.service || exit 0
if ! ldirector validate >/dev/null; then
  echo "ldirector: the daemon is not restarted, the new one refuses its configuration" >&2
elif command -v deb-systemd-invoke >/dev/null && [ "$1" = configure ]; then
  deb-systemd-invoke restart ldirector.service || echo "ldirector: not restarted" >&2 # it obeys policy-rc.d
else
  systemctl try-restart ldirector.service || echo "ldirector: not restarted" >&2
fi
