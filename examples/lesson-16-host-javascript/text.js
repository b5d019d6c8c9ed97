// Each export is a function that Python imports.

export function words(text) {
  return text.match(/\p{L}+/gu) ?? [];
}

export function longest(list) {
  const length = Math.max(...list.map((word) => word.length));
  const found = list.filter((word) => word.length === length);
  list.length = 0; // The list is a copy: Python's own stays as it was.
  return { found, left: list.length };
}

export const half = (number) => number / 2;

export const power = (base, exponent) => BigInt(base) ** BigInt(exponent);
