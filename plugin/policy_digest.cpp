#include "plugin/policy_digest.h"

#include <charconv>
#include <string>
#include <string_view>

#include "models/text/fingerprint.h"

namespace barker {
namespace {

// Writes "name=value;". Enumerations are written as words, because their numbers may change.
class PolicyText {
 public:
  void word(std::string_view name, std::string_view value) {
    text_.append(name).append("=").append(value).append(";");
  }

  // Seven digits, because the C library of another machine may round the last ones of a logarithm
  // differently.
  void number(std::string_view name, double value) {
    constexpr int kDigitsBehindThePoint = 6;
    char digits[32];
    if (value == 0) value = 0;  // not -0
    const auto end = std::to_chars(digits, digits + sizeof digits, value,
                                   std::chars_format::scientific, kDigitsBehindThePoint);
    word(name, {digits, end.ptr});
  }

  template <typename Value>
  void choice(std::string_view name, Value value,
              const std::initializer_list<std::pair<const char*, Value>>& words) {
    for (const auto& [text, of] : words) {
      if (of == value) return word(name, text);
    }
    word(name, "");
  }

  const std::string& text() const { return text_; }

 private:
  std::string text_ = "policy/1;";
};

}  // namespace

uint64_t digest_of(const Policy& policy) {
  PolicyText text;
  text.number("order.bid", policy.order.bid);
  text.number("order.pctr", policy.order.pctr);
  text.number("order.first_pass", policy.order.first_pass);
  text.number("selling_points", policy.choose.count);
  text.number("minimum_logit", policy.choose.minimum_logit);
  text.number("maximum_cosine", policy.choose.maximum_cosine);
  text.word("duplicates", policy.choose.duplicates == Duplicates::kSkip ? "skip" : "promote");
  text.number("lower_bound", policy.choose.lower_bound);
  text.choice("choose_by", policy.by, kChooseByWords);
  text.choice("display", policy.display, kDisplayWords);
  text.number("explore_share", policy.exploration.share);
  text.choice("explore_by", policy.exploration.by, kExploreByWords);
  text.number("explore_prior", policy.exploration.prior);
  text.word("highlight", policy.is_highlighted ? "true" : "false");
  text.choice("weights", policy.weights, kWeightsRoleWords);  // "" where the canary's share decides
  return fingerprint(text.text());
}

}  // namespace barker
