// A fast look at two texts before ComparisonText compares them with care.
#pragma once

#include <string>
#include <string_view>

namespace barker {

// The letters and digits of an ASCII text, which tell fast that most selling points do not stand in
// a title: a comparison form drops and adds nothing but what stands between letters and digits, so
// that the core of what stands in a title stands in the core of the title. Of other texts nothing
// is known.
class AsciiCore {
 public:
  void assign(std::string_view text);

  // False: place_in_title() of plugin/title_text.h finds the other text absent from this one.
  bool may_contain(const AsciiCore& other) const noexcept;
  // False: same_words() finds that the texts differ.
  bool may_equal(const AsciiCore& other) const noexcept;

 private:
  bool is_known_ = false;
  std::string text_;
};

}  // namespace barker
