/*
** Series: the integers from start to stop, counted by step.
**
**   SELECT value FROM series(1, 10);
**   SELECT value FROM series(10, 1, -3);
**   SELECT value FROM series WHERE value BETWEEN 5 AND 8 ORDER BY value DESC LIMIT 2;
**
**   CREATE TABLE series (value BIGINT NOT NULL, start BIGINT, stop BIGINT, step BIGINT)   -- the last three hidden
**
** start is 0, stop is 4294967295 and step is 1 unless the call gives them. A negative step counts down. Comparisons of
** value with whole numbers, IN lists, ORDER BY value, LIMIT and OFFSET are taken over exactly, and a scan can be read in
** partitions. ../golden/README.md is the whole definition, which the Go and the Rust version meet too.
**
** Build: tools/c-wasm.sh connectors/series/c/series.c series.wasm
**
** The plan in bytes is a message of its own: see PLAN_* below. Numbers are added modulo 2^64, so that every start,
** stop and step works; a sequence has a last index instead of a count, because 2^64 rows have none.
*/
#include "wasql.h"

#define ABOUT "The integers from start to stop, counted by step"
#define TAKES "series takes =, <, <=, >, >= and IN on value"

enum { VALUE, START, STOP, STEP, COLUMNS };

static const char *const column_names[COLUMNS] = {"value", "start", "stop", "step"};

/* What a plan uses, for EXPLAIN. */
enum { LOWER = 8, UPPER = 16, EQUAL = 32, LISTED = 64, ASCENDING = 128, DESCENDING = 256, LIMITED = 512 };

/* Fields of a plan in bytes. */
enum { PLAN_FILTER = 1, PLAN_DIRECTION, PLAN_LIMIT, PLAN_OFFSET, PLAN_ROWS, PLAN_ROW_BYTES, PLAN_EXPLAIN };

#define NO_LIMIT UINT64_MAX
#define PARTITIONS_MAX 1024u

/* ---- Failures ---- */

static struct {
  int32_t code;
  const char *message, *hint, *column, *value;
  wasql_text quoted; /* a name in quotes between message and rest */
  const char *rest;
  uint64_t number; /* a number there */
  bool numbered;
} failure;

static int64_t fail(int32_t code, const char *message) {
  wasql_zero(&failure, sizeof failure);
  failure.code = code, failure.message = message;
  return -code;
}

static int64_t fail_in(int32_t code, const char *message, int column, const char *value, const char *hint) {
  fail(code, message);
  failure.column = column_names[column], failure.value = value, failure.hint = hint;
  return -code;
}

static wasql_writer name_copy;

/* fail_named puts a name of the request into the message; it is copied, for LAST_ERROR comes later. */
static int64_t fail_named(int32_t code, const char *message, wasql_text name, const char *rest, const char *hint) {
  fail(code, message);
  wasql_reset(&name_copy);
  wasql_write_raw(&name_copy, name.at, name.len);
  failure.quoted.at = (const char *)name_copy.bytes, failure.quoted.len = name_copy.len;
  failure.rest = rest, failure.hint = hint;
  return -code;
}

static int64_t no_memory(void) { return fail(WASQL_CODE_RESOURCE, "no memory is left"); }

/* ---- Numbers of filters ---- */

/* A number is an operand as a bigint sees it. */
typedef struct number {
  enum { WHOLE, BIG /* unsigned, above every bigint */, NOTHING /* NULL */, LATE /* a param */, OTHER } kind;
  int64_t value;
  uint64_t unsigned_value; /* for BIG; the number of the param for LATE */
  bool column;             /* another column of the row */
} number;

static number read_value(wasql_text bytes) {
  number n = {NOTHING, 0, 0, false};
  wasql_reader r = wasql_read_text(bytes);
  for (wasql_field f; wasql_read_field(&r, &f);) switch (f.number) {
      case WASQL_VALUE_NULL: n.kind = NOTHING; break;
      case WASQL_VALUE_BOOL: n.kind = WHOLE, n.value = f.value != 0; break;
      case WASQL_VALUE_INT64: n.kind = WHOLE, n.value = wasql_signed(f.value); break;
      case WASQL_VALUE_UINT64:
        n.kind = f.value > INT64_MAX ? BIG : WHOLE, n.value = (int64_t)f.value, n.unsigned_value = f.value;
        break;
      default: n.kind = OTHER;
    }
  return n;
}

static number read_operand(wasql_text bytes) {
  number n = {NOTHING, 0, 0, false};
  uint64_t type = 0;
  wasql_reader r = wasql_read_text(bytes);
  for (wasql_field f; wasql_read_field(&r, &f);) switch (f.number) {
      case WASQL_OPERAND_VALUE: n = read_value(f.text); break;
      case WASQL_OPERAND_PARAM: n.kind = LATE, n.unsigned_value = f.value; break;
      case WASQL_OPERAND_COLUMN: n.kind = OTHER, n.column = true; break;
      case WASQL_OPERAND_TYPE: type = f.value; break;
    }
  if (n.kind == LATE && (type < WASQL_TYPE_BOOL || type > WASQL_TYPE_UINT64)) n.kind = OTHER, n.unsigned_value = 0;
  return n;
}

/* ---- Conjuncts ---- */

typedef struct conjunct {
  wasql_text filter; /* its message, inside the request or the plan */
  uint32_t op, column, operands;
  bool usable, exact, compared, whole, late, null;
  number first; /* the operand, or the first of a list */
  const char *reason;
} conjunct;

static void read_filter(wasql_text bytes, conjunct *c) {
  c->filter = bytes, c->column = UINT32_MAX, c->whole = true;
  wasql_reader r = wasql_read_text(bytes);
  for (wasql_field f; wasql_read_field(&r, &f);) switch (f.number) {
      case WASQL_FILTER_OP: c->op = (uint32_t)f.value; break;
      case WASQL_FILTER_COLUMN: c->column = (uint32_t)f.value; break;
      case WASQL_FILTER_OPERANDS: {
        number n = read_operand(f.text);
        if (!c->operands++) c->first = n;
        c->compared |= n.column;
        c->whole &= n.kind != OTHER;
        c->late |= n.kind == LATE;
        c->null |= n.kind == NOTHING;
      }
    }
}

/* A walk goes over the operands of a conjunct. */
typedef struct walk {
  wasql_reader reader;
} walk;

static walk walk_operands(const conjunct *c) {
  walk w = {wasql_read_text(c->filter)};
  return w;
}

static bool next_operand(walk *w, number *n) {
  for (wasql_field f; wasql_read_field(&w->reader, &f);)
    if (f.number == WASQL_FILTER_OPERANDS) {
      *n = read_operand(f.text);
      return true;
    }
  return false;
}

static bool is_range(uint32_t op) {
  return op == WASQL_FILTER_OP_LT || op == WASQL_FILTER_OP_LE || op == WASQL_FILTER_OP_GT || op == WASQL_FILTER_OP_GE;
}

/* ---- A query: what PLAN asks, or what a plan in bytes kept of it ---- */

