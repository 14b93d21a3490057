// LIKE with wildcards in the middle. The pattern holds LIKE_ANY, LIKE_ONE and bytes that stand for themselves. On a mismatch
// the last LIKE_ANY takes one byte more, which never needs to be undone, so the time is bounded by text times pattern.
import { LIKE_ANY, LIKE_ONE } from "../shared/opcode";

/** Whether [text, textEnd) matches [pattern, patternEnd) as a whole. */
export function matchLike(text: usize, textEnd: usize, pattern: usize, patternEnd: usize): bool {
  let at: usize = text;
  let item: usize = pattern;
  let retryItem: usize = 0;
  let retryAt: usize = 0;
  while (at < textEnd) {
    const wanted: u32 = item < patternEnd ? load<u8>(item) : 0;
    if (item < patternEnd && wanted === LIKE_ANY) {
      retryItem = ++item;
      retryAt = at;
    } else if (item < patternEnd && wanted === LIKE_ONE) {
      at = nextCharacter(at, textEnd);
      item++;
    } else if (item < patternEnd && wanted === load<u8>(at)) {
      at++;
      item++;
    } else {
      if (retryItem === 0) return false;
      item = retryItem;
      retryAt = nextCharacter(retryAt, textEnd);
      at = retryAt;
    }
  }
  while (item < patternEnd && load<u8>(item) === LIKE_ANY) item++;
  return item === patternEnd;
}

function nextCharacter(at: usize, end: usize): usize {
  let next: usize = at + 1;
  while (next < end && (load<u8>(next) & 0xc0) === 0x80) next++;
  return next;
}
