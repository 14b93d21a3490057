/**
 * Where a record stops being JSON, for people: a slow second look at one record that the decoder refused. The grammar is
 * RFC 8259's, read left to right without recursion, so the fault is the first byte at which no continuation would be JSON; that
 * is the position JSON.parse of V8 reports, in bytes instead of UTF-16 units. Pure, and shares nothing with the decoder.
 */

export interface JsonFault {
  /** Byte in the record; its length when the record ends too early. */
  readonly at: number;
  /** One line: `expected "," or "}" after the value of "user_id", found "x"`. It quotes the record: escape it for terminals. */
  readonly message: string;
}

/** What stands at a byte of a record. */
export interface JsonValuePlace {
  /** `[2].user.id`; empty for the record itself; null where the text before is no JSON or no value begins there. */
  readonly path: string | null;
  /** The value's text, cut. */
  readonly text: string;
}

/** Levels whose keys are remembered; deeper ones are shown as `…`. */
const SHOWN_LEVELS = 16;
const SHOWN_KEY_BYTES = 64;
const SHOWN_VALUE_BYTES = 80;
const SHOWN_WORD_BYTES = 24;
const OBJECT = 1;

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** The first fault of the grammar, null where the record is one JSON text (after at most one byte order mark). */
export function findJsonFault(bytes: Uint8Array): JsonFault | null {
  return new Walk(bytes).run();
}

/** The value that begins at byte `at`. */
export function describeJsonValue(bytes: Uint8Array, at: number): JsonValuePlace {
  const walk = new Walk(bytes, at);
  walk.run();
  return { path: walk.found, text: valueText(bytes, at) };
}

/** Elements of a record that is one well-formed array; null for any other. */
export function splitJsonArray(bytes: Uint8Array): readonly Uint8Array[] | null {
  let at = textStart(bytes);
  while (isSpace(bytes[at])) at++;
  if (bytes[at] !== 0x5b) return null;
  const elements: Uint8Array[] = [];
  let start = at + 1;
  let depth = 0;
  for (; at < bytes.length; at++) {
    const byte = bytes[at] as number;
    if (byte === 0x22) at = stringEnd(bytes, at);
    else if ((byte | 0x20) === 0x7b) depth++;
    else if ((byte | 0x20) === 0x7d) depth--;
    if ((byte === 0x2c && depth === 1) || (byte === 0x5d && depth === 0)) {
      elements.push(bytes.subarray(start, at));
      start = at + 1;
    }
  }
  return elements;
}

/** Behind a byte order mark. */
function textStart(bytes: Uint8Array): number {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

/** The closing quote of the string that begins at `at`, or the last byte. */
function stringEnd(bytes: Uint8Array, at: number): number {
  let end = at + 1;
  while (end < bytes.length && bytes[end] !== 0x22) end += bytes[end] === 0x5c ? 2 : 1;
  return Math.min(end, bytes.length - 1);
}

/** The first byte that is not well-formed UTF-8 (Unicode 15, table 3-7), null where there is none. */
export function findUtf8Fault(bytes: Uint8Array): JsonFault | null {
  let at = 0;
  while (at < bytes.length) {
    const size = sequenceLength(bytes, at);
    if (size === 0) return { at, message: `expected UTF-8, found byte ${hex(bytes[at] as number)}` };
    at += size;
  }
  return null;
}

/** Bytes of the character at `at`, 0 when it is none. */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at] as number;
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4) return 0;
  const second = bytes[at + 1] ?? 0;
  const least = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const most = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  if (second < least || second > most) return 0;
  const size = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  for (let i = 2; i < size; i++) if (((bytes[at + i] ?? 0) & 0xc0) !== 0x80) return 0;
  return size;
}

function hex(byte: number): string {
  return `0x${byte.toString(16).padStart(2, "0")}`;
}

interface Level {
  readonly isObject: boolean;
  /** Of the member in hand: its key's first byte and end, without quotes. */
  keyAt: number;
  keyEnd: number;
  /** Of the element in hand. */
  index: number;
}

class Walk {
  /** Path of the value at `#wanted`, once it was reached. */
  found: string | null = null;
  readonly #bytes: Uint8Array;
  readonly #wanted: number;
  #at = 0;
  #fault: JsonFault | null = null;
  /** Kinds of the open containers: 10^8 of them are 10^8 bytes. */
  #kinds = new Uint8Array(64);
  #depth = 0;
  readonly #levels: Level[] = [];

  constructor(bytes: Uint8Array, wanted = -1) {
    this.#bytes = bytes;
    this.#wanted = wanted;
  }

