// Opcodes of expression instructions, family << 8 | operation. Compiled by asc and imported by Bun: plain constants only.
// Unless said otherwise an operation is strict: NULL in, NULL out, a poisoned operand poisons the lane.

// Lanes: operations that look at validity. SELECT(a condition, b then, c else) and
// COALESCE(a, b): flags = PHYS_* of the values.
export const OP_IS_NULL = 0x0101;
export const OP_IS_NOT_NULL = 0x0102;
export const OP_IS_TRUE = 0x0103;
export const OP_IS_FALSE = 0x0104;
export const OP_IS_NOT_TRUE = 0x0105;
export const OP_IS_NOT_FALSE = 0x0106;
export const OP_NOT = 0x0107;
export const OP_AND = 0x0108;
export const OP_OR = 0x0109;
export const OP_SELECT = 0x010a;
export const OP_COALESCE = 0x010b;

// Comparison, by the physical type of the operands: family 2, operation = PHYS_* << 4 | COMPARE_*.
export const FAMILY_COMPARE = 2;
export const COMPARE_EQ = 0;
export const COMPARE_NE = 1;
export const COMPARE_LT = 2;
export const COMPARE_LE = 3;
export const COMPARE_GT = 4;
export const COMPARE_GE = 5;
export const COMPARE_DISTINCT = 6;
export const COMPARE_NOT_DISTINCT = 7;
/** The greater, the lesser of a and b; a where neither is (a NaN in a stays, one in b is passed over). */
export const COMPARE_GREATEST = 8;
export const COMPARE_LEAST = 9;

// Whole numbers. flags = bits of the result's type (8, 16, 32, 64): beyond is ERR_OVERFLOW.
export const OP_I64_ADD = 0x0301;
export const OP_I64_SUB = 0x0302;
export const OP_I64_MUL = 0x0303;
export const OP_I64_DIV = 0x0304;
export const OP_I64_MOD = 0x0305;
export const OP_I64_NEG = 0x0306;
export const OP_I64_ABS = 0x0307;
export const OP_I64_SIGN = 0x0308;
/** a x immediate. */
export const OP_I64_SCALE = 0x0309;
/** a / immediate (> 0), truncated; floored when flags has FLAG_FLOOR. Never overflows. */
export const OP_I64_UNSCALE = 0x030a;
/** a - floor mod immediate: the multiple of immediate at or below a. */
export const OP_I64_FLOOR_TO = 0x030b;
/** a floor mod immediate (> 0): 0 ... immediate - 1. */
export const OP_I64_FLOOR_MOD = 0x030c;
/** The multiple of immediate at or above a. */
export const OP_I64_CEIL_TO = 0x030d;
/** ROUND and TRUNCATE(a, b digits): only negative digits change anything. */
export const OP_I64_ROUND = 0x030e;
export const OP_I64_TRUNCATE = 0x030f;
/** (a - b) / immediate, truncated; a - b may take more than 64 bits, the result may not. */
export const OP_I64_DIFFERENCE = 0x0310;
export const FLAG_FLOOR = 0x80;

// Floating point. flags: FLAG_FLOAT rounds every result to 32 bits.
export const OP_F64_ADD = 0x0401;
export const OP_F64_SUB = 0x0402;
export const OP_F64_MUL = 0x0403;
export const OP_F64_DIV = 0x0404;
export const OP_F64_MOD = 0x0405;
export const OP_F64_NEG = 0x0406;
export const OP_F64_ABS = 0x0407;
export const OP_F64_SIGN = 0x0408;
export const OP_F64_FLOOR = 0x0409;
export const OP_F64_CEIL = 0x040a;
/** ROUND and TRUNCATE(a, b digits): on the shortest decimal that reads back as a, half away from zero. */
export const OP_F64_ROUND = 0x040b;
export const OP_F64_TRUNCATE = 0x040c;
export const OP_F64_SQRT = 0x040d;
export const OP_F64_POWER = 0x040e;
export const OP_F64_EXP = 0x040f;
export const OP_F64_LN = 0x0410;
export const OP_F64_LOG10 = 0x0411;
export const OP_F64_LOG2 = 0x0412;
export const FLAG_FLOAT = 1;

