/** Bounds that keep hostile text from costing more than its length. */

/** Expressions, queries and types nest this deep at most: the parser recurses, and its stack is finite. */
export const MAX_NESTING = 200;

/** Levels a tree may have. Long chains (`a + b + c …`) are deep trees too, and whoever walks them recurses. */
export const MAX_TREE_DEPTH = 1000;

/** Errors told of one text; nobody reads more, and each costs time to put into words. */
export const MAX_ERRORS = 1000;