typedef struct query {
  conjunct *conjuncts;
  uint32_t conjunct_count, columns;
  bool reads_value;
  bool order_asked, order_taken, distinct, aggregation, sample, join, limit_asked, limit_taken;
  uint32_t direction; /* 0, ASCENDING, DESCENDING */
  uint64_t limit, offset;
  double rows, row_bytes;
  wasql_text table;
} query;

static void free_query(query *q) {
  wasql_put(q->conjuncts);
  q->conjuncts = NULL;
}

static uint32_t count_field(wasql_text message, uint32_t number) {
  uint32_t n = 0;
  wasql_reader r = wasql_read_text(message);
  for (wasql_field f; wasql_read_field(&r, &f);) n += f.number == number;
  return n;
}

static bool make_conjuncts(query *q, uint32_t count) {
  uint64_t bytes = (uint64_t)count * sizeof(conjunct);
  q->conjuncts = bytes <= UINT32_MAX / 2 ? wasql_get((uint32_t)bytes + 1) : NULL;
  if (q->conjuncts) wasql_zero(q->conjuncts, (uint32_t)bytes);
  return q->conjuncts != NULL;
}

static wasql_text read_table_name(wasql_text ref) {
  wasql_text name = {"", 0};
  wasql_reader r = wasql_read_text(ref);
  for (wasql_field f; wasql_read_field(&r, &f);)
    if (f.number == WASQL_TABLE_REF_NAME) name = f.text;
  return name;
}

static int64_t check_table(wasql_text ref) {
  wasql_text name = read_table_name(ref);
  if (wasql_same(name, WASQL_TEXT("series"))) return 0;
  return fail_named(WASQL_CODE_NOT_FOUND, "table \"", name, "\" does not exist", NULL);
}

/* read_columns visits the numbers of a repeated uint32 field, packed or not. */
typedef struct numbers {
  wasql_reader packed;
  uint64_t value;
  bool single;
} numbers;

static numbers numbers_of(const wasql_field *f) {
  numbers n = {wasql_read_text(f->text), f->value, f->wire == 0};
  return n;
}

static bool next_number(numbers *n, uint32_t *value) {
  if (n->single) {
    n->single = false;
    *value = (uint32_t)n->value;
    return true;
  }
  if (n->packed.bad || n->packed.at == n->packed.end) return false;
  *value = (uint32_t)wasql_read_varint(&n->packed);
  return !n->packed.bad;
}

static void read_order_key(query *q, wasql_text bytes, bool *decided) {
  uint32_t column = 0;
  bool descending = false;
  wasql_reader r = wasql_read_text(bytes);
  for (wasql_field f; wasql_read_field(&r, &f);) {
    if (f.number == WASQL_ORDER_KEY_COLUMN) column = (uint32_t)f.value;
    if (f.number == WASQL_ORDER_KEY_DESCENDING) descending = f.value != 0;
  }
  if (!q->order_asked) q->order_asked = q->order_taken = true;
  if (column >= COLUMNS) q->order_taken = false;
  if (column == VALUE && !*decided) {
    *decided = true;
    q->direction = descending ? DESCENDING : ASCENDING;
  }
}

static int64_t bad_request(void) { return fail(WASQL_CODE_INVALID_ARGUMENT, "the request is no lawful message"); }

/* read_query reads a PlanRequest. */
static int64_t read_query(wasql_text request, query *q) {
  bool decided = false;
  uint32_t column;
  q->limit = NO_LIMIT;
  if (!make_conjuncts(q, count_field(request, WASQL_PLAN_REQUEST_FILTERS))) return no_memory();
  wasql_reader r = wasql_read_text(request);
  for (wasql_field f; wasql_read_field(&r, &f);) switch (f.number) {
      case WASQL_PLAN_REQUEST_TABLE: q->table = f.text; break;
      case WASQL_PLAN_REQUEST_COLUMNS:
        for (numbers n = numbers_of(&f); next_number(&n, &column); q->columns++) q->reads_value |= column == VALUE;
        break;
      case WASQL_PLAN_REQUEST_FILTERS: {
        conjunct *c = &q->conjuncts[q->conjunct_count++];
        wasql_reader inner = wasql_read_text(f.text);
        c->column = UINT32_MAX;
        for (wasql_field part; wasql_read_field(&inner, &part);) {
          if (part.number == WASQL_CONJUNCT_FILTER) read_filter(part.text, c);
          if (part.number == WASQL_CONJUNCT_USABLE) c->usable = part.value != 0;
        }
        break;
      }
      case WASQL_PLAN_REQUEST_ORDER: read_order_key(q, f.text, &decided); break;
      case WASQL_PLAN_REQUEST_LIMIT: q->limit = f.value, q->limit_asked = true; break;
      case WASQL_PLAN_REQUEST_OFFSET: q->offset = f.value, q->limit_asked |= f.value > 0; break;
      case WASQL_PLAN_REQUEST_DISTINCT: q->distinct = f.value != 0; break;
      case WASQL_PLAN_REQUEST_AGGREGATION: q->aggregation = true; break;
      case WASQL_PLAN_REQUEST_SAMPLE: q->sample = true; break;
      case WASQL_PLAN_REQUEST_JOIN: q->join = true; break;
    }
  return r.bad ? bad_request() : 0;
}

/* read_plan reads a plan in bytes. Without bytes the scan is a full one. */
static int64_t read_plan(wasql_text plan, query *q) {
  q->limit = NO_LIMIT;
  if (!make_conjuncts(q, count_field(plan, PLAN_FILTER))) return no_memory();
  wasql_reader r = wasql_read_text(plan);
  for (wasql_field f; wasql_read_field(&r, &f);) switch (f.number) {
      case PLAN_FILTER:
        read_filter(f.text, &q->conjuncts[q->conjunct_count]);
        q->conjuncts[q->conjunct_count++].exact = true;
        break;
      case PLAN_DIRECTION: q->direction = (uint32_t)f.value; break;
      case PLAN_LIMIT: q->limit = f.value, q->limit_taken = true; break;
      case PLAN_OFFSET: q->offset = f.value; break;
      case PLAN_ROWS: q->rows = wasql_double(f.value); break;
      case PLAN_ROW_BYTES: q->row_bytes = wasql_double(f.value); break;
    }
  return r.bad ? fail(WASQL_CODE_INVALID_ARGUMENT, "the plan was not made by this connector") : 0;
}

/* ---- Claims ---- */

static const char *const equal_only[COLUMNS] = {"", "start takes = only", "stop takes = only", "step takes = only"};
static const char *const twice[COLUMNS] = {"", "start is given already", "stop is given already", "step is given already"};
static const char *const not_whole[COLUMNS] = {"value must be a whole number", "start must be a whole number",
                                               "stop must be a whole number", "step must be a whole number"};
static const char *const too_large[COLUMNS] = {"", "start must be at most 9223372036854775807",
                                               "stop must be at most 9223372036854775807",
                                               "step must be at most 9223372036854775807"};

