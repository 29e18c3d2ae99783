// Any bytes as text: keywords lie inside it, in order, and normalising twice changes nothing.
#include "models/text/keywords.h"
#include "models/text/text.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace barker;
  static const KeywordSplitter splitter({"free shipping", "补水保湿", "a b c", "3.5 mm"});
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::string sane = sanitize_utf8(text);
  size_t last = 0;
  for (const Keyword& keyword : splitter.split(text)) {
    promise(!keyword.text.empty(), "a keyword is not empty");
    promise(keyword.begin >= last && keyword.end >= keyword.begin && keyword.end <= sane.size(),
            "keywords lie in the text, in order");
    last = keyword.begin;
  }
  const std::string once = normalize_keyword(text);
  promise(normalize_keyword(once) == once, "a normal form is its own normal form");
  return 0;
}
