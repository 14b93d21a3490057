/**
 * Where a record stops being JSON: every message spelt out once, positions against JSON.parse of Node 20 over JSONTestSuite and
 * random mutations. A tenth of MILLRACE_FUZZ is how many; a failure prints its seed.
 */
import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describeJsonValue, findJsonFault, findUtf8Fault, splitJsonArray } from "../../src/formats/json-fault.ts";
import { mutate, randomFields, randomRecords } from "../kernel/decode-random.ts";
import { random } from "../kernel/harness.ts";
import { nodeOfPositions, nodePositions } from "./node-positions.ts";

const CASES = Number(process.env.MILLRACE_FUZZ ?? 200_000) / 10;
const FIRST_SEED = Number(process.env.MILLRACE_FUZZ_SEED ?? 1);

const suite = join(import.meta.dir, "..", "..", "..", "shared", "data", "json-test-suite", "test_parsing");
if (!existsSync(suite)) console.log(`skipped: positions over JSONTestSuite (${suite} is not there)`);
const node = nodeOfPositions();
if (node === null) console.log("skipped: positions against Node (there is no node of version 20)");

const utf8 = new TextEncoder();
const faultOf = (text: string): string | null => {
  const fault = findJsonFault(utf8.encode(text));
  return fault && `${fault.at}: ${fault.message}`;
};

