// Words of a page for its modules: they stand in data attributes, in the page's language, with places such as {count}.

// with the digits that the page itself has
const LOCALE = `${document.documentElement.lang}-u-nu-latn`;

export function number(value) {
  return Number(value).toLocaleString(LOCALE);
}

export function filled(words, values) {
  return words.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}
