#!/bin/sh
# Nothing is started: a new director has no configuration yet. Nothing is restarted: the running daemon does its work
# until an administrator has time to watch the change ("systemctl restart ldirector" keeps table and addresses).
set -e
if [ -d /run/systemd/system ]; then
  systemctl daemon-reload
fi
