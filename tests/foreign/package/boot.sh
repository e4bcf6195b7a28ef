#!/usr/bin/env bash
# boot.sh FOLDER CGROUP SHARED: systemd as the first process of a root that is this machine's, with everything that is
# written kept in memory. Started in namespaces of its own (mount, pid, net, uts, ipc) by 90-package.sh.
set -eu
folder=$1 cgroup=$2 shared=$3
root=$folder/root
mount -t tmpfs -o mode=0755 tmpfs "$folder"
mkdir "$folder/upper" "$folder/work" "$root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$folder/upper,workdir=$folder/work" "$root"
mount -t proc proc "$root/proc"
# this machine's kernel is not ours to set
mount --bind "$root/proc/sys" "$root/proc/sys"; mount -o remount,ro,bind "$root/proc/sys"
mount -t sysfs -o ro sysfs "$root/sys"
mount -t tmpfs -o mode=0755 tmpfs "$root/run"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
mount -t tmpfs -o mode=0755 tmpfs "$root/dev"
for device in null zero full random urandom tty; do touch "$root/dev/$device"; mount --bind "/dev/$device" "$root/dev/$device"; done
mkdir "$root/dev/pts"; mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"; ln -s pts/ptmx "$root/dev/ptmx"
mkdir "$root/dev/shm"; mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
mkdir -p "$root/srv/shared"; mount --bind "$shared" "$root/srv/shared"
# a group of processes that is the top one for whoever is inside
echo $$ >"$cgroup/cgroup.procs"
# nothing that is enabled here runs there; a policy against starting services is this machine's, too
rm -rf "$root"/etc/systemd/system/*.wants "$root/usr/sbin/policy-rc.d" "$root/etc/tegata" "$root/var/lib/tegata"
: >"$root/etc/machine-id"
cd "$root"
exec unshare --cgroup bash -eu -c '
    mount -t cgroup2 cgroup2 sys/fs/cgroup
    pivot_root . mnt
    umount -l /mnt
    # credentials of services are mounted beside them and have to arrive
    mount --make-rshared /
    exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin container=other LC_ALL=C.UTF-8 \
        /lib/systemd/systemd --unit=basic.target --show-status=no --log-target=journal'