// DECIMAL. immediate = scale of a | scale of b << 8 | result precision << 16 | result scale << 24. Half up; too long = NULL.
export const OP_DEC_ADD = 0x0501;
export const OP_DEC_SUB = 0x0502;
export const OP_DEC_MUL = 0x0503;
export const OP_DEC_DIV = 0x0504;
export const OP_DEC_MOD = 0x0505;
export const OP_DEC_NEG = 0x0506;
export const OP_DEC_ABS = 0x0507;
export const OP_DEC_SIGN = 0x0508;
export const OP_DEC_FLOOR = 0x0509;
export const OP_DEC_CEIL = 0x050a;
/** a rounded to the digits in b (an I64 register), then brought to the result's scale. */
export const OP_DEC_ROUND = 0x050b;
export const OP_DEC_TRUNCATE = 0x050c;
/** Another precision and scale. */
export const OP_DEC_RESCALE = 0x050d;

// Casts. FLAG_TRY gives NULL where the cast fails instead of ERR_CAST. Low bits of flags: see the operation.
export const FLAG_TRY = 0x100;
/** I64 -> I64, wrapped to flags & 0xff bits. */
export const OP_CAST_WRAP = 0x0601;
export const OP_CAST_I64_F64 = 0x0602;
/** F64 -> I64 of flags & 0xff bits: saturates at 32 (64) bits, then wraps, as Java does. NaN = 0. */
export const OP_CAST_F64_I64 = 0x0603;
export const OP_CAST_F64_FLOAT = 0x0604;
export const OP_CAST_BOOL_I64 = 0x0605;
export const OP_CAST_I64_BOOL = 0x0606;
export const OP_CAST_BOOL_F64 = 0x0607;
export const OP_CAST_F64_BOOL = 0x0608;
export const OP_CAST_BOOL_DEC = 0x0609;
export const OP_CAST_DEC_BOOL = 0x060a;
export const OP_CAST_I64_DEC = 0x060b;
/** DEC -> I64 of flags & 0xff bits: cut toward zero, low bits kept. */
export const OP_CAST_DEC_I64 = 0x060c;
export const OP_CAST_F64_DEC = 0x060d;
export const OP_CAST_DEC_F64 = 0x060e;
export const OP_CAST_STR_BOOL = 0x060f;
/** STR -> I64 of flags & 0xff bits. */
export const OP_CAST_STR_I64 = 0x0610;
export const OP_CAST_STR_F64 = 0x0611;
export const OP_CAST_STR_DEC = 0x0612;
export const OP_CAST_BOOL_STR = 0x0613;
export const OP_CAST_I64_STR = 0x0614;
/** flags & FLAG_FLOAT: digits enough for 32 bits. */
export const OP_CAST_F64_STR = 0x0615;
export const OP_CAST_DEC_STR = 0x0616;
/** Cut to the first `immediate` characters; flags & 1: and padded with blanks to as many. */
export const OP_CAST_STR_LENGTH = 0x0617;
/** immediate = digits of the fraction shown. flags & 0xff = TIME_* of the operand (result). */
export const OP_CAST_TIME_STR = 0x0618;
/** immediate = digits of the fraction kept. */
export const OP_CAST_STR_TIME = 0x0619;
/** flags & 0xff: 0 day-time, 1 year-month. */
export const OP_CAST_INTERVAL_STR = 0x061a;
/** BYTES -> STRING: text that is no UTF-8 fails. */
export const OP_CAST_UTF8 = 0x061b;

