"""Baseline: Apache DataSketches' C++ library through its Python package, one call a merge. Sketch i of the one side holds the
integers from i x 2000, of the other side from i x 2000 + 700, 1000 each; the second is merged into the first.
usage: python -P datasketches.py SKETCHES ROUNDS -> "nanoseconds a merge, sum of all registers"
"""
import sys
import time

from datasketches import hll_sketch, hll_union, tgt_hll_type

count, rounds = int(sys.argv[1]), int(sys.argv[2])


def sketch(start):
    made = hll_sketch(12, tgt_hll_type.HLL_8)
    for value in range(start, start + 1000):
        made.update(value)
    return made


unions = []
for i in range(count):
    union = hll_union(12)
    union.update(sketch(i * 2000))
    unions.append(union)
others = [sketch(i * 2000 + 700) for i in range(count)]
least = float("inf")
for _ in range(rounds):
    start = time.perf_counter()
    for union, other in zip(unions, others):
        union.update(other)
    least = min(least, time.perf_counter() - start)
registers = sum(sum(union.get_result(tgt_hll_type.HLL_8).serialize_compact()[40:]) for union in unions)
print(least / count * 1e9, registers)
