/**
 * What the parser expected, in words. Chevrotain asks for whole messages; ours are put together later, in
 * `syntax-error.ts`, so the "message" of an exception is only the phrase behind "expected".
 */
import { type IParserErrorMessageProvider, tokenLabel } from "chevrotain";

export const phrases: IParserErrorMessageProvider = {
  buildMismatchTokenMessage: ({ expected }) => tokenLabel(expected),
  buildNotAllInputParsedMessage: () => "",
  buildNoViableAltMessage: ({ customUserDescription }) => customUserDescription ?? "something else",
  buildEarlyExitMessage: ({ customUserDescription }) => customUserDescription ?? "something else",
};