// Strings.
export const OP_STR_CONCAT = 0x0701;
/** CONCAT_WS step: a = so far (NULL = nothing yet), b = separator, c = next (NULL = passed over). */
export const OP_STR_CONCAT_WS = 0x0702;
export const OP_STR_UPPER = 0x0703;
export const OP_STR_LOWER = 0x0704;
export const OP_STR_INITCAP = 0x0705;
export const OP_STR_LENGTH = 0x0706;
/** a from b (1-based, negative from the end), c characters. */
export const OP_STR_SUBSTRING = 0x0707;
export const OP_STR_TRIM_BOTH = 0x0708;
export const OP_STR_TRIM_LEADING = 0x0709;
export const OP_STR_TRIM_TRAILING = 0x070a;
export const OP_STR_REPLACE = 0x070b;
export const OP_STR_POSITION = 0x070c;
export const OP_STR_STARTSWITH = 0x070d;
export const OP_STR_ENDSWITH = 0x070e;
export const OP_STR_CONTAINS = 0x070f;
/** b = pattern of LIKE_ANY, LIKE_ONE and bytes that stand for themselves. */
export const OP_STR_LIKE = 0x0710;
export const OP_STR_LPAD = 0x0711;
export const OP_STR_RPAD = 0x0712;
export const OP_STR_REVERSE = 0x0713;
export const OP_STR_REPEAT = 0x0714;
export const OP_STR_LEFT = 0x0715;
export const OP_STR_RIGHT = 0x0716;
export const OP_STR_SPLIT_INDEX = 0x0717;
export const OP_STR_ASCII = 0x0718;
/** Of an image of a sketch: its estimate; itself, where it has at least 2^immediate registers. Anything else is ERR_ARGUMENT. */
export const OP_STR_SKETCH_ESTIMATE = 0x0719;
export const OP_STR_SKETCH = 0x071a;
/** Bytes that UTF-8 never holds. */
export const LIKE_ANY = 0xfe;
export const LIKE_ONE = 0xff;

// Time. flags = TIME_* of the operand.
export const TIME_DATE = 0;
export const TIME_OF_DAY = 1;
export const TIME_MICROS = 2;
export const TIME_NANOS = 3;
/** immediate = UNIT_*. */
export const OP_TIME_EXTRACT = 0x0801;
/** immediate = UNIT_* of a day or more, for operands that are not TIME_OF_DAY. */
export const OP_TIME_FLOOR = 0x0802;
export const OP_TIME_CEIL = 0x0803;
/** a + b months; the day is cut to the month's last. */
export const OP_TIME_ADD_MONTHS = 0x0804;
/** Whole months from b to a, both of the same TIME_*. */
export const OP_TIME_MONTHS_BETWEEN = 0x0805;
/** b = program of DATE_* items. */
export const OP_TIME_FORMAT = 0x0806;
/**
 * a = text, b = program; text that does not fit is NULL. flags & 0xff = TIME_* of the result, immediate = fraction digits kept.
 * FLAG_RETRY: text that does not fit the program is read once more as a cast reads it.
 */
export const FLAG_RETRY = 0x200;
export const OP_TIME_PARSE = 0x0807;
/** a = seconds (immediate 0) or milliseconds (immediate 3) -> microseconds; NULL outside of years 0000 to 9999. */
export const OP_TIME_FROM_EPOCH = 0x0808;

export const UNIT_MILLENNIUM = 0;
export const UNIT_CENTURY = 1;
export const UNIT_DECADE = 2;
export const UNIT_YEAR = 3;
export const UNIT_QUARTER = 4;
export const UNIT_MONTH = 5;
export const UNIT_WEEK = 6;
export const UNIT_DAY = 7;
export const UNIT_DOW = 8;
export const UNIT_ISODOW = 9;
export const UNIT_DOY = 10;
export const UNIT_ISOYEAR = 11;

// Items of a date pattern: u8 item, u8 width. DATE_LITERAL is followed by width bytes of text. A width of 0 of a number
// takes as many digits as there are.
export const DATE_LITERAL = 0;
export const DATE_YEAR = 1;
export const DATE_YEAR_OF_ERA = 2;
/** Two digits; parsed as 2000 ... 2099. */
export const DATE_YEAR_SHORT = 3;
export const DATE_MONTH = 4;
export const DATE_MONTH_SHORT = 5;
export const DATE_MONTH_FULL = 6;
export const DATE_DAY = 7;
export const DATE_DAY_OF_YEAR = 8;
export const DATE_WEEKDAY_SHORT = 9;
export const DATE_WEEKDAY_FULL = 10;
export const DATE_AM_PM = 11;
/** 0 ... 23 */
export const DATE_HOUR = 12;
/** 1 ... 24 */
export const DATE_HOUR_1_24 = 13;
/** 1 ... 12 */
export const DATE_HOUR_1_12 = 14;
/** 0 ... 11 */
export const DATE_HOUR_0_11 = 15;
export const DATE_MINUTE = 16;
export const DATE_SECOND = 17;
/** The first `width` digits of the fraction. */
export const DATE_FRACTION = 18;
export const DATE_QUARTER = 19;
