/** The JSON decoder on JSONTestSuite: y_ is accepted, n_ refused; what we say to i_ stands in a table. */
import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { TestDecoder } from "../kernel/decode-harness.ts";
import { STRING } from "../kernel/harness.ts";

const folder = join(import.meta.dir, "..", "..", "..", "shared", "data", "json-test-suite", "test_parsing");
const present = existsSync(folder);
if (!present) console.log(`skipped: JSONTestSuite (${folder} is not there)`);

/** Accepted: everything JSON.parse takes after a fatal UTF-8 decoding, lone surrogate escapes and huge numbers included. */
const accepted: ReadonlySet<string> = new Set([
  "i_number_double_huge_neg_exp.json",
  "i_number_huge_exp.json",
  "i_number_neg_int_huge_exp.json",
  "i_number_pos_double_huge_exp.json",
  "i_number_real_neg_overflow.json",
  "i_number_real_pos_overflow.json",
  "i_number_real_underflow.json",
  "i_number_too_big_neg_int.json",
  "i_number_too_big_pos_int.json",
  "i_number_very_big_negative_int.json",
  "i_object_key_lone_2nd_surrogate.json",
  "i_string_1st_surrogate_but_2nd_missing.json",
  "i_string_1st_valid_surrogate_2nd_invalid.json",
  "i_string_incomplete_surrogate_and_escape_valid.json",
  "i_string_incomplete_surrogate_pair.json",
  "i_string_incomplete_surrogates_escape_valid.json",
  "i_string_invalid_lonely_surrogate.json",
  "i_string_invalid_surrogate.json",
  "i_string_inverted_surrogates_U+1D11E.json",
  "i_string_lone_second_surrogate.json",
  "i_structure_500_nested_arrays.json",
  "i_structure_UTF-8_BOM_empty_object.json",
]);

const BAD_NOT_OBJECT = 18;
const decoder = new TestDecoder([{ path: ["a"], type: STRING }]);

/** Whether the text is JSON; text that is no object is bad, but not malformed. */
function isAccepted(bytes: Uint8Array): boolean {
  const { rows, bad, counters } = decoder.run([bytes]);
  if (bad.length > 0) return bad.every(({ reason }) => reason >= BAD_NOT_OBJECT);
  return rows.length > 0 || counters.skipped > skippedBefore(counters.skipped);
}

let skipped = 0;

/** An empty array is skipped too; an empty text is skipped without being JSON, which the caller knows. */
function skippedBefore(now: number): number {
  const before = skipped;
  skipped = now;
  return before;
}

const files = present ? readdirSync(folder).sort() : [];
const read = (file: string): Uint8Array => new Uint8Array(readFileSync(join(folder, file)));

/** A text without a value is no JSON, and is skipped as an empty message. */
function isBlank(bytes: Uint8Array): boolean {
  return /^[ \t\r\n]*$/.test(new TextDecoder().decode(bytes));
}

describe.skipIf(!present)("JSONTestSuite", () => {
  test("has the files the counts below are about", () => {
    const count = (letter: string) => files.filter((file) => file.startsWith(`${letter}_`)).length;
    expect([count("y"), count("n"), count("i")]).toEqual([95, 188, 35]);
  });

  test("what must be accepted is accepted", () => {
    const refused = files.filter((file) => file.startsWith("y_") && !isAccepted(read(file)));
    expect(refused).toEqual([]);
  });

  test("what must be refused is refused", () => {
    const taken = files.filter((file) => file.startsWith("n_") && !isBlank(read(file)) && isAccepted(read(file)));
    expect(taken).toEqual([]);
  });

  test("what may be either is as our table says, which is what JSON.parse says", () => {
    for (const file of files.filter((name) => name.startsWith("i_"))) {
      const bytes = read(file);
      expect({ file, accepted: isAccepted(bytes) }).toEqual({ file, accepted: accepted.has(file) });
      expect({ file, parsed: isParsed(bytes) }).toEqual({ file, parsed: accepted.has(file) });
    }
  });
});

function isParsed(bytes: Uint8Array): boolean {
  try {
    JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    return true;
  } catch {
    return false;
  }
}
