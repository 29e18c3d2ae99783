// Reads a title as the plugin writes it: HTML with <em> around selling points and <bdi> around texts of
// another direction. Nothing else is taken for a mark, so that no text of a merchant becomes markup.
const NAMED = {amp: '&', lt: '<', gt: '>', quot: '"', apos: "'"};

function decode(text) {
  return text.replace(/&(#x[0-9a-f]+|#[0-9]+|[a-z]+);/gi, (whole, name) => {
    if (name[0] !== '#') return NAMED[name] ?? whole;
    const code = /^#x/i.test(name) ? parseInt(name.slice(2), 16) : parseInt(name.slice(1), 10);
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}

// [{text, isPoint}], in their order.
export function titleParts(html) {
  const parts = [];
  let depth = 0;
  for (const piece of html.split(/(<\/?(?:em|bdi)>)/)) {
    if (piece === '<em>') depth++;
    else if (piece === '</em>') depth--;
    else if (piece !== '' && piece !== '<bdi>' && piece !== '</bdi>') {
      parts.push({text: decode(piece), isPoint: depth > 0});
    }
  }
  return parts;
}

// The merchant's title in pieces, each with the attention that the model pays to it (0 to 1), or null
// for what lies between known keywords. `attention`: [{keyword, weight}] in the order of the title.
export function shadedTitle(title, attention) {
  const lower = title.toLowerCase();
  const parts = [];
  let at = 0;
  for (const {keyword, weight} of attention) {
    const found = lower.indexOf(keyword.toLowerCase(), at);
    if (found < 0) continue;
    if (found > at) parts.push({text: title.slice(at, found), weight: null});
    parts.push({text: title.slice(found, found + keyword.length), weight});
    at = found + keyword.length;
  }
  if (at < title.length) parts.push({text: title.slice(at), weight: null});
  return parts;
}