  run(): JsonFault | null {
    this.#at = textStart(this.#bytes);
    while (this.#fault === null && this.found === null) {
      if (!this.#value()) continue;
      if (!this.#afterValue()) break;
    }
    return this.#fault;
  }

  /** A scalar, an empty container, or the opening of one (false: a value comes next). */
  #value(): boolean {
    this.#space();
    if (this.#at === this.#wanted) {
      this.found = this.#path();
      return false;
    }
    const byte = this.#byte();
    if (byte === 0x7b || byte === 0x5b) return this.#open(byte === 0x7b);
    if (byte === 0x22) return this.#string();
    if (byte === 0x2d || isDigit(byte)) return this.#number();
    if (byte === 0x74) return this.#word("true");
    if (byte === 0x66) return this.#word("false");
    if (byte === 0x6e) return this.#word("null");
    const last = this.#depth === 0 ? undefined : this.#levels[this.#depth - 1];
    if (this.#depth === 0) return this.#expected("a JSON value");
    return this.#expected(
      this.#isObject() ? `a value for ${this.#keyName()}` : last?.index === 0 ? 'a value or "]"' : "an array element",
    );
  }

  #open(isObject: boolean): boolean {
    this.#at++;
    this.#space();
    if (this.#byte() === (isObject ? 0x7d : 0x5d)) {
      this.#at++;
      return true;
    }
    this.#push(isObject);
    if (isObject) this.#key(`a key in double quotes or "}"`);
    return false;
  }

