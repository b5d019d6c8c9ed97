// Without a declaration, Python imports the exported functions, and values cross as they are.

export function words(text) {
  const counts = {};
  for (const word of text.toLowerCase().match(/\p{L}+/gu) ?? []) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}

export const factorial = (n) => {
  let product = 1n;
  for (let factor = 2n; factor <= n; factor++) product *= factor;
  return product;
};

export function sorted(items, key) {
  return [...items].sort((a, b) => key(a) - key(b));
}

export function adder(n) {
  return (m) => n + m;
}

export function fail(message) {
  throw new RangeError(message);
}
