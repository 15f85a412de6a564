// Writes the contrast of each sample, as the browser resolves its tokens, beside its name; again when the scheme changes.

function luminance(colour) {
  const [red, green, blue] = colour.match(/[\d.]+/g).map((part) => part / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

export function contrastOf(sample) {
  const style = getComputedStyle(sample);
  const [darker, lighter] = [luminance(style.color), luminance(style.backgroundColor)].sort((a, b) => a - b);
  return (lighter + 0.05) / (darker + 0.05);
}

function measure() {
  for (const sample of document.querySelectorAll("[data-least]")) {
    sample.querySelector("output").value = contrastOf(sample).toFixed(1);
  }
}

measure();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", measure);