static int64_t check_argument(uint32_t column, number n) {
  if (n.kind == OTHER) return fail_in(WASQL_CODE_INVALID_ARGUMENT, not_whole[column], (int)column, NULL, NULL);
  if (n.kind == BIG) return fail_in(WASQL_CODE_OUT_OF_RANGE, too_large[column], (int)column, NULL, NULL);
  return 0;
}

/* claimed finds the claimed conjunct on a column, of one operator or (0) of any. */
static conjunct *claimed(const query *q, uint32_t column, uint32_t op) {
  for (uint32_t i = 0; i < q->conjunct_count; i++) {
    conjunct *c = &q->conjuncts[i];
    if (c->exact && c->column == column && (!op || c->op == op)) return c;
  }
  return NULL;
}

/* claim answers one conjunct: exact, or not at all. */
static int64_t claim(query *q, conjunct *c) {
  bool value = c->column == VALUE;
  if (c->column >= COLUMNS) c->reason = TAKES;
  else if (!value && c->op != WASQL_FILTER_OP_EQ) c->reason = equal_only[c->column];
  else if (value && c->op != WASQL_FILTER_OP_EQ && c->op != WASQL_FILTER_OP_IN && !is_range(c->op)) c->reason = TAKES;
  else if (c->compared) c->reason = "compared with another column";
  else if (!value && claimed(q, c->column, 0)) c->reason = twice[c->column];
  else if (value && !c->whole) c->reason = "only whole numbers are compared here";
  else if (value && c->op == WASQL_FILTER_OP_IN && claimed(q, VALUE, WASQL_FILTER_OP_IN)) c->reason = "value has a list already";
  else {
    int64_t wrong = value ? 0 : check_argument(c->column, c->first);
    c->exact = !wrong;
    return wrong;
  }
  return 0;
}

static bool all_taken(const query *q) {
  for (uint32_t i = 0; i < q->conjunct_count; i++)
    if (!q->conjuncts[i].exact) return false;
  return (!q->order_asked || q->order_taken) && (!q->distinct || q->reads_value) && !q->aggregation && !q->sample && !q->join;
}

static uint32_t uses(const query *q) {
  uint32_t bits = q->direction | (q->limit_taken ? LIMITED : 0);
  for (uint32_t i = 0; i < q->conjunct_count; i++) {
    const conjunct *c = &q->conjuncts[i];
    if (!c->exact) continue;
    if (c->column != VALUE) bits |= 1u << (c->column - START);
    else if (c->op == WASQL_FILTER_OP_EQ) bits |= EQUAL;
    else if (c->op == WASQL_FILTER_OP_IN) bits |= LISTED;
    else bits |= c->op == WASQL_FILTER_OP_GT || c->op == WASQL_FILTER_OP_GE ? LOWER : UPPER;
  }
  return bits;
}

/* ---- Sequences ---- */

/* Values of params, as OPEN_SCAN or RESCAN gave them. NULL: not known yet. */
typedef struct params {
  number *values;
  uint32_t count;
} params;

typedef struct bounds {
  int64_t at[COLUMNS]; /* of START, STOP, STEP */
  bool null, late;
} bounds;

/* A sequence is the rows of a scan: numbers of a progression, or (list) of an IN. */
typedef struct sequence {
  int64_t *list; /* the block; from counts into it */
  uint64_t from;
  bool listed, empty;
  int64_t first;
  uint64_t stride, last;
} sequence;

/* settle replaces a param by its value. */
static int64_t settle(number *n, const params *known) {
  if (n->kind != LATE || !known) return 0;
  if (n->unsigned_value >= known->count) {
    fail(WASQL_CODE_INVALID_ARGUMENT, "param ");
    failure.number = n->unsigned_value, failure.numbered = true, failure.rest = " has no value";
    return -WASQL_CODE_INVALID_ARGUMENT;
  }
  *n = known->values[n->unsigned_value];
  return 0;
}

static int64_t read_bounds(const query *q, const params *known, bounds *b) {
  b->at[START] = 0, b->at[STOP] = UINT32_MAX, b->at[STEP] = 1, b->null = b->late = false;
  for (uint32_t column = START; column <= STEP; column++) {
    conjunct *c = claimed(q, column, 0);
    if (!c) continue;
    number n = c->first;
    int64_t wrong = settle(&n, known);
    if (!wrong) wrong = check_argument(column, n);
    if (wrong) return wrong;
    b->null |= n.kind == NOTHING;
    b->late |= n.kind == LATE;
    if (n.kind == WHOLE) b->at[column] = n.value;
  }
  if (b->at[STEP] == 0 && !b->null)
    return fail_in(WASQL_CODE_INVALID_ARGUMENT, "step must not be 0", STEP, "0",
                   "give a step above 0 to count up, or below 0 to count down");
  return 0;
}

static bool up(const bounds *b) { return b->at[STEP] > 0; }

/* distance is how far to lies from from, in the direction of step. */
static uint64_t distance(const bounds *b, int64_t from, int64_t to) {
  return up(b) ? (uint64_t)to - (uint64_t)from : (uint64_t)from - (uint64_t)to;
}

static uint64_t stride_of(const bounds *b) { return up(b) ? (uint64_t)b->at[STEP] : 0 - (uint64_t)b->at[STEP]; }

static bool before(const bounds *b, int64_t x, int64_t y) { return up(b) ? x < y : x > y; }

static int64_t at(const sequence *s, uint64_t index) {
  if (s->listed) return s->list[s->from + index];
  return (int64_t)((uint64_t)s->first + s->stride * index);
}

static sequence progression(const bounds *b) {
  sequence s = {0};
  s.empty = b->null || before(b, b->at[STOP], b->at[START]);
  if (s.empty) return s;
  s.first = b->at[START], s.stride = (uint64_t)b->at[STEP];
  s.last = distance(b, b->at[START], b->at[STOP]) / stride_of(b);
  return s;
}

/* within narrows a progression to low <= number <= high. */
static void within(const bounds *b, sequence *s, int64_t low, int64_t high) {
  if (s->empty || low > high) {
    s->empty = true;
    return;
  }
  int64_t near = up(b) ? low : high, far = up(b) ? high : low, end = at(s, s->last);
  uint64_t skip = 0, last = s->last;
  s->empty = before(b, end, near) || before(b, far, s->first);
  if (s->empty) return;
  if (before(b, s->first, near)) skip = (distance(b, s->first, near) - 1) / stride_of(b) + 1;
  if (before(b, far, end)) last = distance(b, s->first, far) / stride_of(b);
  s->empty = skip > last;
  if (s->empty) return;
  s->first = at(s, skip), s->last = last - skip;
}

static bool contains(const bounds *b, const sequence *s, int64_t n) {
  sequence one = *s;
  within(b, &one, n, n);
  return !one.empty;
}

/* sort is a heap sort: no recursion, no worst case. */
static void sift(int64_t *list, uint32_t root, uint32_t count) {
  for (uint32_t child; (child = 2 * root + 1) < count; root = child) {
    if (child + 1 < count && list[child] < list[child + 1]) child++;
    if (list[root] >= list[child]) return;
    int64_t swap = list[root];
    list[root] = list[child], list[child] = swap;
  }
}

