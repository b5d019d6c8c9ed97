let last;

/** The least number for which the function says yes. */
export function find(low, high, enough) {
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (enough(middle)) high = middle;
    else low = middle + 1;
  }
  last = low;
  return low;
}

/** A function that tells what was found last. */
export const memory = () => () => last;

export const square = (number) => number * number;
