// The rule of hashtags, as in posts/content/hashtag_rule.py; tests hold both to the same table.

const LINK =
  "(?:(?<![A-Za-z0-9+.\\-])(?:[A-Za-z][A-Za-z0-9+.\\-]{1,19}:\\/\\/|mailto:|tel:|sms:)|www\\.)\\S+" +
  "|(?<![\\p{L}\\p{N}_.-])(?:[\\p{L}\\p{N}_-]+\\.)+[\\p{L}\\p{N}_-]+(?::[0-9]{1,5})?\\/\\S*";
const EMAIL = "(?<![\\p{L}\\p{N}_.+#-])[\\p{L}\\p{N}_.+#-]+@[\\p{L}\\p{N}_-]+(?:\\.[\\p{L}\\p{N}_-]+)+";
const ENTITY = "&(?:amp;)*#(?:[0-9]+|[xX][0-9a-fA-F]+);";
const FILLERS = "\\u115f\\u1160\\u3164\\uffa0";
const VISIBLE = `(?![${FILLERS}])[\\p{L}\\p{Nd}\\p{Nl}]`;
const IDENTIFIER = `(?:(?![${FILLERS}\\ufe0e\\ufe0f])[\\p{L}\\p{M}\\p{Nd}\\p{Nl}_\\u200c\\u200d])`;
const HASHTAG = new RegExp(
  `${LINK}|${EMAIL}|${ENTITY}|[#＃﹟]([_\\u200c\\u200d]*${VISIBLE}${IDENTIFIER}*)`,
  "giu",
);

export function hashtagsIn(text) {
  return [...text.matchAll(HASHTAG)].map((found) => found[1]).filter((tag) => tag !== undefined);
}

// upper case first folds what lower case alone keeps apart: ß and ss, the two small sigmas
const folded = (tag) => tag.normalize("NFC").toUpperCase().toLowerCase().normalize("NFC");

export function countHashtags(text) {
  return new Set(hashtagsIn(text).map(folded)).size;
}