static void sort(int64_t *list, uint32_t count) {
  for (uint32_t i = count / 2; i-- > 0;) sift(list, i, count);
  for (uint32_t end = count; end-- > 1;) {
    int64_t swap = list[0];
    list[0] = list[end], list[end] = swap;
    sift(list, 0, end);
  }
}

static void reverse(int64_t *list, uint64_t count) {
  for (uint64_t i = 0, j = count; i + 1 < j; i++) {
    int64_t swap = list[i];
    list[i] = list[--j], list[j] = swap;
  }
}

/* only keeps the numbers of an IN, in the direction of the progression. */
static int64_t only(const bounds *b, sequence *s, const conjunct *c, const params *known) {
  uint64_t bytes = (uint64_t)c->operands * 8;
  int64_t *list = bytes < UINT32_MAX / 2 ? wasql_get((uint32_t)bytes + 8) : NULL;
  uint32_t count = 0, kept = 0;
  number n;
  if (!list) return no_memory();
  for (walk w = walk_operands(c); next_operand(&w, &n);) {
    int64_t wrong = settle(&n, known);
    if (wrong) {
      wasql_put(list);
      return wrong;
    }
    if (n.kind == WHOLE && contains(b, s, n.value)) list[count++] = n.value;
  }
  sort(list, count);
  for (uint32_t i = 0; i < count; i++)
    if (!kept || list[kept - 1] != list[i]) list[kept++] = list[i];
  if (!up(b)) reverse(list, kept);
  wasql_zero(s, sizeof *s);
  s->list = list, s->listed = true, s->empty = !kept, s->last = kept ? kept - 1 : 0;
  return 0;
}

/* narrow applies one comparison to low and high; false: nothing is left. */
static bool narrow(const conjunct *c, number n, int64_t *low, int64_t *high) {
  uint32_t op = c->op;
  if (n.kind == NOTHING) return false;
  if (n.kind == BIG) return op == WASQL_FILTER_OP_LT || op == WASQL_FILTER_OP_LE;
  int64_t v = n.value;
  if (op == WASQL_FILTER_OP_LT && v-- == INT64_MIN) return false;
  if (op == WASQL_FILTER_OP_GT && v++ == INT64_MAX) return false;
  if (op == WASQL_FILTER_OP_LT || op == WASQL_FILTER_OP_LE || op == WASQL_FILTER_OP_EQ) *high = v < *high ? v : *high;
  if (op == WASQL_FILTER_OP_GT || op == WASQL_FILTER_OP_GE || op == WASQL_FILTER_OP_EQ) *low = v > *low ? v : *low;
  return *low <= *high;
}

/* narrowed gives the rows under the conjuncts on value; those that are late, without params, do not count. */
static int64_t narrowed(const query *q, const bounds *b, const params *known, sequence *s) {
  int64_t low = INT64_MIN, high = INT64_MAX;
  bool some = true;
  conjunct *list = NULL;
  for (uint32_t i = 0; i < q->conjunct_count; i++) {
    conjunct *c = &q->conjuncts[i];
    if (!c->exact || c->column != VALUE || (c->late && !known)) continue;
    if (c->op == WASQL_FILTER_OP_IN) {
      list = c;
      continue;
    }
    number n = c->first;
    int64_t wrong = settle(&n, known);
    if (wrong) return wrong;
    some = some && narrow(c, n, &low, &high);
  }
  *s = progression(b);
  if (!some) s->empty = true;
  within(b, s, low, high);
  return list && !s->empty ? only(b, s, list, known) : 0;
}

/* cut keeps the rows from index from to index to, both included. */
static void cut(sequence *s, uint64_t from, uint64_t to) {
  s->empty = s->empty || from > to || from > s->last;
  if (s->empty) return;
  if (to > s->last) to = s->last;
  if (s->listed) s->from += from;
  else s->first = at(s, from);
  s->last = to - from;
}

static void limited(sequence *s, uint64_t limit, uint64_t offset) {
  if (!limit) s->empty = true;
  else cut(s, offset, offset + (limit - 1) < offset ? UINT64_MAX : offset + (limit - 1));
}

/* piece keeps part i of so many: q rows each, and one more for the first r. */
static void piece(sequence *s, uint64_t i, uint64_t of) {
  if (s->empty || of <= 1) return;
  uint64_t q = s->last / of, r = s->last % of + 1;
  if (r == of) q++, r = 0;
  uint64_t from = q * i + (i < r ? i : r), end = q * (i + 1) + (i + 1 < r ? i + 1 : r);
  if (from == end) s->empty = true;
  else cut(s, from, end - 1);
}

/* ---- Estimates and EXPLAIN ---- */

static bool null_bound(const query *q) {
  for (uint32_t i = 0; i < q->conjunct_count; i++) {
    const conjunct *c = &q->conjuncts[i];
    if (c->exact && c->column == VALUE && c->op != WASQL_FILTER_OP_IN && c->null) return true;
  }
  return false;
}

static int64_t estimate(query *q, const bounds *b) {
  q->rows = b->null || null_bound(q) ? 0 : 1000;
  if (q->rows > 0 && !b->late) {
    sequence s;
    int64_t wrong = narrowed(q, b, NULL, &s);
    if (wrong) return wrong;
    q->rows = s.empty ? 0 : (double)s.last + 1;
    wasql_put(s.list);
  }
  for (uint32_t i = 0; i < q->conjunct_count && q->rows > 0; i++) {
    const conjunct *c = &q->conjuncts[i];
    if (!c->exact || c->column != VALUE || (!b->late && !c->late)) continue;
    double most = c->op == WASQL_FILTER_OP_EQ ? 1 : c->operands;
    if (is_range(c->op)) {
      most = __builtin_floor(q->rows / 4);
      if (most < 1) most = 1;
    }
    if (most < q->rows) q->rows = most;
  }
  if (!q->limit_taken) return 0;
  q->rows -= (double)q->offset;
  if (q->rows < 0) q->rows = 0;
  if (q->rows > (double)q->limit) q->rows = (double)q->limit;
  return 0;
}

static void write_text(wasql_writer *w, const char *text) { wasql_write_raw(w, text, wasql_length(text)); }

static void write_number(wasql_writer *w, number n) {
  switch (n.kind) {
    case WHOLE: wasql_write_int(w, n.value); break;
    case BIG: wasql_write_decimal(w, n.unsigned_value, false); break;
    case LATE:
      write_text(w, "?");
      wasql_write_decimal(w, n.unsigned_value, false);
      break;
    default: write_text(w, "null");
  }
}

/* pair writes one Pair: key now, value between begin_pair and end_pair. */
typedef struct open_pair {
  uint32_t outer, inner;
} open_pair;

static open_pair begin_pair(wasql_writer *w, uint32_t field, const char *key) {
  open_pair p;
  p.outer = wasql_begin(w, field);
  wasql_bytes(w, WASQL_PAIR_KEY, wasql_string(key));
  p.inner = wasql_begin(w, WASQL_PAIR_VALUE);
  return p;
}

