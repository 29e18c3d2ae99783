#include "models/data/line_time.h"

#include "models/data/json_fields.h"
#include "models/text/encoding.h"

namespace barker {
namespace {

using json_fields::Json;

// Takes the values of a JSON text one after the other, and ends the reading by false when it has
// seen the time.
class TimeFinder : public nlohmann::json_sax<Json> {
 public:
  std::optional<int64_t> time;

  bool null() override { return go_on(); }
  bool boolean(bool) override { return go_on(); }
  bool number_integer(number_integer_t value) override { return number(value); }
  bool number_unsigned(number_unsigned_t value) override { return number(value); }
  bool number_float(number_float_t value, const string_t&) override { return number(value); }
  bool string(string_t&) override { return go_on(); }
  bool binary(binary_t&) override { return go_on(); }
  bool start_object(size_t) override { return begin(); }
  bool start_array(size_t) override { return begin(); }
  bool end_object() override { return end(); }
  bool end_array() override { return end(); }
  bool key(string_t& name) override {
    is_time_ = depth_ == 1 && name == "time";
    return true;
  }
  bool parse_error(size_t, const std::string&, const nlohmann::detail::exception&) override {
    return false;
  }

 private:
  bool go_on() {
    is_time_ = false;
    return true;
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
    if (!is_time_) return true;
    try {
      time = json_fields::read_integer(Json(value), "time");
    } catch (const json_fields::Wrong&) {  // the reader of the event says what is wrong
    }
    return false;
  }

  int depth_ = 0;
  bool is_time_ = false;  // the next value is the time
};

}  // namespace

std::optional<int64_t> time_of_line(std::string_view line, const std::string& encoding) {
  std::string converted;
  const Result<std::string_view> utf8 =
      encoding.empty() ? Result<std::string_view>(line) : as_utf8(line, encoding, converted);
  if (!utf8.ok()) return std::nullopt;
  TimeFinder finder;
  static_cast<void>(Json::sax_parse(*utf8, &finder));
  return finder.time;
}

}  // namespace barker
