"""Which file system a path lies on, and which of them SQLite's write-ahead log cannot use.

That log is shared memory: every process must map the same page of the same
kernel. File systems that several machines mount cannot promise it, and SQLite
then damages its file without a word.

Not among them: `overlay` (containers; one kernel below), FUSE over a local
disk, and virtiofs or VirtualBox folders, where SQLite itself notices what does
not work. `9p` is: WSL 2 shows Windows' disks through it and QEMU the host's
folders, with a second kernel behind. But where the root is `9p` as well (the
gVisor sandbox), one kernel serves all.
"""

from __future__ import annotations

import os
import re
import sys

_NAMES = (
    "9p afs beegfs ceph cifs coda davfs gfs2 glusterfs gpfs lustre ncpfs nfs nfs3 nfs4 ocfs2 orangefs panfs "
    "pvfs2 smb smb2 smb3 smbfs vmhgfs wekafs webdav afpfs "
    "fuse.beegfs fuse.blobfuse fuse.blobfuse2 fuse.ceph fuse.ceph-fuse fuse.davfs fuse.dbfs fuse.gcsfuse "
    "fuse.glusterfs fuse.goofys fuse.juicefs fuse.lizardfs fuse.mfs fuse.moosefs fuse.mount-s3 fuse.rclone "
    "fuse.s3fs fuse.seaweedfs fuse.sshfs fuse.vmhgfs-fuse"
)
SHARED = frozenset(_NAMES.split())

Mounts = list[tuple[str, str]]  # mount point and type, in the order of mounting


def file_system(path: str) -> str:
    """The type of the file system that a path lies on, such as ``"ext4"``; empty if it cannot be known.

    Args:
        path: Absolute, without links; it need not exist.
    """
    try:
        if sys.platform == "darwin":
            import subprocess

            shown = subprocess.run(["/sbin/mount"], capture_output=True, text=True, check=False)
            return type_of(path, read_mount(shown.stdout))
        with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as file:
            return type_of(path, read_mountinfo(file.read()))
    except (OSError, ValueError):
        return ""


def read_mountinfo(text: str) -> Mounts:
    """Take Linux's list of mounts apart.

    Args:
        text: As in ``/proc/self/mountinfo``.
    """
    mounts = []
    for line in text.splitlines():
        left, separator, right = line.partition(" - ")
        if separator:
            point = re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), left.split()[4])
            mounts.append((point, right.split()[0]))
    return mounts


def read_mount(text: str) -> Mounts:
    """Take the output of macOS's ``mount`` apart.

    Args:
        text: Lines such as ``//me@host/share on /Volumes/share (smbfs, nodev)``.
    """
    return re.findall(r"^.*? on (/.*) \((\w+)", text, re.MULTILINE)


def type_of(path: str, mounts: Mounts) -> str:
    """The type of the mount that a path lies on: the longest that begins it, the last of equals.

    Args:
        path: Absolute.
        mounts: All of them.
    """
    best, kind = "", ""
    for point, type_ in mounts:
        inside = path == point or path.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= len(best):
            best, kind = point, type_
    if kind == "9p" and path != os.sep and type_of(os.sep, mounts) == "9p":
        return ""
    return kind