static void end_pair(wasql_writer *w, open_pair p) {
  wasql_end(w, p.inner);
  wasql_end(w, p.outer);
}

static void write_bound(wasql_writer *w, const query *q, const bounds *b, uint32_t column) {
  conjunct *c = claimed(q, column, 0);
  if (c) write_number(w, c->first);
  else wasql_write_int(w, b->at[column]);
}

static void write_comparison(wasql_writer *w, const conjunct *c) {
  number n;
  if (c->op != WASQL_FILTER_OP_IN) {
    write_text(w, c->op == WASQL_FILTER_OP_EQ   ? "= "
                  : c->op == WASQL_FILTER_OP_LT ? "< "
                  : c->op == WASQL_FILTER_OP_LE ? "<= "
                  : c->op == WASQL_FILTER_OP_GT ? "> "
                                                : ">= ");
    write_number(w, c->first);
    return;
  }
  const char *separator = "in (";
  for (walk o = walk_operands(c); next_operand(&o, &n); separator = ", ") {
    write_text(w, separator);
    write_number(w, n);
  }
  write_text(w, ")");
}

/* write_explain writes the pairs, as field of the message that is being written. */
static void write_explain(wasql_writer *w, uint32_t field, const query *q, const bounds *b) {
  open_pair p = begin_pair(w, field, "series");
  write_bound(w, q, b, START);
  write_text(w, " to ");
  write_bound(w, q, b, STOP);
  write_text(w, " step ");
  write_bound(w, q, b, STEP);
  end_pair(w, p);
  if (claimed(q, VALUE, 0)) {
    bool more = false;
    p = begin_pair(w, field, "value");
    for (uint32_t i = 0; i < q->conjunct_count; i++) {
      const conjunct *c = &q->conjuncts[i];
      if (!c->exact || c->column != VALUE) continue;
      if (more) write_text(w, " and ");
      more = true;
      write_comparison(w, c);
    }
    end_pair(w, p);
  }
  if (q->direction) {
    p = begin_pair(w, field, "order");
    write_text(w, q->direction == ASCENDING ? "value asc" : "value desc");
    end_pair(w, p);
  }
  if (q->limit_taken) {
    p = begin_pair(w, field, "limit");
    if (q->limit != NO_LIMIT) wasql_write_decimal(w, q->limit, false);
    if (q->offset) {
      write_text(w, q->limit != NO_LIMIT ? " offset " : "offset ");
      wasql_write_decimal(w, q->offset, false);
    }
    end_pair(w, p);
  }
}

/* ---- Operations ---- */

static wasql_writer out;
static wasql_pair answer;
static bool constants; /* the host knows encoding constant */

static int64_t hello(wasql_text request) {
  uint64_t features = 0;
  wasql_reader r = wasql_read_text(request);
  for (wasql_field f; wasql_read_field(&r, &f);)
    if (f.number == WASQL_HELLO_REQUEST_FEATURES) features = f.value;
  constants = features & WASQL_FEATURE_CONSTANT;
  wasql_number(&out, WASQL_HELLO_RESPONSE_MINOR, WASQL_MINOR);
  wasql_number(&out, WASQL_HELLO_RESPONSE_FEATURES, features & (WASQL_FEATURE_CONSTANT | WASQL_FEATURE_PARTITIONS));
  wasql_bytes(&out, WASQL_HELLO_RESPONSE_NAME, WASQL_TEXT("series"));
  wasql_bytes(&out, WASQL_HELLO_RESPONSE_VERSION, WASQL_TEXT("1.0.0"));
  wasql_bytes(&out, WASQL_HELLO_RESPONSE_DESCRIPTION, WASQL_TEXT(ABOUT));
  wasql_bytes(&out, WASQL_HELLO_RESPONSE_SDK, WASQL_TEXT("c header 1.0"));
  wasql_bytes(&out, WASQL_HELLO_RESPONSE_LICENSE, WASQL_TEXT("Apache-2.0"));
  wasql_number(&out, WASQL_HELLO_RESPONSE_DETERMINISTIC, true);
  return 0;
}

static int64_t last_error(wasql_text request) {
  (void)request;
  if (!failure.code) return 0;
  uint32_t status = wasql_begin(&out, WASQL_LAST_ERROR_RESPONSE_STATUS);
  wasql_number(&out, WASQL_STATUS_CODE, (uint64_t)failure.code);
  uint32_t message = wasql_begin(&out, WASQL_STATUS_MESSAGE);
  write_text(&out, failure.message);
  wasql_write_raw(&out, failure.quoted.at, failure.quoted.len);
  if (failure.numbered) wasql_write_decimal(&out, failure.number, false);
  if (failure.rest) write_text(&out, failure.rest);
  wasql_end(&out, message);
  wasql_bytes(&out, WASQL_STATUS_TABLE, WASQL_TEXT("series"));
  if (failure.hint) wasql_bytes(&out, WASQL_STATUS_HINT, wasql_string(failure.hint));
  if (failure.column) wasql_bytes(&out, WASQL_STATUS_COLUMN, wasql_string(failure.column));
  if (failure.value) wasql_bytes(&out, WASQL_STATUS_VALUE, wasql_string(failure.value));
  wasql_end(&out, status);
  return 0;
}

static int64_t configure(wasql_text request) {
  wasql_reader r = wasql_read_text(request);
  for (wasql_field f; wasql_read_field(&r, &f);) {
    if (f.number != WASQL_CONFIGURE_REQUEST_OPTIONS) continue;
    wasql_text name = {"", 0};
    wasql_reader entry = wasql_read_text(f.text); /* a map entry: 1 key, 2 value */
    for (wasql_field part; wasql_read_field(&entry, &part);)
      if (part.number == 1) name = part.text;
    return fail_named(WASQL_CODE_INVALID_ARGUMENT, "option \"", name, "\" is not known", "this connector has no options");
  }
  return r.bad ? bad_request() : 0;
}

static int64_t list(wasql_text request) {
  wasql_text pattern = {"", 0}, database = {"", 0};
  wasql_reader r = wasql_read_text(request);
  for (wasql_field f; wasql_read_field(&r, &f);) {
    if (f.number == WASQL_LIST_REQUEST_PATTERN) pattern = f.text;
    if (f.number == WASQL_LIST_REQUEST_DATABASE) database = f.text;
  }
  if (pattern.len && !wasql_like(pattern, WASQL_TEXT("series"))) return 0;
  uint32_t ref = wasql_begin(&out, WASQL_LIST_RESPONSE_TABLES);
  wasql_bytes(&out, WASQL_TABLE_REF_NAME, WASQL_TEXT("series"));
  wasql_bytes(&out, WASQL_TABLE_REF_DATABASE, database);
  wasql_end(&out, ref);
  return 0;
}

static wasql_text field_text(wasql_text message, uint32_t number) {
  wasql_text text = {"", 0};
  wasql_reader r = wasql_read_text(message);
  for (wasql_field f; wasql_read_field(&r, &f);)
    if (f.number == number) text = f.text;
  return text;
}