  #push(isObject: boolean): void {
    if (this.#depth === this.#kinds.length) {
      const wider = new Uint8Array(this.#depth * 2);
      wider.set(this.#kinds);
      this.#kinds = wider;
    }
    this.#kinds[this.#depth] = isObject ? OBJECT : 0;
    if (this.#depth < SHOWN_LEVELS) this.#levels[this.#depth] = { isObject, keyAt: 0, keyEnd: 0, index: 0 };
    this.#depth++;
  }

  /** From behind a value to the next one; false at the end of the record or at a fault. */
  #afterValue(): boolean {
    if (this.#fault !== null) return false;
    this.#space();
    while (this.#depth > 0) {
      const isObject = this.#isObject();
      const byte = this.#byte();
      if (byte === 0x2c) return this.#next(isObject);
      if (byte !== (isObject ? 0x7d : 0x5d)) {
        const what = isObject
          ? `"," or "}" after the value of ${this.#keyName()}`
          : `"," or "]" after an array element`;
        return this.#expected(what);
      }
      this.#depth--;
      this.#at++;
      this.#space();
    }
    return this.#at < this.#bytes.length ? this.#expected("the end of the record") : false;
  }

  #next(isObject: boolean): boolean {
    this.#at++;
    this.#space();
    const level = this.#levels[this.#depth - 1];
    if (isObject) return this.#key('a key in double quotes after ","');
    if (level !== undefined && this.#depth <= SHOWN_LEVELS) level.index++;
    return true;
  }

  /** A key and its colon. */
  #key(what: string): boolean {
    if (this.#byte() !== 0x22) return this.#expected(what);
    const keyAt = this.#at + 1;
    if (!this.#string()) return false;
    const level = this.#depth <= SHOWN_LEVELS ? this.#levels[this.#depth - 1] : undefined;
    if (level !== undefined) {
      level.keyAt = keyAt;
      level.keyEnd = this.#at - 1;
    }
    this.#space();
    if (this.#byte() !== 0x3a) return this.#expected(`":" after the key ${this.#keyName()}`);
    this.#at++;
    return true;
  }

  #string(): boolean {
    const quote = this.#at++;
    for (;;) {
      const byte = this.#byte();
      if (byte < 0) return this.#expected(`the closing quote of the string that begins at byte ${quote}`);
      if (byte === 0x22) {
        this.#at++;
        return true;
      }
      if (byte < 0x20) return this.#expected("no bare control character in a string");
      this.#at++;
      if (byte === 0x5c && !this.#escape()) return false;
    }
  }

  /** Behind a backslash. */
  #escape(): boolean {
    const byte = this.#byte();
    if (byte === 0x75) {
      this.#at++;
      for (let i = 0; i < 4; i++, this.#at++) {
        if (!isHexDigit(this.#byte())) return this.#expected('four hexadecimal digits after "\\u"');
      }
      return true;
    }
    if (byte < 0 || !'"\\/bfnrt'.includes(String.fromCharCode(byte))) {
      return this.#expected('one of " \\ / b f n r t u after a backslash');
    }
    this.#at++;
    return true;
  }

  #number(): boolean {
    if (this.#byte() === 0x2d) this.#at++;
    if (this.#byte() === 0x30) {
      this.#at++;
      if (isDigit(this.#byte())) return this.#expected("no digit after a leading 0");
    } else if (!this.#digits('a digit after "-"')) return false;
    if (this.#byte() === 0x2e) {
      this.#at++;
      if (!this.#digits("a digit after the decimal point")) return false;
    }
    if ((this.#byte() | 0x20) !== 0x65) return true;
    this.#at++;
    if (this.#byte() === 0x2b || this.#byte() === 0x2d) this.#at++;
    return this.#digits("a digit in the exponent");
  }

  #digits(what: string): boolean {
    if (!isDigit(this.#byte())) return this.#expected(what);
    while (isDigit(this.#byte())) this.#at++;
    return true;
  }

  #word(word: string): boolean {
    for (let i = 0; i < word.length; i++, this.#at++) {
      if (this.#byte() !== word.charCodeAt(i)) return this.#expected(`the word ${word}`);
    }
    return true;
  }

  #space(): void {
    while (isSpace(this.#bytes[this.#at])) this.#at++;
  }

  /** −1 at the end. */
  #byte(): number {
    return this.#bytes[this.#at] ?? -1;
  }

  #isObject(): boolean {
    return this.#kinds[this.#depth - 1] === OBJECT;
  }

  #keyName(): string {
    const path = this.#path();
    return path === "" ? "the record" : `"${path}"`;
  }

  #path(): string {
    const shown = this.#levels.slice(0, Math.min(this.#depth, SHOWN_LEVELS));
    const path = shown.map((level) => {
      if (!level.isObject) return `[${level.index}]`;
      return `.${excerptOf(this.#bytes, { from: level.keyAt, to: level.keyEnd, most: SHOWN_KEY_BYTES })}`;
    });
    return `${path.join("").replace(/^\./, "")}${this.#depth > SHOWN_LEVELS ? "…" : ""}`;
  }

  #expected(what: string): false {
    this.#fault = { at: this.#at, message: `expected ${what}, found ${foundText(this.#bytes, this.#at)}` };
    return false;
  }
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

function isHexDigit(byte: number): boolean {
  return isDigit(byte) || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66);
}

function isWordByte(byte: number): boolean {
  return isDigit(byte) || byte === 0x5f || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a);
}

/** A word as a whole, else one character. */
function foundText(bytes: Uint8Array, at: number): string {
  if (at >= bytes.length) return "the end of the record";
  let end = at;
  while (end < bytes.length && isWordByte(bytes[end] as number)) end++;
  if (end === at) end = at + Math.max(1, sequenceLength(bytes, at));
  const text = excerptOf(bytes, { from: at, to: end, most: SHOWN_WORD_BYTES });
  return text === '"' ? `'"'` : `"${text}"`;
}

/** Text of bytes [from, to), cut at a character after `most` bytes. */
function excerptOf(bytes: Uint8Array, { from, to, most }: { from: number; to: number; most: number }): string {
  if (to - from <= most) return utf8.decode(bytes.subarray(from, to));
  let end = from + most;
  while (end > from && ((bytes[end] as number) & 0xc0) === 0x80) end--;
  return `${utf8.decode(bytes.subarray(from, end))}…`;
}

/** The value at `at` as it is written: a string to its quote, a container to the cut, anything else to its delimiter. */
function valueText(bytes: Uint8Array, at: number): string {
  const first = bytes[at];
  let end = at + 1;
  if (first === 0x22) {
    end = stringEnd(bytes, at) + 1;
  } else if (first === 0x7b || first === 0x5b) {
    end = containerEnd(bytes, at);
  } else {
    while (end < bytes.length && !",]} \t\r\n".includes(String.fromCharCode(bytes[end] as number))) end++;
  }
  return excerptOf(bytes, { from: at, to: end, most: SHOWN_VALUE_BYTES });
}

/** Where the brackets balance; not looked for beyond what is shown. */
function containerEnd(bytes: Uint8Array, at: number): number {
  const last = Math.min(bytes.length, at + SHOWN_VALUE_BYTES + 1);
  let depth = 0;
  for (let i = at; i < last; i++) {
    const byte = bytes[i] as number;
    if (byte === 0x22) {
      i = stringEnd(bytes, i);
    } else if ((byte | 0x20) === 0x7b) depth++;
    else if ((byte | 0x20) === 0x7d && --depth === 0) return i + 1;
  }
  return last;
}
