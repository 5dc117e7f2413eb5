/**
 * Parts of the README that are made from the code, between markers.
 */

const FORMAT_OFF = "<!-- deno-fmt-ignore-start -->";
const FORMAT_ON = "<!-- deno-fmt-ignore-end -->";

/** The document with this content between the markers of that name; throws when they are missing. */
export function withBlock(
  document: string,
  block: { readonly name: string; readonly madeBy: string; readonly content: string },
): string {
  const begin = `<!-- ${block.name}: made by ${block.madeBy} -->\n${FORMAT_OFF}`;
  const end = `${FORMAT_ON}\n<!-- end of the ${block.name} -->`;
  const from = document.indexOf(begin);
  const to = document.indexOf(end);
  if (from < 0 || to < from) throw new Error(`Cannot find the markers of the ${block.name}`);
  const before = document.slice(0, from + begin.length);
  return `${before}\n\n${block.content}\n\n${document.slice(to)}`;
}