static int64_t describe(wasql_text request) {
  static const char *const comments[COLUMNS] = {"the number", "first number, 0 unless given",
                                                "last number, 4294967295 unless given", "distance of two numbers, 1 unless given"};
  int64_t wrong = check_table(field_text(request, WASQL_DESCRIBE_REQUEST_TABLE));
  if (wrong) return wrong;
  uint32_t table = wasql_begin(&out, WASQL_DESCRIBE_RESPONSE_TABLE);
  wasql_bytes(&out, WASQL_TABLE_NAME, WASQL_TEXT("series"));
  for (uint32_t i = 0; i < COLUMNS; i++) {
    uint32_t column = wasql_begin(&out, WASQL_TABLE_COLUMNS);
    wasql_bytes(&out, WASQL_COLUMN_NAME, wasql_string(column_names[i]));
    wasql_number(&out, WASQL_COLUMN_TYPE, WASQL_TYPE_INT64);
    wasql_bytes(&out, WASQL_COLUMN_SQL_TYPE, WASQL_TEXT("bigint"));
    wasql_number(&out, WASQL_COLUMN_NOT_NULL, true);
    wasql_bytes(&out, WASQL_COLUMN_COMMENT, wasql_string(comments[i]));
    wasql_number(&out, WASQL_COLUMN_HIDDEN, i != VALUE);
    wasql_number(&out, WASQL_COLUMN_ARGUMENT, i);
    wasql_end(&out, column);
  }
  wasql_bytes(&out, WASQL_TABLE_COMMENT, WASQL_TEXT(ABOUT));
  wasql_number(&out, WASQL_TABLE_KIND, WASQL_TABLE_KIND_EPONYMOUS_ONLY);
  wasql_number(&out, WASQL_TABLE_FEATURES, WASQL_TABLE_FEATURE_PARTITIONS);
  wasql_end(&out, table);
  return 0;
}

static void write_part(uint32_t field, bool asked, bool taken, const char *reason) {
  if (!asked) return;
  uint32_t part = wasql_begin(&out, field);
  wasql_number(&out, WASQL_ANSWER_TAKEN, taken);
  if (!taken) wasql_bytes(&out, WASQL_ANSWER_REASON, wasql_string(reason));
  wasql_end(&out, part);
}

static void write_plan(const query *q, const bounds *b) {
  uint32_t plan = wasql_begin(&out, WASQL_PLAN_RESPONSE_PLAN);
  for (uint32_t i = 0; i < q->conjunct_count; i++)
    if (q->conjuncts[i].exact) wasql_bytes(&out, PLAN_FILTER, q->conjuncts[i].filter);
  wasql_number(&out, PLAN_DIRECTION, q->direction);
  if (q->limit_taken) {
    wasql_number(&out, PLAN_LIMIT, q->limit);
    wasql_number(&out, PLAN_OFFSET, q->offset);
  }
  wasql_float(&out, PLAN_ROWS, q->rows);
  wasql_float(&out, PLAN_ROW_BYTES, q->row_bytes);
  write_explain(&out, PLAN_EXPLAIN, q, b);
  wasql_end(&out, plan);
}

static void write_plan_response(const query *q, const bounds *b) {
  uint32_t bits = uses(q);
  for (uint32_t i = 0; i < q->conjunct_count; i++) {
    const conjunct *c = &q->conjuncts[i];
    uint32_t filter = wasql_begin(&out, WASQL_PLAN_RESPONSE_FILTERS);
    if (c->exact) wasql_number(&out, WASQL_FILTER_ANSWER_USE, WASQL_USE_EXACT);
    if (c->reason) wasql_bytes(&out, WASQL_FILTER_ANSWER_REASON, wasql_string(c->reason));
    wasql_end(&out, filter);
  }
  write_part(WASQL_PLAN_RESPONSE_ORDER, q->order_asked, q->order_taken, "unknown column");
  write_part(WASQL_PLAN_RESPONSE_LIMIT, q->limit_asked, q->limit_taken, "not everything before the limit was taken");
  write_part(WASQL_PLAN_RESPONSE_DISTINCT, q->distinct, q->reads_value, "value is not among the columns");
  write_part(WASQL_PLAN_RESPONSE_AGGREGATION, q->aggregation, false, "series does not aggregate");
  write_part(WASQL_PLAN_RESPONSE_SAMPLE, q->sample, false, "series does not sample");
  write_part(WASQL_PLAN_RESPONSE_JOIN, q->join, false, "series does not join");
  wasql_float(&out, WASQL_PLAN_RESPONSE_ROWS, q->rows);
  wasql_float(&out, WASQL_PLAN_RESPONSE_ROW_BYTES, q->row_bytes);
  wasql_float(&out, WASQL_PLAN_RESPONSE_STARTUP_COST, 0);
  wasql_float(&out, WASQL_PLAN_RESPONSE_COST, q->rows);
  wasql_number(&out, WASQL_PLAN_RESPONSE_UNIQUE, (bits & EQUAL) != 0);
  wasql_number(&out, WASQL_PLAN_RESPONSE_PARTITIONABLE, true);
  write_explain(&out, WASQL_PLAN_RESPONSE_EXPLAIN, q, b);
  wasql_sint(&out, WASQL_PLAN_RESPONSE_INDEX_NUMBER, bits);
  const char *name = bits & EQUAL ? "lookup" : bits & LISTED ? "list" : bits & (LOWER | UPPER) ? "range" : "full";
  wasql_bytes(&out, WASQL_PLAN_RESPONSE_INDEX_NAME, wasql_string(name));
  write_plan(q, b);
}

static int64_t plan_query(query *q) {
  bounds b;
  int64_t wrong = check_table(q->table);
  for (uint32_t i = 0; i < q->conjunct_count && !wrong; i++)
    if (q->conjuncts[i].usable) wrong = claim(q, &q->conjuncts[i]);
  if (!q->order_taken) q->direction = 0;
  q->limit_taken = q->limit_asked && all_taken(q);
  q->row_bytes = 8.0 * q->columns;
  if (!wrong) wrong = read_bounds(q, NULL, &b);
  if (!wrong) wrong = estimate(q, &b);
  if (!wrong) write_plan_response(q, &b);
  return wrong;
}

static int64_t plan(wasql_text request) {
  query q = {0};
  int64_t wrong = read_query(request, &q);
  if (!wrong) wrong = plan_query(&q);
  free_query(&q);
  return wrong;
}

static int64_t explain(wasql_text request) {
  int64_t wrong = check_table(field_text(request, WASQL_EXPLAIN_REQUEST_TABLE));
  wasql_reader r = wasql_read_text(field_text(request, WASQL_EXPLAIN_REQUEST_PLAN));
  if (wrong) return wrong;
  for (wasql_field f; wasql_read_field(&r, &f);)
    if (f.number == PLAN_EXPLAIN) wasql_bytes(&out, WASQL_EXPLAIN_RESPONSE_LINES, f.text);
  return 0;
}

