// Numbers to colours: the classes that the server made of all years.

// A value on the border of two classes belongs to the lower one.
export function colourOf(value, classes) {
  if (Number.isNaN(value)) return classes.nothing;
  let low = 0;
  let high = classes.breaks.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (value <= classes.breaks[middle][1]) high = middle;
    else low = middle + 1;
  }
  return classes.colours[low] ?? classes.nothing;
}

export function coloursOf(values, classes) {
  return Array.from(values, (value) => colourOf(value, classes));
}
