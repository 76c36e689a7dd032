/* The system calls of a process that only moves bytes, for an allow-list of lib/role. */
#ifndef SALLYPORT_TUNNEL_IPC_SYSCALLS_H
#define SALLYPORT_TUNNEL_IPC_SYSCALLS_H

#define RELAY_SYSCALLS \
	"read", "write", "readv", "writev", "recvfrom", "recvmsg", "sendto", "sendmsg", "shutdown", "close", "dup2", "dup3", \
	"epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait", "poll", "ppoll", \
	"getsockopt", "setsockopt", "getsockname", "getpeername", "fcntl", "fstat", "newfstatat", \
	"clock_gettime", "gettimeofday", "time", "getrandom", "getpid", "gettid", \
	"brk", "mmap", "munmap", "mremap", "mprotect", "madvise", "futex", \
	"rt_sigreturn", "rt_sigprocmask", "restart_syscall", "exit", "exit_group"

#endif
