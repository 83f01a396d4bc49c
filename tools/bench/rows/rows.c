/* The table of src/lib.rs as a virtual table of SQLite: t(id, k, v, s), a million rows. */
#include <sqlite3ext.h>
SQLITE_EXTENSION_INIT1
#include <string.h>

enum { ROWS = 1000000 };

static const char *const words[16] = {"amber", "birch", "cedar", "dune", "ember", "fjord", "grove", "heath",
                                      "inlet", "jade", "knoll", "larch", "marsh", "north", "onyx", "pine"};

typedef struct {
  sqlite3_vtab_cursor base;
  sqlite3_int64 id;
} cursor;

static int connect(sqlite3 *db, void *aux, int argc, const char *const *argv, sqlite3_vtab **out, char **error) {
  (void)aux, (void)argc, (void)argv, (void)error;
  int failed = sqlite3_declare_vtab(db, "CREATE TABLE t(id INTEGER NOT NULL, k INTEGER NOT NULL, v REAL NOT NULL, s TEXT NOT NULL)");
  if (failed) return failed;
  *out = sqlite3_malloc(sizeof **out);
  if (!*out) return SQLITE_NOMEM;
  memset(*out, 0, sizeof **out);
  return SQLITE_OK;
}

static int disconnect(sqlite3_vtab *table) {
  sqlite3_free(table);
  return SQLITE_OK;
}

static int best_index(sqlite3_vtab *table, sqlite3_index_info *info) {
  (void)table;
  info->estimatedCost = ROWS;
  info->estimatedRows = ROWS;
  return SQLITE_OK;
}

static int open_cursor(sqlite3_vtab *table, sqlite3_vtab_cursor **out) {
  (void)table;
  cursor *c = sqlite3_malloc(sizeof *c);
  if (!c) return SQLITE_NOMEM;
  memset(c, 0, sizeof *c);
  *out = &c->base;
  return SQLITE_OK;
}

static int close_cursor(sqlite3_vtab_cursor *base) {
  sqlite3_free(base);
  return SQLITE_OK;
}

static int filter(sqlite3_vtab_cursor *base, int number, const char *text, int argc, sqlite3_value **argv) {
  (void)number, (void)text, (void)argc, (void)argv;
  ((cursor *)base)->id = 0;
  return SQLITE_OK;
}

static int next(sqlite3_vtab_cursor *base) {
  ((cursor *)base)->id++;
  return SQLITE_OK;
}

static int eof(sqlite3_vtab_cursor *base) { return ((cursor *)base)->id >= ROWS; }

static int column(sqlite3_vtab_cursor *base, sqlite3_context *context, int i) {
  sqlite3_int64 id = ((cursor *)base)->id;
  switch (i) {
    case 0: sqlite3_result_int64(context, id); break;
    case 1: sqlite3_result_int64(context, id * 7919 % 1000); break;
    case 2: sqlite3_result_double(context, (double)(id % 4096) / 8); break;
    default: sqlite3_result_text(context, words[id % 16], -1, SQLITE_STATIC);
  }
  return SQLITE_OK;
}

static int rowid(sqlite3_vtab_cursor *base, sqlite3_int64 *out) {
  *out = ((cursor *)base)->id;
  return SQLITE_OK;
}

static sqlite3_module module = {
    .xConnect = connect, .xBestIndex = best_index, .xDisconnect = disconnect, .xOpen = open_cursor, .xClose = close_cursor,
    .xFilter = filter,   .xNext = next,            .xEof = eof,               .xColumn = column,    .xRowid = rowid,
};

/* Named after the file, as sqlite3's .load looks for it. The table is there without CREATE: it has no xCreate. */
int sqlite3_rows_init(sqlite3 *db, char **error, const sqlite3_api_routines *api) {
  (void)error;
  SQLITE_EXTENSION_INIT2(api);
  return sqlite3_create_module(db, "t", &module, 0);
}
