#!/bin/sh
# The first process of the machine that enter.sh makes: sets up what the kubelet and its runtime expect of a machine,
# then runs a command and ends with its exit code. All of it is gone when this process is: it sees neither the network
# nor the processes outside, and what it mounts and writes below /usr, /var/lib and /var/log nobody else sees.
#
#   machine.sh FOLDER USR ADDRESS SERVICES COMMAND...
#
#   FOLDER    where files of this machine go; an existing folder, not on an overlay file system
#   USR       laid over /usr: programs that are not installed
#   ADDRESS   the address of this machine, in its only network
#   SERVICES  addresses of Services, 10.96.0.0/16: something has to be the way to them before kube-proxy's rules apply
set -eu
folder=$1 usr=$2 address=$3 services=$4
shift 4

mount --make-rprivate /
mount -t tmpfs tmpfs /run

# A folder that may have any name, under one that an option of mount can hold.
mkdir -p "$folder/packages"
mount --bind "$usr" "$folder/packages"
for name in usr var/lib var/log; do
  mkdir -p "$folder/upper/$name" "$folder/work/$name"
  lower=/$name
  if [ $name = usr ]; then lower=$folder/packages:/usr; fi
  mount -t overlay overlay -o "lowerdir=$lower,upperdir=$folder/upper/$name,workdir=$folder/work/$name" "/$name"
done

# The control groups enter.sh has joined look like the topmost ones from here.
mount -t sysfs sysfs /sys
if [ "$(cat /proc/self/cgroup)" = 0::/init ]; then
  mount -t cgroup2 cgroup2 /sys/fs/cgroup
  sed 's/[^ ]*/+&/g' /sys/fs/cgroup/cgroup.controllers >/sys/fs/cgroup/cgroup.subtree_control
else
  mount -t tmpfs tmpfs /sys/fs/cgroup
  while IFS=: read -r number controllers path; do
    # The hierarchy of v2 beside those of v1 has no controllers.
    [ "$number" != 0 ] || continue
    group=/sys/fs/cgroup/${controllers#name=}
    mkdir "$group"
    case $controllers in
      name=*) mount -t cgroup -o "none,$controllers" cgroup "$group" ;;
      *) mount -t cgroup -o "$controllers" cgroup "$group" ;;
    esac
  done </proc/self/cgroup
fi

ip link set lo up
ip address add "$address/32" dev lo
ip route add "$services" dev lo src "$address"
echo 1 >/proc/sys/net/ipv4/ip_forward
hostname node-1

"$@"
