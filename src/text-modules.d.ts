/** Files that are imported as their text. */
declare module "*.sql" {
  const text: string;
  // biome-ignore lint/style/noDefaultExport: how a text module is imported
  export default text;
}
