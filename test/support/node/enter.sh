#!/bin/sh
# Makes a machine within the machine: joins the control groups given before "--", and goes on with machine.sh as the
# first process of namespaces of its own. Whoever kills this process ends all that runs in them.
#
#   enter.sh CGROUP... -- ARGUMENTS OF machine.sh
set -eu
while [ "$1" != -- ]; do
  echo $$ >"$1/cgroup.procs"
  shift
done
shift
exec unshare --mount --net --pid --cgroup --uts --ipc --fork --kill-child --mount-proc \
  sh "$(dirname "$0")/machine.sh" "$@"
