/* What Swift cannot say of libsqlite3 itself: variadic calls, and destructors that are numbers. */
#ifndef IAUTH_SQLITE_H
#define IAUTH_SQLITE_H

#include <sqlite3.h>

/* sqlite3_db_config for the switches that take (int on, int *now). */
static inline int iauth_db_config(sqlite3 *db, int option, int on, int *now) {
  return sqlite3_db_config(db, option, on, now);
}

/* Whether SQLite no longer counts its memory, with a lock for each piece; before its first use. */
static inline int iauth_count_no_memory(void) {
  return sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0) == SQLITE_OK;
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

#endif
