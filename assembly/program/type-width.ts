// Bytes a value takes where it is kept as narrow as its type: in keys and in result columns. Booleans take one byte (columns
// pack them afterwards); 0 = as many as the value has.
import {
  TYPE_BOOLEAN,
  TYPE_DATE,
  TYPE_DECIMAL,
  TYPE_FLOAT,
  TYPE_INT,
  TYPE_INTERVAL_MONTH,
  TYPE_SMALLINT,
  TYPE_STRING,
  TYPE_TIME,
  TYPE_TINYINT,
} from "../shared/abi";

export function narrowWidth(type: u32): u32 {
  switch (type & 0xff) {
    case TYPE_BOOLEAN:
    case TYPE_TINYINT:
      return 1;
    case TYPE_SMALLINT:
      return 2;
    case TYPE_INT:
    case TYPE_DATE:
    case TYPE_TIME:
    case TYPE_INTERVAL_MONTH:
    case TYPE_FLOAT:
      return 4;
    case TYPE_DECIMAL:
      return 16;
    case TYPE_STRING:
      return 0;
    default:
      return 8;
  }
}
