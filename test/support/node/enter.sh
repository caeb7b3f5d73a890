#!/bin/sh
# Makes a machine within the machine: joins the control groups given before "--", and goes on with machine.sh as the
# first process of namespaces of its own. Whoever kills this process ends all that runs in them.
#
#   enter.sh CGROUP... -- ARGUMENTS OF machine.sh
set -eu
groups=
while [ "$1" != -- ]; do
  echo $$ >"$1/cgroup.procs"
  groups="$groups $1"
  shift
done
shift
# The groups it is in when it gets a namespace for them are the topmost ones there. With cgroup v2 a group that shares
# out what it has may hold no process itself: this one, which stays outside of the other namespaces, moves on to a group
# below, and what it starts is born there.
exec unshare --cgroup sh -euc '
  groups=$1
  shift
  for group in $groups; do
    if [ -e "$group/cgroup.subtree_control" ]; then
      mkdir "$group/init"
      echo $$ >"$group/init/cgroup.procs"
    fi
  done
  exec unshare --mount --net --pid --uts --ipc --fork --kill-child --mount-proc sh "$@"
' sh "$groups" "$(dirname "$0")/machine.sh" "$@"