/** The text JSON.parse would be given; null where there is none, as the bytes are no UTF-8. */
function textOf(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

function isParsed(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe("the fault of a record", () => {
  const cases: readonly (readonly [text: string, fault: string | null])[] = [
    ['{"a":1}', null],
    ['\ufeff {"a":[1,{"b":null}]} \r\n', null],
    ['{"user_id":1x}', '12: expected "," or "}" after the value of "user_id", found "x"'],
    ['{"user":{"id":1 "b":2}}', `16: expected "," or "}" after the value of "user.id", found '"'`],
    ['{"a":[1,2 3]}', '10: expected "," or "]" after an array element, found "3"'],
    ['{"a":[1,]}', '8: expected an array element, found "]"'],
    ['{"a":[}', '6: expected a value or "]", found "}"'],
    ['{"a":1,}', '7: expected a key in double quotes after ",", found "}"'],
    ["{'a':1}", `1: expected a key in double quotes or "}", found "'"`],
    ["{a:1}", '1: expected a key in double quotes or "}", found "a"'],
    ['{"a" 1}', '5: expected ":" after the key "a", found "1"'],
    ['{"a":}', '5: expected a value for "a", found "}"'],
    ['{"a":undefined}', '5: expected a value for "a", found "undefined"'],
    ['{"a":NaN}', '5: expected a value for "a", found "NaN"'],
    ['{"a":nul}', '8: expected the word null, found "}"'],
    ['{"a":True}', '5: expected a value for "a", found "True"'],
    ['{"a":01}', '6: expected no digit after a leading 0, found "1"'],
    ['{"a":-}', '6: expected a digit after "-", found "}"'],
    ['{"a":1.}', '7: expected a digit after the decimal point, found "}"'],
    ['{"a":1e+}', '8: expected a digit in the exponent, found "}"'],
    ['{"a":"b', "7: expected the closing quote of the string that begins at byte 5, found the end of the record"],
    ['{"a":"\t"}', '6: expected no bare control character in a string, found "\t"'],
    ['{"a":"\\x"}', '7: expected one of " \\ / b f n r t u after a backslash, found "x"'],
    ['{"a":"\\u12g4"}', '10: expected four hexadecimal digits after "\\u", found "g4"'],
    ['{"a":1', '6: expected "," or "}" after the value of "a", found the end of the record'],
    ['{"a":1}{"a":2}', '7: expected the end of the record, found "{"'],
    ["nonsense", '1: expected the word null, found "onsense"'],
    ["", "0: expected a JSON value, found the end of the record"],
    ['{"é":1 ü}', '8: expected "," or "}" after the value of "é", found "ü"'],
    ['[{"a":1},{"b":[0,{"c":1;}]}]', '23: expected "," or "}" after the value of "[1].b[1].c", found ";"'],
  ];
  test.each(cases)("%p", (text, fault) => {
    expect(faultOf(text)).toBe(fault);
  });

  test("is found 10^5 and 10^7 levels deep, and the message stays short", () => {
    for (const depth of [1e5, 1e7]) {
      const fault = findJsonFault(utf8.encode(`${"[".repeat(depth)}1 2`));
      expect(fault?.at).toBe(depth + 2);
      expect(fault?.message.length).toBeLessThan(200);
    }
  });

  test("cuts long keys and words at a character", () => {
    const fault = faultOf(`{"${"é".repeat(500_000)}":${"z".repeat(1000)}}`);
    expect(fault).toBe(`1000004: expected a value for "${"é".repeat(32)}…", found "${"z".repeat(24)}…"`);
  });
});

describe("bytes that are not UTF-8", () => {
  const cases: readonly (readonly [bytes: number[], at: number | null])[] = [
    [[0x7b, 0xc3, 0xa9], null],
    [[0xf0, 0x9f, 0x98, 0x80, 0xed, 0x9f, 0xbf, 0xf4, 0x8f, 0xbf, 0xbf], null],
    [[0x22, 0x80], 1],
    [[0xc0, 0xaf], 0],
    [[0xe0, 0x9f, 0xbf], 0],
    [[0xed, 0xa0, 0x80], 0],
    [[0xf0, 0x8f, 0xbf, 0xbf], 0],
    [[0xf4, 0x90, 0x80, 0x80], 0],
    [[0x61, 0xe2, 0x82], 1],
    [[0xff], 0],
  ];
  test.each(cases)("%p", (bytes, at) => {
    expect(findUtf8Fault(new Uint8Array(bytes))?.at ?? null).toBe(at);
  });

  test("are found exactly where a fatal decoder finds any", () => {
    const next = random(FIRST_SEED);
    for (let i = 0; i < CASES; i++) {
      const bytes = Uint8Array.from({ length: 1 + Math.floor(next() * 6) }, () => Math.floor(next() ** 0.5 * 256));
      const fault = findUtf8Fault(bytes);
      const good = fault === null ? bytes : bytes.subarray(0, fault.at);
      expect({ seed: FIRST_SEED, bytes: bytes.toHex(), isText: textOf(good) !== null }).toMatchObject({ isText: true });
      if (fault !== null) expect(textOf(bytes)).toBeNull();
    }
  });
});

describe("a value of a record", () => {
  const record = utf8.encode('[{"a":1},{"user":{"ids":[7,"x\\"y" ,{"k":[1,2]}]}}]');
  const at = (text: string): number => new TextDecoder().decode(record).indexOf(text);
  test("has a path and its text", () => {
    expect(describeJsonValue(record, at("7"))).toEqual({ path: "[1].user.ids[0]", text: "7" });
    expect(describeJsonValue(record, at('"x'))).toEqual({ path: "[1].user.ids[1]", text: '"x\\"y"' });
    expect(describeJsonValue(record, at('{"k"'))).toEqual({ path: "[1].user.ids[2]", text: '{"k":[1,2]}' });
    expect(describeJsonValue(record, 0).path).toBe("");
  });

  test("has no path behind a fault or where no value begins", () => {
    expect(describeJsonValue(record, at('"user"'))).toEqual({ path: null, text: '"user"' });
    expect(describeJsonValue(utf8.encode('{"a":x,"b":12}'), 11)).toEqual({ path: null, text: "12" });
  });

  test("is cut when it is long", () => {
    const text = describeJsonValue(utf8.encode(`{"a":"${"x".repeat(1e6)}"}`), 5).text;
    expect(text.length).toBe(81);
    expect(describeJsonValue(utf8.encode(`{"a":[${"1,".repeat(1e6)}1]}`), 5).text).toHaveLength(81);
  });
});

describe("a top-level array", () => {
  const split = (text: string) => splitJsonArray(utf8.encode(text))?.map((bytes) => new TextDecoder().decode(bytes));
  test("is split at its own commas only", () => {
    expect(split('[{"a":[1,2]}, "x,\\"]" ,[[],{}]]\n')).toEqual(['{"a":[1,2]}', ' "x,\\"]" ', "[[],{}]"]);
    expect(split("\ufeff [1]")).toEqual(["1"]);
    expect(split('{"a":[1]}')).toBeUndefined();
  });
});

interface Sample {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** A leading mark is no part of what JSON.parse is given, and three bytes of the record. */
function compareWithNode(samples: readonly Sample[]): void {
  const texts = samples.map(({ bytes }) => textOf(bytes) ?? "");
  const positions = nodePositions(node as string, texts);
  samples.forEach(({ name, bytes }, index) => {
    const mark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
    const position = positions[index] as number;
    const at = findJsonFault(bytes)?.at ?? -1;
    const want = position < 0 ? -1 : position + mark;
    if (at !== want) expect({ name, text: texts[index], at }).toEqual({ name, text: texts[index], at: want });
  });
}

describe("positions", () => {
  test.skipIf(node === null || !existsSync(suite))("are those of Node over JSONTestSuite", () => {
    const samples = readdirSync(suite).map((name) => ({
      name,
      bytes: new Uint8Array(readFileSync(join(suite, name))),
    }));
    const texts = samples.filter(({ bytes }) => textOf(bytes) !== null);
    expect(texts.length).toBeGreaterThan(280);
    compareWithNode(texts);
    for (const { name, bytes } of samples.filter((sample) => !texts.includes(sample)))
      expect({ name, at: findUtf8Fault(bytes)?.at ?? -1 }).not.toEqual({ name, at: -1 });
  });

  test.skipIf(node === null)(
    `are those of Node over random mutations (${CASES})`,
    () => {
      for (let seed = FIRST_SEED; (seed - FIRST_SEED) * 2000 < CASES; seed++) {
        const next = random(seed);
        const records = randomRecords(next, randomFields(next), 2000).map((record) => mutate(next, record));
        const samples = records.map((bytes, index) => ({ name: `seed ${seed} record ${index}`, bytes }));
        compareWithNode(samples.filter(({ bytes }) => textOf(bytes) !== null));
      }
    },
    3_600_000,
  );

  test(`there is one exactly when JSON.parse refuses (${CASES})`, () => {
    for (let seed = FIRST_SEED; (seed - FIRST_SEED) * 2000 < CASES; seed++) {
      const next = random(seed);
      for (const record of randomRecords(next, randomFields(next), 2000)) {
        const bytes = next() < 0.5 ? mutate(next, record) : record;
        const text = textOf(bytes);
        if (text === null) continue;
        const shown = { seed, text };
        expect({ ...shown, isJson: findJsonFault(bytes) === null }).toEqual({ ...shown, isJson: isParsed(text) });
      }
    }
  }, 3_600_000);
});
