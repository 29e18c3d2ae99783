// What a merchant or a searcher might write to take over a page, a terminal or a log.
#pragma once

#include <string>
#include <vector>

namespace barker {

inline std::vector<std::string> hostile_texts() {
  std::vector<std::string> texts = {
      "<script>alert(1)</script>",
      "</em><img src=x onerror=alert(1)>",
      "<em>fake</em> highlight",
      "\" onmouseover=\"alert(1)",
      "' onfocus='alert(1)",
      "&lt;b&gt; &amp;quot; &#60;i&#62;",
      "-->]]><!--",
      "\x1b]0;owned\x07\x1b[2J\x1b[31mred\x1b[0m",
      "\xC2\x9B"
      "31m eight-bit escape",  // CSI of the upper half
      "\xC2\x90"
      "q device control",
      "back\b\b\b\bspace, carriage\rreturn, new\nline, tab\t, del\x7F",
      std::string("nul\0byte", 8),
      "evil\u202Etxt.exe \u2066isolate\u2069 \u200Fmark \u061Carabic mark",
      "zero\u200Bwidth\u200Cnon\u2060joiner\uFEFFbom\u00ADhyphen",
      "line\u2028separator paragraph\u2029separator next\u0085line",
      "tag \U000E0041\U000E0042 annotation \uFFF9x\uFFFAy\uFFFB",
      "\",\"title\":\"injected\"},{\"x\":\"",
      "back\\slash \\u0022 \\\" quote",
      "\xFF\xFE broken \xC0\xAF overlong \xED\xA0\x80 surrogate \xF0\x9F truncated",
      "${jndi:ldap://x} {{7*7}} %n%s%x `id` $(id) ; rm -rf /",
      "Z\u0351\u036B\u0343a\u0363\u0365l\u035Cg\u0325o\u032F",
      "wider than it looks 🇩🇪🇨🇳 ｶﾞｷﾞ กำกำ काका 1️⃣ "
      "👍🏽👩‍🚀",
      "\u3164\u115F\u1160 blank letters",
      "wat\u200Derproof wat\uFE0Ferproof 1\uFE0F\u200D2 \U0001F469\uFE0F\uFE0F\u200D",
      "hid\u034Fden \u17B4\u180B\uFFA0 \U0001F3F4x\U000E0067\U000E0062",
  };
  for (int c = 0; c < 0x20; ++c)
    texts.push_back("c0 " + std::string(1, static_cast<char>(c)) + "x");
  // One word all over, so that whatever looks for it finds it at each of its places.
  for (const std::string part : {"防水", "waterproof ", "word7 ", "a"}) {
    std::string repeated;
    while (repeated.size() < 8'000) repeated += part;
    texts.push_back(repeated);
  }
  return texts;
}

}  // namespace barker
