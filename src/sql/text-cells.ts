/**
 * One line of text as the cells of a terminal, so that carets stand under what they point at: tabs are blanks up to the
 * next stop, wide characters take two cells, combining marks none. Characters that would move the cursor, colour the
 * terminal or turn the direction of the text (hostile input) are shown as pictures of themselves.
 */
export interface Cell {
  /** What is printed. */
  readonly text: string;
  /** Columns it takes. */
  readonly width: number;
  /** UTF-16 offset in the line. */
  readonly start: number;
  readonly end: number;
}

const TAB_STOP = 4;
const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" });

/** Columns count from 0 at the start of `line`. */
export function cellsOf(line: string): Cell[] {
  const cells: Cell[] = [];
  let column = 0;
  for (const { segment, index } of segmenter.segment(line)) {
    const shown = segment === "\t" ? " ".repeat(TAB_STOP - (column % TAB_STOP)) : visible(segment);
    const width = segment === "\t" ? shown.length : widthOf(shown);
    cells.push({ text: shown, width, start: index, end: index + segment.length });
    column += width;
  }
  return cells;
}

/** Control characters and those that turn the text's direction, replaced. */
export function visible(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu, (character) => {
    const code = character.codePointAt(0) as number;
    if (code < 32) return String.fromCodePoint(0x2400 + code);
    // Joiners and variation keep their meaning inside emoji and some scripts.
    return code === 0x200d || code === 0x200c || (code >= 0xe0020 && code <= 0xe007f) ? character : "\ufffd";
  });
}

/** Ranges of characters two columns wide: East Asian Wide and Fullwidth (UAX #11), and emoji. */
const wide: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0x33ff],
  [0x3400, 0x4dbf],
  [0x4e00, 0x9fff],
  [0xa000, 0xa4cf],
  [0xa960, 0xa97c],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x16fe0, 0x18aff],
  [0x1b000, 0x1b2ff],
  [0x1f200, 0x1f2ff],
  [0x20000, 0x3fffd],
];

function widthOf(grapheme: string): number {
  const code = grapheme.codePointAt(0) ?? 0;
  if (code < 0x300) return 1;
  if (/^\p{M}+$/u.test(grapheme)) return 0;
  if (/\p{Emoji_Presentation}|\ufe0f/u.test(grapheme)) return 2;
  return wide.some(([first, last]) => code >= first && code <= last) ? 2 : 1;
}
