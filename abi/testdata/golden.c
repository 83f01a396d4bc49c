/*
** golden.c reads messages with wasql.h and writes them again, natively; abi/pb/header_test.go drives it.
**
** Input: first lines "message NUMBER CHILD" of the fields that hold messages, then an empty line, then lines
** "message case hex". Output: the same golden lines, written by the header. Any message that is refused, or any
** truncated one that is not, ends the program with 1.
*/
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The header's heap grows the module's memory; here it has what arena has. */
#define __builtin_wasm_memory_size(memory) (((uintptr_t)arena + sizeof arena) >> 16)
#define __builtin_wasm_memory_grow(memory, pages) ((void)(pages), (uint32_t)-1)
static _Alignas(64) unsigned char arena[16 << 20];

#include "wasql.h"

unsigned char __heap_base; /* never allocated from: main points the heap at arena */

#define NAME 64

typedef struct nested {
  char message[NAME], child[NAME];
  unsigned number;
} nested;

static nested fields[1024];
static int fields_len;

static void fail(const char *message, const char *what) {
  fprintf(stderr, "%s: %s\n", message, what);
  exit(1);
}

static const char *child_of(const char *message, uint32_t number) {
  for (int i = 0; i < fields_len; i++)
    if (fields[i].number == number && !strcmp(fields[i].message, message)) return fields[i].child;
  return NULL;
}

/* again writes the fields of a message as they were read, messages in messages too. */
static void again(const char *message, wasql_reader r, wasql_writer *w) {
  wasql_field f;
  while (wasql_read_field(&r, &f)) {
    const char *child = child_of(message, f.number);
    if (f.wire == 0) {
      wasql_number(w, f.number, f.value);
    } else if (f.wire == 1) {
      wasql_float(w, f.number, wasql_double(f.value));
    } else if (f.wire == 2 && !child && f.text.len) {
      wasql_bytes(w, f.number, f.text);
    } else if (f.wire == 2) { /* a message, or an empty text, which wasql_bytes leaves out */
      uint32_t mark = wasql_begin(w, f.number);
      if (child) again(child, wasql_read_text(f.text), w);
      wasql_end(w, mark);
    } else {
      fail(message, "wire type that no message has");
    }
  }
  if (r.bad) fail(message, "refused");
  if (r.at != r.end) fail(message, "not read to its end");
}

/* truncate_all checks that a message cut anywhere but between two fields is refused. */
static void truncate_all(const char *message, const uint8_t *bytes, uint32_t len) {
  wasql_field f;
  wasql_reader whole = wasql_read(bytes, len);
  for (uint32_t cut = 0; cut < len; cut++) {
    while ((uint32_t)(whole.at - bytes) < cut && wasql_read_field(&whole, &f)) {}
    bool between = whole.at == bytes + cut;
    wasql_reader part = wasql_read(bytes, cut);
    while (wasql_read_field(&part, &f)) {}
    if (part.bad == between) fail(message, between ? "refused between two fields" : "truncated, and not refused");
    if (part.at > part.end) fail(message, "read past the end");
  }
}

static uint32_t from_hex(const char *message, const char *hex, uint8_t *to) {
  uint32_t len = 0;
  unsigned byte;
  if (!strcmp(hex, "-")) return 0;
  for (; *hex; hex += 2) {
    if (sscanf(hex, "%2x", &byte) != 1) fail(message, "not hex");
    to[len++] = (uint8_t)byte;
  }
  return len;
}

int main(void) {
  static char line[1 << 16], message[NAME], name[NAME], hex[1 << 16];
  static uint8_t bytes[1 << 15];
  wasql_the_heap.top = (uintptr_t)arena;
  while (fgets(line, sizeof line, stdin) && line[0] != '\n') {
    nested *f = &fields[fields_len++];
    if (fields_len == 1024 || sscanf(line, "%63s %u %63s", f->message, &f->number, f->child) != 3) fail(line, "not a field");
  }
  wasql_writer w = {0};
  while (fgets(line, sizeof line, stdin)) {
    if (sscanf(line, "%63s %63s %65535s", message, name, hex) != 3) fail(line, "not a golden line");
    uint32_t len = from_hex(message, hex, bytes);
    wasql_reset(&w);
    again(message, wasql_read(bytes, len), &w);
    if (w.bad) fail(message, "no memory to write");
    truncate_all(message, bytes, len);
    printf("%s %s ", message, name);
    for (uint32_t i = 0; i < w.len; i++) printf("%02x", w.bytes[i]);
    puts(w.len ? "" : "-");
  }
  return 0;
}
