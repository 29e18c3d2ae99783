// Any bytes as text: keywords lie inside it, in order; every function finds the same ones, and
// normalising twice changes nothing.
#include "models/text/keywords.h"
#include "models/text/text.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace barker;
  static const KeywordSplitter splitter({"free shipping", "补水保湿", "a b c", "3.5 mm"});
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::string sane = sanitize_utf8(text);
  std::vector<Fingerprint> fingerprints;
  splitter.split(text, fingerprints);
  size_t last = 0, count = 0;
  for (const Keyword& keyword : splitter.split(text)) {
    promise(count < fingerprints.size() && keyword.fingerprint == fingerprints[count++],
            "both ways of splitting find the same keywords");
    promise(keyword.fingerprint == keyword_fingerprint(keyword.text),
            "a keyword is named by its text");
    const auto [begin, end] = splitter.find(text, keyword.fingerprint);
    promise(begin <= keyword.begin && begin < end, "a keyword of the text is found in it");
    promise(!keyword.text.empty(), "a keyword is not empty");
    promise(keyword.begin >= last && keyword.end >= keyword.begin && keyword.end <= sane.size(),
            "keywords lie in the text, in order");
    last = keyword.begin;
  }
  promise(count == fingerprints.size(), "both ways of splitting find as many keywords");
  const std::string once = normalize_keyword(text);
  promise(normalize_keyword(once) == once, "a normal form is its own normal form");
  promise(keyword_fingerprint(text) == fingerprint(once), "a keyword is named by its normal form");
  return 0;
}
