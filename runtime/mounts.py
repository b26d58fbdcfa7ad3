"""On what kind of file system a folder lies: locks on some keep nobody out."""

from __future__ import annotations

import os
from collections.abc import Iterator

_NETWORK = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "lustre", "gpfs", "beegfs"}
_NETWORK |= {"glusterfs", "ncpfs", "fuse.sshfs", "fuse.glusterfs", "fuse.s3fs", "fuse.rclone"}


def network_filesystem(path: str | os.PathLike[str]) -> str:
    """A warning text when `path` lies on a network file system, where locks may let two in."""
    kind = _filesystem(os.path.realpath(path))
    if kind not in _NETWORK:
        return ""
    return (
        f"{path} lies on a network file system ({kind}): its locks do not keep a second runtime "
        "out on another machine, and a lost network stalls every job. Keep it on a local disk."
    )


def _filesystem(real: str) -> str:
    """The type of the file system that holds `real`: the deepest mount point above it."""
    best, kind = "", ""
    for point, found in _mounts():
        inside = real == point or real.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= len(best):
            best, kind = point, found
    return kind


def _mounts() -> Iterator[tuple[str, str]]:
    try:
        with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as file:
            lines = file.readlines()
    except OSError:
        return
    for line in lines:
        fields, _, rest = line.partition(" - ")
        point = fields.split()[4].encode("utf-8", "surrogateescape").decode("unicode_escape")
        yield point, rest.split()[0]
