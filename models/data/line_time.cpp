#include "models/data/line_time.h"

#include "models/data/json_fields.h"
#include "models/text/encoding.h"
#include "models/text/fingerprint.h"

namespace barker {
namespace {

using json_fields::Json;

// Takes the values of a JSON text one after the other, and ends the reading by false when it has
// seen what is wanted.
class PlaceFinder : public nlohmann::json_sax<Json> {
 public:
  explicit PlaceFinder(bool wants_user) : wants_user_(wants_user) {}

  LinePlace place;

  bool null() override { return go_on(); }
  bool boolean(bool) override { return go_on(); }
  bool number_integer(number_integer_t value) override { return number(value); }
  bool number_unsigned(number_unsigned_t value) override { return number(value); }
  bool number_float(number_float_t value, const string_t&) override { return number(value); }
  bool string(string_t& text) override {
    if (is_user_) place.user = fingerprint(text);
    return go_on();
  }
  bool binary(binary_t&) override { return go_on(); }
  bool start_object(size_t) override { return begin(); }
  bool start_array(size_t) override { return begin(); }
  bool end_object() override { return end(); }
  bool end_array() override { return end(); }
  bool key(string_t& name) override {
    is_time_ = depth_ == 1 && name == "time";
    is_user_ = depth_ == 1 && name == "user";
    return true;
  }
  bool parse_error(size_t, const std::string&, const nlohmann::detail::exception&) override {
    return false;
  }

 private:
  // Whether something is still to be found.
  bool go_on() {
    is_time_ = is_user_ = false;
    return !place.time || (wants_user_ && !place.user);
  }
  bool begin() {
    ++depth_;
    return go_on();
  }
  bool end() {
    --depth_;
    return true;
  }
  template <typename Number>
  bool number(Number value) {
    if (!is_time_) return go_on();
    try {
      place.time = json_fields::read_integer(Json(value), "time");
    } catch (const json_fields::Wrong&) {  // the reader of the event says what is wrong
      return false;
    }
    return go_on();
  }

  int depth_ = 0;
  const bool wants_user_;
  bool is_time_ = false, is_user_ = false;  // which of them the next value is
};

LinePlace find(std::string_view line, const std::string& encoding, bool wants_user) {
  std::string converted;
  const Result<std::string_view> utf8 =
      encoding.empty() ? Result<std::string_view>(line) : as_utf8(line, encoding, converted);
  if (!utf8.ok()) return {};
  PlaceFinder finder(wants_user);
  static_cast<void>(Json::sax_parse(*utf8, &finder));
  return finder.place;
}

}  // namespace

LinePlace place_of_line(std::string_view line, const std::string& encoding) {
  return find(line, encoding, true);
}

std::optional<int64_t> time_of_line(std::string_view line, const std::string& encoding) {
  return find(line, encoding, false).time;
}

}  // namespace barker
