#!/bin/sh
# What the rooms that read a peer's bytes can call at all: paths are opened in syncd/fs alone, and
# the codecs do nothing but compute.  Read from the objects, so that no macro hides a call.
. "${top_srcdir:-.}/t/lib/lib.sh"
command -v nm > /dev/null || skip_all 'nm is missing'
plan 5
paths='open openat openat2 creat fopen freopen opendir fdopendir scandir stat lstat fstatat newfstatat statx access faccessat readlink readlinkat rename renameat renameat2 unlink unlinkat rmdir mkdir mkdirat mkfifo mknod mknodat symlink symlinkat link linkat chmod fchmodat chown lchown fchownat utimensat utimes truncate chdir chroot nftw ftw glob realpath mkstemp execve execvp system popen syscall'
pure='socket connect send recv write read poll fork malloc_usable_size clock_gettime time gettimeofday log_bytes log_warn log_error log_info syslog printf fprintf puts'

imports() { nm "$top_builddir/syncd/lib$1.a" 2> /dev/null | awk '$1 == "U" { sub("@.*", "", $2); sub("64$", "", $2); sub("_chk$", "", $2); sub("^__", "", $2); print $2 }' | sort -u; }
# none_of ROOM NAME WORDS
none_of() {
	imports "$1" > "$scratch/imports"
	printf '%s\n' $3 | sort -u > "$scratch/forbidden"
	is "$(comm -12 "$scratch/imports" "$scratch/forbidden" | tr '\n' ' ')" '' "$2"
}
ok 'there is something to read' test "$(imports session | wc -l)" -gt 20
none_of session 'a session opens no path by itself' "$paths"
none_of wire 'the codecs of the wire open nothing, say nothing, ask no clock' "$paths $pure"
none_of delta 'the computations of the delta neither' "$paths $pure"
imports policy | grep -x -E 'connect|socket|unlink|rename|execve|fork|chmod|chown|mkdir' > "$scratch/acts"
is "$(cat "$scratch/acts")" '' 'the policy reads and judges, and changes nothing'
