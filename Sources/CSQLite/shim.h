/* What Swift cannot say of libsqlite3 itself: variadic calls, and destructors that are numbers. */
#ifndef IAUTH_SQLITE_H
#define IAUTH_SQLITE_H

#include <sqlite3.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* sqlite3_db_config for the switches that take (int on, int *now). */
static inline int iauth_db_config(sqlite3 *db, int option, int on, int *now) {
  return sqlite3_db_config(db, option, on, now);
}

/* Memory for SQLite (sqlite3_mem_methods): to read the schema at each start it asks for some ten
   thousand small pieces, and keeps most of them to the end. They are cut one after the other from
   blocks of the thread's own; a piece that is given back is used again for one of its size. Before
   each piece, eight bytes say how many it has. Large ones are malloc's. (A block comes with its pages:
   one call is a fifth of the time that a fault for each of them takes.) */
enum { iauth_piece_step = 16, iauth_largest_piece = 1024, iauth_block = 128 * 1024 };
struct iauth_memory {
  void *spare[iauth_largest_piece / iauth_piece_step + 1];
  char *next, *end;
};

static struct iauth_memory *iauth_memory(void) {
  static __thread struct iauth_memory memory;
  return &memory;
}
static int iauth_round_up(int bytes) {
  return ((bytes + 8 + iauth_piece_step - 1) & ~(iauth_piece_step - 1)) - 8;
}
static int iauth_size_of(void *piece) {
  return piece ? (int)((uint64_t *)piece)[-1] : 0;
}
static void *iauth_allocate(int bytes) {
  struct iauth_memory *memory = iauth_memory();
  int whole = iauth_round_up(bytes) + 8;
  char *place;
  if (whole > iauth_largest_piece) {
    place = malloc((size_t)whole);
    if (!place) return 0;
  } else if ((place = memory->spare[whole / iauth_piece_step])) {
    memcpy(&memory->spare[whole / iauth_piece_step], place + 8, sizeof(void *));
  } else {
    if (memory->end - memory->next < whole) {
      char *block = mmap(0, iauth_block, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
      if (block == MAP_FAILED) return 0;
      memory->next = block;
      memory->end = block + iauth_block;
    }
    place = memory->next;
    memory->next += whole;
  }
  *(uint64_t *)place = (uint64_t)(whole - 8);
  return place + 8;
}
static void iauth_give_back(void *piece) {
  if (!piece) return;
  int whole = iauth_size_of(piece) + 8;
  if (whole > iauth_largest_piece) {
    free((char *)piece - 8);
    return;
  }
  void **spare = &iauth_memory()->spare[whole / iauth_piece_step];
  memcpy(piece, spare, sizeof(void *));
  *spare = (char *)piece - 8;
}
static void *iauth_resize(void *piece, int bytes) {
  int old = iauth_size_of(piece);
  if (old >= bytes && old - bytes < 256) return piece;
  if (old + 8 > iauth_largest_piece && iauth_round_up(bytes) + 8 > iauth_largest_piece) {
    int whole = iauth_round_up(bytes) + 8;
    char *place = realloc((char *)piece - 8, (size_t)whole);
    if (!place) return 0;
    *(uint64_t *)place = (uint64_t)(whole - 8);
    return place + 8;
  }
  void *other = iauth_allocate(bytes);
  if (!other) return 0;
  memcpy(other, piece, (size_t)(old < bytes ? old : bytes));
  iauth_give_back(piece);
  return other;
}
static int iauth_begin_memory(void *unused) { (void)unused; return SQLITE_OK; }
static void iauth_end_memory(void *unused) { (void)unused; }

/* Whether SQLite has its memory from above, and no longer counts it, with a lock for each piece;
   before its first use. */
static inline int iauth_prepare_memory(void) {
  static const sqlite3_mem_methods methods = {
    iauth_allocate, iauth_give_back, iauth_resize, iauth_size_of, iauth_round_up,
    iauth_begin_memory, iauth_end_memory, 0};
  return sqlite3_config(SQLITE_CONFIG_MALLOC, &methods) == SQLITE_OK
    && sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0) == SQLITE_OK;
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
