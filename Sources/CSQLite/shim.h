/* What Swift cannot say itself: variadic C calls, and declarations that Glibc's module hides
   behind _GNU_SOURCE. Everything is static inline, so that there is no C object to link. */
#ifndef IAUTH_SHIM_H
#define IAUTH_SHIM_H

#include <sqlite3.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/auxv.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>

/* sqlite3_db_config for the switches that take (int on, int *now). */
static inline int iauth_db_config(sqlite3 *db, int option, int on, int *now) {
  return sqlite3_db_config(db, option, on, now);
}

/* SQLITE_TRANSIENT: SQLite copies the bytes before the call returns. */
static inline int iauth_bind_text(sqlite3_stmt *s, int i, const char *text, int count) {
  return sqlite3_bind_text(s, i, text, count, SQLITE_TRANSIENT);
}
static inline int iauth_bind_blob(sqlite3_stmt *s, int i, const void *bytes, int count) {
  return count == 0 ? sqlite3_bind_zeroblob(s, i, 0)
                    : sqlite3_bind_blob(s, i, bytes, count, SQLITE_TRANSIENT);
}

/* SQLITE_STATIC: the bytes stay where they are until the bindings are cleared. */
static inline int iauth_bind_text_in_place(sqlite3_stmt *s, int i, const void *text, int count) {
  return sqlite3_bind_text(s, i, text, count, SQLITE_STATIC);
}
static inline int iauth_bind_blob_in_place(sqlite3_stmt *s, int i, const void *bytes, int count) {
  return sqlite3_bind_blob(s, i, bytes, count, SQLITE_STATIC);
}

static inline int iauth_open(const char *path, int flags, unsigned mode) {
  return open(path, flags, mode);
}
/* A file of the directory that never has a name; open(2), O_TMPFILE. */
static inline int iauth_open_unnamed(const char *directory) {
  return open(directory, __O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
}
static inline int iauth_not_dumpable(void) { return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }
static inline int iauth_is_secure(void) { return (int)getauxval(AT_SECURE); }
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

#endif
