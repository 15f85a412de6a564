// The pause between a keystroke and the question for a forecast: short, so that it is felt as typing, and longer for
// somebody who has typed on and on, so that the server's limit of questions a minute is not reached.

const SOON_MS = 100;
const LATER_MS = 600;
const MINUTE_MS = 60_000;
// of the 240 a minute that RATE_LIMIT_FORECAST and RATE_LIMIT_DEMO allow by default
const MOST_SOON = 180;

const asked = [];

export function pause() {
  const now = performance.now();
  while (asked.length && asked[0] < now - MINUTE_MS) asked.shift();
  return asked.length < MOST_SOON ? SOON_MS : LATER_MS;
}

export function noteQuestion() {
  asked.push(performance.now());
}
