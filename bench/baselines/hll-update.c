/* Baseline: one value into one of many dense HyperLogLog sketches of lgK 12, as fast as C does it: MurmurHash3 of the value,
 * then the maximum into its register. Values 0, 1, 2 ...; value v goes to sketch v mod SKETCHES.
 * usage: hll-update SKETCHES WARM ROWS ROUNDS -> "nanoseconds a value, sum of all estimates (Ertl 2017, rounded)" */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define REGISTERS 4096

static inline uint64_t rotl(uint64_t x, int by) { return x << by | x >> (64 - by); }

static inline uint64_t mix(uint64_t h) {
  h = (h ^ h >> 33) * 0xff51afd7ed558ccdULL;
  h = (h ^ h >> 33) * 0xc4ceb9fe1a85ec53ULL;
  return h ^ h >> 33;
}

static inline void update(uint8_t *sketch, uint64_t value) {
  uint64_t h1 = 9001 ^ rotl(value * 0x87c37b91114253d5ULL, 31) * 0x4cf5ad432745937fULL ^ 8, h2 = 9001 ^ 8;
  h1 += h2;
  h2 += h1;
  h1 = mix(h1);
  h2 = mix(h2);
  h1 += h2;
  h2 += h1;
  const int zeros = h2 == 0 ? 64 : __builtin_clzll(h2);
  const uint8_t rank = (uint8_t)((zeros > 62 ? 62 : zeros) + 1);
  uint8_t *at = sketch + (h1 & (REGISTERS - 1));
  *at = *at > rank ? *at : rank;
}

static double estimate(const uint8_t *sketch) {
  uint32_t histogram[64] = {0};
  for (int i = 0; i < REGISTERS; i++) histogram[sketch[i]]++;
  const double m = REGISTERS;
  double z = 0; /* No register is full here: tau(1) is 0. */
  for (int k = 62; k >= 1; k--) z = 0.5 * (z + histogram[k]);
  double x = histogram[0] / m, y = 1, sigma = x, before;
  do {
    x *= x;
    before = sigma;
    sigma += x * y;
    y += y;
  } while (sigma != before);
  z += m * sigma;
  return 0.7213475204444817 * m * m / z;
}

static double now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

int main(int count, char **args) {
  if (count != 5) return 2;
  const uint64_t sketches = strtoull(args[1], 0, 10), warm = strtoull(args[2], 0, 10), rows = strtoull(args[3], 0, 10);
  uint8_t *registers = calloc(sketches, REGISTERS);
  uint8_t **rows_of = malloc(rows * sizeof *rows_of);
  if (registers == NULL || rows_of == NULL) return 1;
  uint64_t next = 0;
  for (; next < warm; next++) update(registers + next % sketches * REGISTERS, next);
  double least = 1e300;
  for (int round = atoi(args[4]); round > 0; round--, next += rows) {
    for (uint64_t i = 0; i < rows; i++) rows_of[i] = registers + (next + i) % sketches * REGISTERS;
    const double start = now_ms();
    for (uint64_t i = 0; i < rows; i++) update(rows_of[i], next + i);
    const double took = now_ms() - start;
    least = took < least ? took : least;
  }
  long long sum = 0;
  for (uint64_t i = 0; i < sketches; i++) sum += llrint(estimate(registers + i * REGISTERS));
  printf("%.3f %lld\n", least / rows * 1e6, sum);
  return 0;
}
