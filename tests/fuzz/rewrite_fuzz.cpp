// Any bytes as a title and as a selling point that may be promoted: no markup, escape or control
// character gets through, and the width is kept.
#include "plugin/rewrite.h"
#include "plugin/title_promotion.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace barker;
  if (size < 2) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data + 2), size - 2);
  const size_t cut = text.size() * data[0] / 256;
  const std::string_view title = text.substr(0, cut), point = text.substr(cut);
  TitlePolicy policy;
  policy.format = static_cast<TitleFormat>(data[1] % 3);
  policy.max_width = data[1] / 3 % 5 == 0 ? 0 : data[1];
  if (policy.format != TitleFormat::kHtml) policy.open = policy.close = "";
  // Promoted from somewhere, also from the middle of a character.
  const size_t begin = data[0] % 16, end = begin + data[1] % 8;
  const Prefix prefix{point, begin, end};
  if (data[0] % 2 == 1) policy.feed.modes.fill(FeedMode::kFix);
  std::string out;
  Placed placed;
  uint64_t replaced = 0;
  rewrite_title(title, {&prefix, 1}, policy, out, &placed, &replaced);
  promise(placed.begin <= placed.end && placed.end <= out.size(), "the prefix lies in the title");
  std::string plain = out;
  for (const std::string_view mark : {"<em>", "</em>", "<bdi>", "</bdi>"}) {
    if (policy.format != TitleFormat::kHtml) break;
    for (size_t at; (at = plain.find(mark)) != std::string::npos;) plain.erase(at, mark.size());
  }
  for (const char c : plain) {
    promise(static_cast<unsigned char>(c) >= 0x20 && c != 0x7F, "no control character");
    promise(policy.format != TitleFormat::kHtml || (c != '<' && c != '>'), "no markup");
  }
  for (const char* hidden : {"\u202E", "\u202D", "\u2066", "\u200B", "\uFEFF"}) {
    promise(plain.find(hidden) == std::string::npos, "no bidirectional or zero-width character");
  }
  if (policy.max_width > 0 && policy.format == TitleFormat::kPlain) {
    promise(display_width(out) <= policy.max_width, "the width is kept");
  }
  // What is promoted leaves the title from where it stands.
  ComparisonText title_text, point_text;
  title_text.assign(title, NormalForm::Origins::kKept);
  point_text.assign(point, NormalForm::Origins::kForgotten);
  const TitlePlace found = place_in_title(title_text, point_text);
  const TitleCut taken = clean_cut(title_text, found);
  promise(taken.begin <= taken.end && taken.end <= title_text.valid().size(),
          "a part of the title");
  promise(taken.is_empty() || found.kind == TitlePlace::kPresent, "only what the title affirms");
  return 0;
}
