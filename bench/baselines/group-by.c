/* Limit for keyed aggregation: count, sum, min, max of a double by a u64 key, F14-like 64-byte chunks in three passes over
 * 2048-row vectors, rows of 64 bytes. usage: group-by GROUPS ROWS ROUNDS → one line: groups ns-per-row checksum */
#include <immintrin.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define VECTOR 2048
typedef struct { uint64_t key; int64_t count; double sum, min, max; uint64_t pad[3]; } row_t;
typedef struct { uint8_t tag[16]; uint32_t row[12]; } chunk_t;

static chunk_t *chunks;
static uint64_t chunk_mask;
static row_t *rows;
static uint32_t used;

static uint64_t hash(uint64_t key) {
  __uint128_t p = (__uint128_t)(key ^ 0x2d358dccaa6c78a5u) * 0x8bb84b93962eacc9u;
  return (uint64_t)p ^ (uint64_t)(p >> 64);
}

static uint32_t find_or_add(uint64_t h, uint64_t key) {
  const uint8_t tag = (uint8_t)(h >> 56) | 0x80;
  for (uint64_t c = h & chunk_mask;; c = (c + 1) & chunk_mask) {
    const __m128i tags = _mm_load_si128((const __m128i *)chunks[c].tag);
    uint32_t match = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(tags, _mm_set1_epi8((char)tag))) & 0xfff;
    for (; match; match &= match - 1) {
      const uint32_t row = chunks[c].row[__builtin_ctz(match)];
      if (rows[row].key == key) return row;
    }
    const uint32_t empty = ~(uint32_t)_mm_movemask_epi8(tags) & 0xfff;
    if (empty) {
      const int slot = __builtin_ctz(empty);
      row_t *row = &rows[used];
      row->key = key, row->count = 0, row->sum = 0, row->min = INFINITY, row->max = -INFINITY;
      chunks[c].tag[slot] = tag, chunks[c].row[slot] = used;
      return used++;
    }
  }
}

static void vector(const uint64_t *keys, const double *values) {
  static uint64_t h[VECTOR];
  static uint32_t id[VECTOR], miss[VECTOR];
  for (int i = 0; i < VECTOR; i++) h[i] = hash(keys[i]);
  for (int i = 0; i < VECTOR; i++) {
    const chunk_t *c = &chunks[h[i] & chunk_mask];
    const __m128i tags = _mm_load_si128((const __m128i *)c->tag);
    const uint32_t m = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(tags, _mm_set1_epi8((char)((h[i] >> 56) | 0x80)))) & 0xfff;
    id[i] = m ? c->row[__builtin_ctz(m)] : 0;
  }
  int misses = 0;
  for (int i = 0; i < VECTOR; i++) miss[misses] = (uint32_t)i, misses += rows[id[i]].key != keys[i];
  for (int j = 0; j < misses; j++) id[miss[j]] = find_or_add(h[miss[j]], keys[miss[j]]);
  for (int i = 0; i < VECTOR; i++) {
    row_t *row = &rows[id[i]];
    const double v = values[i];
    row->count++, row->sum += v;
    row->min = v < row->min ? v : row->min, row->max = v > row->max ? v : row->max;
  }
}

int main(int argc, char **argv) {
  if (argc < 4) return 2;
  const uint64_t groups = strtoull(argv[1], 0, 10), count = strtoull(argv[2], 0, 10) / VECTOR * VECTOR;
  const int rounds = atoi(argv[3]);
  uint64_t *keys = aligned_alloc(64, count * 8), x = 88172645463325252u, n = 1;
  double *values = aligned_alloc(64, count * 8);
  for (uint64_t i = 0; i < count; i++) {
    x ^= x << 13, x ^= x >> 7, x ^= x << 17;
    keys[i] = ((x >> 32) * groups) >> 32, values[i] = (double)(x & 0xffff);
  }
  while (n * 9 < groups) n <<= 1;
  chunk_mask = n - 1, chunks = aligned_alloc(64, n * sizeof *chunks), rows = aligned_alloc(64, (groups + 2) * sizeof *rows);
  double best = 1e300;
  for (int round = 0; round < rounds; round++) {
    memset(chunks, 0, n * sizeof *chunks), used = 1, rows[0].key = UINT64_MAX;
    struct timespec a, b;
    for (int warm = 0; warm < 2; warm++) {
      clock_gettime(CLOCK_MONOTONIC, &a);
      for (uint64_t i = 0; i < count; i += VECTOR) vector(keys + i, values + i);
      clock_gettime(CLOCK_MONOTONIC, &b);
    }
    const double took = (double)(b.tv_sec - a.tv_sec) * 1e9 + (double)(b.tv_nsec - a.tv_nsec);
    if (took < best) best = took;
  }
  double sum = 0;
  for (uint32_t i = 1; i < used; i++) sum += rows[i].sum;
  printf("%u %.3f %.0f\n", used - 1, best / (double)count, sum / 2);
  return 0;
}