static int64_t partitions(wasql_text request) {
  query q = {0};
  uint32_t wanted = 0;
  int64_t wrong = check_table(field_text(request, WASQL_PARTITIONS_REQUEST_TABLE));
  wasql_reader r = wasql_read_text(request);
  for (wasql_field f; wasql_read_field(&r, &f);)
    if (f.number == WASQL_PARTITIONS_REQUEST_WANTED) wanted = (uint32_t)f.value;
  if (!wrong) wrong = read_plan(field_text(request, WASQL_PARTITIONS_REQUEST_PLAN), &q);
  free_query(&q);
  if (wrong) return wrong;
  if (wanted < 1) wanted = 1;
  if (wanted > PARTITIONS_MAX) wanted = PARTITIONS_MAX;
  double rows = q.rows / wanted;
  for (uint32_t i = 0; i < wanted; i++) {
    uint32_t part = wasql_begin(&out, WASQL_PARTITIONS_RESPONSE_PARTITIONS);
    uint32_t token = wasql_begin(&out, WASQL_PARTITION_TOKEN);
    wasql_write_varint(&out, i);
    wasql_write_varint(&out, wanted);
    wasql_end(&out, token);
    wasql_float(&out, WASQL_PARTITION_ROWS, rows);
    wasql_float(&out, WASQL_PARTITION_BYTES, rows * q.row_bytes);
    uint32_t label = wasql_begin(&out, WASQL_PARTITION_LABEL);
    wasql_write_decimal(&out, i + 1, false);
    write_text(&out, "/");
    wasql_write_decimal(&out, wanted, false);
    wasql_end(&out, label);
    wasql_end(&out, part);
  }
  return 0;
}

/* ---- Scans ---- */

typedef struct scan {
  struct scan *next;
  uint32_t handle, batch_rows;
  uint64_t batch_bytes;
  wasql_writer request; /* a copy of OPEN_SCAN, for RESCAN */
  wasql_text plan, partition;
  uint32_t *columns, column_count;
  sequence rows;
  bounds bounds;
  uint64_t position;
  bool done;
  int64_t *values;     /* of the batch */
  uint32_t values_max; /* rows that fit */
  wasql_batch header;
  wasql_column *descriptors;
} scan;

static scan *scans;
static uint32_t handles;

static scan *find_scan(uint32_t handle) {
  for (scan *s = scans; s; s = s->next)
    if (s->handle == handle) return s;
  return NULL;
}

static void free_scan(scan *s) {
  wasql_put(s->request.bytes);
  wasql_put(s->columns);
  wasql_put(s->rows.list);
  wasql_put(s->values);
  wasql_put(s->descriptors);
  wasql_put(s);
}

static int64_t read_params(wasql_text request, uint32_t field, params *p) {
  uint32_t count = count_field(request, field);
  p->values = wasql_get(count * (uint32_t)sizeof(number) + 1);
  if (!p->values) return no_memory();
  wasql_reader r = wasql_read_text(request);
  for (wasql_field f; wasql_read_field(&r, &f);)
    if (f.number == field) p->values[p->count++] = read_value(f.text);
  return 0;
}

/* check_values refuses params of value that turned out to be no numbers, or never came. */
static int64_t check_values(const query *q, const params *known) {
  number n;
  for (uint32_t i = 0; i < q->conjunct_count; i++)
    for (walk w = walk_operands(&q->conjuncts[i]); next_operand(&w, &n);) {
      int64_t wrong = settle(&n, known);
      if (wrong) return wrong;
      if (q->conjuncts[i].column == VALUE && n.kind == OTHER)
        return fail_in(WASQL_CODE_INVALID_ARGUMENT, not_whole[VALUE], VALUE, NULL, NULL);
    }
  return 0;
}

/* start works out the rows of a run. */
static int64_t start(scan *s, const params *known) {
  query q = {0};
  wasql_put(s->rows.list);
  wasql_zero(&s->rows, sizeof s->rows);
  s->position = 0, s->done = true;
  int64_t wrong = read_plan(s->plan, &q);
  if (!wrong) wrong = check_values(&q, known);
  if (!wrong) wrong = read_bounds(&q, known, &s->bounds);
  if (!wrong) wrong = narrowed(&q, &s->bounds, known, &s->rows);
  if (!wrong && !s->rows.empty && q.direction && (q.direction == ASCENDING) != up(&s->bounds)) {
    if (s->rows.listed) reverse(s->rows.list, s->rows.last + 1);
    else s->rows.first = at(&s->rows, s->rows.last), s->rows.stride = 0 - s->rows.stride;
  }
  if (!wrong) limited(&s->rows, q.limit, q.offset);
  if (!wrong && s->partition.len) {
    wasql_reader token = wasql_read_text(s->partition);
    uint64_t i = wasql_read_varint(&token), of = wasql_read_varint(&token);
    if (token.bad || i >= of) wrong = fail(WASQL_CODE_INVALID_ARGUMENT, "the partition was not made by series");
    else piece(&s->rows, i, of);
  }
  free_query(&q);
  s->done = wrong || s->rows.empty;
  return wrong;
}

static int64_t read_scan(scan *s) {
  wasql_text request = {(const char *)s->request.bytes, s->request.len};
  uint32_t column, room = 0;
  int64_t wrong = check_table(field_text(request, WASQL_OPEN_SCAN_REQUEST_TABLE));
  if (wrong) return wrong;
  wasql_reader r = wasql_read_text(request);
  for (wasql_field f; wasql_read_field(&r, &f);) room += f.number == WASQL_OPEN_SCAN_REQUEST_COLUMNS ? f.text.len + 1 : 0;
  s->columns = wasql_get(4 * room + 4);
  if (!s->columns) return no_memory();
  r = wasql_read_text(request);
  for (wasql_field f; wasql_read_field(&r, &f);) switch (f.number) {
      case WASQL_OPEN_SCAN_REQUEST_PLAN: s->plan = f.text; break;
      case WASQL_OPEN_SCAN_REQUEST_PARTITION: s->partition = f.text; break;
      case WASQL_OPEN_SCAN_REQUEST_BATCH_ROWS: s->batch_rows = (uint32_t)f.value; break;
      case WASQL_OPEN_SCAN_REQUEST_BATCH_BYTES: s->batch_bytes = f.value; break;
      case WASQL_OPEN_SCAN_REQUEST_COLUMNS:
        for (numbers n = numbers_of(&f); next_number(&n, &column);) {
          if (column >= COLUMNS) return fail(WASQL_CODE_INVALID_ARGUMENT, "series has four columns");
          s->columns[s->column_count++] = column;
        }
    }
  if (r.bad) return bad_request();
  s->descriptors = wasql_get((s->column_count + 1) * (uint32_t)sizeof(wasql_column));
  return s->descriptors ? 0 : no_memory();
}

