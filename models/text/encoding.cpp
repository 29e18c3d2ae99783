#include "models/text/encoding.h"

#include <unicode/ucnv.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <utility>

#include "models/base/utf8.h"

namespace barker {
namespace {

struct Closer {
  void operator()(UConverter* converter) const { ucnv_close(converter); }
};

// `char` has a sign on some machines and none on others.
bool is_beyond_ascii(char c) { return static_cast<unsigned char>(c) >= 0x80; }

}  // namespace

Result<std::string> to_utf8(std::string_view text, const std::string& encoding) {
  UErrorCode error = U_ZERO_ERROR;
  const std::unique_ptr<UConverter, Closer> from(ucnv_open(encoding.c_str(), &error));
  if (U_FAILURE(error)) return invalid_argument("encoding \"" + encoding + "\": is not known");
  // Without this, invalid bytes would become replacement characters in silence.
  ucnv_setToUCallBack(from.get(), UCNV_TO_U_CALLBACK_STOP, nullptr, nullptr, nullptr, &error);
  // No byte of any encoding becomes more than three bytes of UTF-8.
  std::string out(text.size() * 3 + 8, '\0');
  const int32_t size =
      ucnv_toAlgorithmic(UCNV_UTF8, from.get(), out.data(), static_cast<int32_t>(out.size()),
                         text.data(), static_cast<int32_t>(text.size()), &error);
  if (U_FAILURE(error)) return bad_data("the text is not " + encoding);
  out.resize(static_cast<size_t>(size));
  return out;
}

Result<std::string_view> as_utf8(std::string_view text, const std::string& encoding,
                                 std::string& converted) {
  if (!encoding.empty()) {
    Result<std::string> utf8 = to_utf8(text, encoding);
    if (!utf8.ok()) return utf8.status();
    converted = std::move(*utf8);
    text = converted;
  }
  if (!is_valid_utf8(text)) return bad_data(describe_invalid_utf8(text));
  return text;
}

std::string describe_invalid_utf8(std::string_view text) {
  // The first byte that is wrong ends the longest prefix that is valid. A prefix may also be
  // invalid because it ends inside of a character, which is at most four bytes long.
  size_t good = 0;
  for (size_t at = 0; at < text.size() && at < good + 4; ++at) {
    const auto rest = text.substr(good, at + 1 - good);
    if (is_valid_utf8(rest)) good = at + 1;
  }
  good = std::min(good, text.size() - 1);
  char found[48];
  std::snprintf(found, sizeof found, "found byte 0x%02X in column %zu",
                static_cast<unsigned>(static_cast<unsigned char>(text[good])), good + 1);
  std::string reason = std::string("not UTF-8: ") + found;
  const Result<std::string> chinese = to_utf8(text, "GB18030");
  if (chinese.ok() && std::ranges::count_if(text, is_beyond_ascii) > 1) {
    reason += "; the line is valid GB18030, which --encoding GB18030 reads";
  }
  return reason;
}

}  // namespace barker
