/* Sockets, processes, files and terminals, where Swift cannot say it: variadic calls, and
   declarations that Glibc's module hides behind _GNU_SOURCE. Everything is static inline, so that
   there is no C object to link. */
#ifndef IAUTH_POSIX_H
#define IAUTH_POSIX_H

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <sys/vfs.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>
#include <signal.h>

/* Whether a signal that is held back would act: one that the parent had us ignore never does. */
static inline int iauth_is_pending(int signal) {
  sigset_t pending;
  struct sigaction now;
  return sigpending(&pending) == 0 && sigismember(&pending, signal) == 1
    && sigaction(signal, 0, &now) == 0 && now.sa_handler != SIG_IGN;
}
static inline int iauth_open(const char *path, int flags, unsigned mode) {
  return open(path, flags, mode);
}
/* A file of the directory that never has a name; open(2), O_TMPFILE. */
static inline int iauth_open_unnamed(const char *directory) {
  return open(directory, __O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
}
/* Names a file that has none yet; open(2), O_TMPFILE. It wants /proc. */
static inline int iauth_name(int file, const char *path) {
  char self[32];
  snprintf(self, sizeof self, "/proc/self/fd/%d", file);
  return linkat(AT_FDCWD, self, AT_FDCWD, path, AT_SYMLINK_FOLLOW);
}
/* rename(2) that fails with EEXIST instead of overwriting; EINVAL where a file system cannot. */
static inline int iauth_rename_new(const char *from, const char *to) {
  return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 1u /* RENAME_NOREPLACE */);
}
/* A child is born without our descriptors from `first` on. */
extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *, int);
static inline int iauth_spawn_closes_from(posix_spawn_file_actions_t *actions, int first) {
  return posix_spawn_file_actions_addclosefrom_np(actions, first);
}
/* The kind of file system of a path, as statfs(2) numbers them; -1 if there is none. */
static inline long iauth_file_system(const char *path) {
  struct statfs s;
  return statfs(path, &s) == 0 ? (long)s.f_type : -1;
}
/* 1 if something is mounted at a path: statx(2), STATX_ATTR_MOUNT_ROOT; before Linux 5.8, whether
   the directory above is of another file system. */
static inline int iauth_is_mount_point(const char *path) {
  uint64_t found[32] = {0}; /* struct statx: attributes at byte 8, which of them count at byte 56 */
  struct stat here, above;
  char parent[4096];
  if (syscall(SYS_statx, AT_FDCWD, path, 0, 0u, found) == 0 && (found[7] & 0x2000u))
    return (found[1] & 0x2000u) != 0;
  if (snprintf(parent, sizeof parent, "%s/..", path) >= (int)sizeof parent) return 0;
  return stat(path, &here) == 0 && stat(parent, &above) == 0
    && (here.st_dev != above.st_dev || here.st_ino == above.st_ino);
}
/* 1 if the clock is synchronised, 0 if not, -1 if the kernel does not say: as timedatectl. */
static inline int iauth_clock_synchronized(void) {
  struct timex t = {0};
  return adjtimex(&t) < 0 ? -1 : t.maxerror < 16000000;
}
static inline int iauth_not_dumpable(void) { return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }
/* Whether set-id programs get nothing for it in this process and its children: prctl(2). */
static inline int iauth_is_confined(void) { return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1; }
static inline int iauth_is_secure(void) { return (int)getauxval(AT_SECURE); }
static inline int iauth_terminal_rows(int fd) {
  struct winsize w;
  return ioctl(fd, TIOCGWINSZ, &w) == 0 ? w.ws_row : 0;
}
static inline int iauth_terminal_columns(int fd) {
  struct winsize w;
  return ioctl(fd, TIOCGWINSZ, &w) == 0 ? w.ws_col : 0;
}

struct iauth_peer { int32_t pid; uint32_t uid, gid; };
/* Who is at the other end of a Unix socket, as the kernel says it: unix(7), SO_PEERCRED. */
static inline int iauth_peer_of(int fd, struct iauth_peer *peer) {
  struct { int32_t pid; uint32_t uid, gid; } u;
  socklen_t n = sizeof u;
  if (getsockopt(fd, SOL_SOCKET, 17 /* SO_PEERCRED */, &u, &n) != 0 || n != sizeof u) return -1;
  peer->pid = u.pid; peer->uid = u.uid; peer->gid = u.gid;
  return 0;
}

static inline int iauth_set_nonblocking(int fd) {
  int flags = fcntl(fd, F_GETFL);
  return flags < 0 ? -1 : fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}
/* Whether the other end of a connection has closed it, asked without waiting. */
static inline int iauth_is_abandoned(int fd) {
  struct pollfd waited = {fd, 0x2000 /* POLLRDHUP */, 0};
  return poll(&waited, 1, 0) > 0 && (waited.revents & (0x2000 | POLLHUP | POLLERR)) != 0;
}
/* A connection to a Unix socket within so many milliseconds, or -errno: unix(7). */
static inline int iauth_connect(const char *path, int64_t milliseconds) {
  struct sockaddr_un address;
  memset(&address, 0, sizeof address);
  address.sun_family = AF_UNIX;
  if (strlen(path) >= sizeof address.sun_path) return -ENAMETOOLONG;
  memcpy(address.sun_path, path, strlen(path));
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -errno;
  struct timeval limit = {milliseconds / 1000, milliseconds % 1000 * 1000};
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0) return fd;
  int failure = errno;
  close(fd);
  return -failure;
}
/* One byte of a file, as a lock that ends with the process: fcntl(2), F_SETLK. */
static inline int iauth_lock_byte(int fd, int64_t offset) {
  struct flock lock;
  memset(&lock, 0, sizeof lock);
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  lock.l_start = offset;
  lock.l_len = 1;
  return fcntl(fd, F_SETLK, &lock);
}
/* Whether a descriptor is a Unix socket that listens: socket(7). */
static inline int iauth_is_listening(int fd) {
  int domain = 0, listens = 0;
  socklen_t size = sizeof domain;
  if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) != 0 || domain != AF_UNIX) return 0;
  size = sizeof listens;
  return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0 && listens;
}
static inline int iauth_accept(int fd) {
  int connection = accept(fd, 0, 0);
  if (connection >= 0) fcntl(connection, F_SETFD, FD_CLOEXEC);
  return connection;
}
static inline int iauth_is_socket(const char *path) {
  struct stat s;
  return stat(path, &s) == 0 && S_ISSOCK(s.st_mode);
}

#endif