static int64_t open_scan(wasql_text request) {
  params known = {0};
  scan *s = wasql_get(sizeof *s);
  if (!s) return no_memory();
  wasql_zero(s, sizeof *s);
  wasql_write_raw(&s->request, request.at, request.len);
  int64_t wrong = s->request.bad ? no_memory() : read_scan(s);
  if (!wrong) wrong = read_params(request, WASQL_OPEN_SCAN_REQUEST_PARAMS, &known);
  if (!wrong) wrong = start(s, &known);
  wasql_put(known.values);
  if (wrong) {
    free_scan(s);
    return wrong;
  }
  s->handle = ++handles, s->next = scans, scans = s;
  wasql_number(&out, WASQL_OPEN_SCAN_RESPONSE_SCAN, s->handle);
  for (uint32_t i = 0; i < s->column_count; i++) {
    uint32_t column = wasql_begin(&out, WASQL_OPEN_SCAN_RESPONSE_COLUMNS);
    wasql_number(&out, WASQL_SCAN_COLUMN_COLUMN, s->columns[i]);
    wasql_number(&out, WASQL_SCAN_COLUMN_TYPE, WASQL_TYPE_INT64);
    wasql_end(&out, column);
  }
  return 0;
}

static int64_t rescan(wasql_text request) {
  params known = {0};
  uint32_t handle = 0;
  wasql_reader r = wasql_read_text(request);
  for (wasql_field f; wasql_read_field(&r, &f);)
    if (f.number == WASQL_RESCAN_REQUEST_SCAN) handle = (uint32_t)f.value;
  scan *s = find_scan(handle);
  if (!s) return fail(WASQL_CODE_BAD_HANDLE, "there is no such scan");
  int64_t wrong = read_params(request, WASQL_RESCAN_REQUEST_PARAMS, &known);
  if (!wrong) wrong = start(s, &known);
  wasql_put(known.values);
  return wrong;
}

/* fill computes the next n numbers into values. */
static void fill(scan *s, uint32_t n) {
  if (s->rows.listed) {
    wasql_copy(s->values, s->rows.list + s->rows.from + s->position, 8 * (size_t)n);
    return;
  }
  uint64_t x = (uint64_t)at(&s->rows, s->position), stride = s->rows.stride;
  for (uint32_t i = 0; i < n; i++, x += stride) s->values[i] = (int64_t)x;
}

/* layout describes the columns of a batch. Without encoding constant, the arguments are spread out behind values. */
static void layout(scan *s, uint32_t n) {
  int64_t *spread = s->values + s->values_max;
  for (uint32_t i = 0; i < s->column_count; i++) {
    uint32_t column = s->columns[i];
    if (column == VALUE) {
      wasql_set_fixed(&s->descriptors[i], WASQL_TYPE_INT64, s->values, 8 * n);
    } else if (constants) {
      wasql_set_constant(&s->descriptors[i], WASQL_TYPE_INT64, &s->bounds.at[column], 8);
    } else {
      int64_t *to = spread + (size_t)(column - START) * s->values_max;
      for (uint32_t row = 0; row < n; row++) to[row] = s->bounds.at[column];
      wasql_set_fixed(&s->descriptors[i], WASQL_TYPE_INT64, to, 8 * n);
    }
  }
}

#define ROWS_MAX 65536u

static bool make_room(scan *s, uint32_t rows) {
  if (rows <= s->values_max) return true;
  wasql_put(s->values);
  s->values = wasql_get(8 * COLUMNS * rows), s->values_max = s->values ? rows : 0;
  return s->values != NULL;
}

/* ---- Exports ---- */

WASQL_EXPORT(wasql_abi_v1) int64_t wasql_abi_v1(void) { return WASQL_MINOR; }

WASQL_EXPORT(wasql_alloc) int64_t wasql_alloc(uint32_t size, uint32_t align) {
  if (align == 0 || align > 64 || (align & (align - 1))) return 0;
  return wasql_ptr(wasql_get(size));
}

typedef int64_t operation(wasql_text request);

static operation *find_operation(int32_t op) {
  switch (op) {
    case WASQL_OP_HELLO: return hello;
    case WASQL_OP_LAST_ERROR: return last_error;
    case WASQL_OP_CONFIGURE: return configure;
    case WASQL_OP_LIST: return list;
    case WASQL_OP_DESCRIBE: return describe;
    case WASQL_OP_PLAN: return plan;
    case WASQL_OP_PARTITIONS: return partitions;
    case WASQL_OP_OPEN_SCAN: return open_scan;
    case WASQL_OP_RESCAN: return rescan;
    case WASQL_OP_EXPLAIN: return explain;
    default: return NULL;
  }
}

WASQL_EXPORT(wasql_call) int64_t wasql_call(int32_t op, void *request, uint32_t len) {
  operation *serve = find_operation(op);
  wasql_text text = {request, len};
  wasql_reset(&out);
  int64_t wrong = serve ? serve(text) : fail(WASQL_CODE_UNIMPLEMENTED, "series does not have this operation");
  if (len) wasql_put(request); /* what the host wrote is ours, and used up */
  if (wrong) return wrong;
  if (out.bad) return no_memory();
  return wasql_answer(&out, &answer);
}

WASQL_EXPORT(wasql_next) int64_t wasql_next(uint32_t handle, uint32_t rows_max, uint32_t bytes_max) {
  scan *s = find_scan(handle);
  if (!s) return fail(WASQL_CODE_BAD_HANDLE, "there is no such scan");
  if (s->done) return 0;
  if (s->batch_rows && s->batch_rows < rows_max) rows_max = s->batch_rows;
  if (s->batch_bytes && s->batch_bytes < bytes_max) bytes_max = (uint32_t)s->batch_bytes;
  if (!rows_max) return fail(WASQL_CODE_INVALID_ARGUMENT, "a batch of 0 rows is asked for");
  if (rows_max > ROWS_MAX) rows_max = ROWS_MAX;
  if (s->column_count && rows_max > bytes_max / (8 * s->column_count)) rows_max = bytes_max / (8 * s->column_count);
  if (!rows_max) rows_max = 1;
  uint64_t left = s->rows.last - s->position;
  uint32_t n = left < rows_max ? (uint32_t)left + 1 : rows_max;
  if (s->column_count) {
    if (!make_room(s, rows_max)) return no_memory();
    fill(s, n);
    layout(s, n);
  }
  wasql_begin_batch(&s->header, s->descriptors, s->column_count, n);
  s->done = left < n;
  if (s->done) s->header.flags = WASQL_FLAG_LAST;
  s->position += n;
  return wasql_ptr(&s->header);
}

WASQL_EXPORT(wasql_release) int64_t wasql_release(uint32_t handle, int64_t lease) {
  (void)handle, (void)lease; /* batches have no lease */
  return 0;
}

WASQL_EXPORT(wasql_write) int64_t wasql_write(uint32_t handle, uint32_t batch) {
  (void)handle, (void)batch;
  return fail(WASQL_CODE_READ_ONLY, "series cannot be written");
}

WASQL_EXPORT(wasql_close) int64_t wasql_close(uint32_t handle) {
  for (scan **link = &scans; *link; link = &(*link)->next)
    if ((*link)->handle == handle) {
      scan *s = *link;
      *link = s->next;
      free_scan(s);
      return 0;
    }
  return 0;
}
