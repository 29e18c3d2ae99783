#include "index/server/fields.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "index/profiles/profile_record.h"
#include "models/base/ascii.h"
#include "models/base/number_text.h"
#include "models/base/repeated_field.h"
#include "models/base/utf8.h"
#include "models/text/probably_meant.h"
#include "plugin/barker.h"

namespace barker {
namespace {

std::string in_quotes(std::string_view text) {
  constexpr size_t kMostShown = 60;  // bytes
  if (text.size() <= kMostShown) return "\"" + std::string(text) + "\"";
  size_t end = kMostShown;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return "\"" + std::string(text.substr(0, end)) + "...\"";
}

std::string unknown(const char* what, std::string_view name,
                    const std::vector<std::string_view>& known) {
  std::string detail = std::string("There is no ") + what + " " + in_quotes(name) + ". ";
  const std::string_view meant = probably_meant(name, known);
  if (!meant.empty()) return detail + "Did you mean \"" + std::string(meant) + "\"?";
  if (known.empty()) return detail + "None is read here.";
  detail += "There are";
  for (size_t i = 0; i < known.size(); ++i) {
    detail += (i == 0 ? " " : ", ") + std::string(known[i]);
  }
  return detail + ".";
}

// Why no path could name a user of this id, to show or forget what is stored of the user, so that
// nothing is to be stored; empty where one can.
std::string why_unnameable(std::string_view user) {
  if (std::ranges::any_of(user, is_ascii_control)) {
    return "Expected an id of a user without control characters, which no path can name.";
  }
  if (user == "." || user == "..") {
    return "Expected an id of a user other than \".\" and \"..\", which no path can name.";
  }
  return "";
}

std::string bounds(uint64_t least, uint64_t most) {
  return "a whole number from " + std::to_string(least) + " to " + std::to_string(most);
}

std::string too_long(const std::string& text, size_t most_bytes) {
  return "The text has " + std::to_string(text.size()) + " bytes; at most " +
         std::to_string(most_bytes) + " are read.";
}

}  // namespace

// ---- parameters

void Parameters::fail(ProblemKind kind, const std::string& detail, const std::string& field) {
  if (!fault_) fault_ = Fault{kind, detail, field};
}

const std::string* Parameters::find(const char* name) {
  known_.push_back(name);
  const std::string* found = nullptr;
  for (const auto& [given, value] : target_.parameters) {
    if (given != name) continue;
    if (found) fail(ProblemKind::kRepeated, "The parameter is given twice.", name);
    found = &value;
  }
  return found;
}

std::optional<std::string> Parameters::text(const char* name, size_t most_bytes) {
  const std::string* value = find(name);
  if (!value) return std::nullopt;
  if (value->size() > most_bytes) {
    fail(ProblemKind::kBadValue, too_long(*value, most_bytes), name);
    return std::nullopt;
  }
  return *value;
}

std::optional<std::string> Parameters::user(const char* name) {
  std::optional<std::string> user = text(name, kMostUserIdBytes);
  const std::string why = why_unnameable(user.value_or(""));
  if (!why.empty()) fail(ProblemKind::kBadValue, why, name);
  return user;
}

std::optional<uint64_t> Parameters::whole(const char* name, uint64_t least, uint64_t most) {
  const std::string* value = find(name);
  if (!value) return std::nullopt;
  uint64_t number = 0;
  const char* const end = value->data() + value->size();
  const auto parsed = std::from_chars(value->data(), end, number);
  if (parsed.ec != std::errc() || parsed.ptr != end || number < least || number > most) {
    fail(ProblemKind::kBadValue, "Expected " + bounds(least, most) + ", found " + in_quotes(*value),
         name);
    return std::nullopt;
  }
  return number;
}

std::optional<bool> Parameters::flag(const char* name) {
  const std::string* value = find(name);
  if (!value) return std::nullopt;
  if (value->empty() || *value == "1" || *value == "true") return true;
  if (*value != "0" && *value != "false") {
    fail(ProblemKind::kBadValue, "Expected 0, 1, false or true, found " + in_quotes(*value), name);
  }
  return false;
}

void Parameters::require(const char* name) {
  if (std::ranges::none_of(target_.parameters, [&](const auto& p) { return p.first == name; })) {
    fail(ProblemKind::kMissing, "The parameter is missing.", name);
  }
}

std::optional<Fault> Parameters::finish() {
  for (const auto& [name, value] : target_.parameters) {
    if (std::ranges::find(known_, name) != known_.end()) continue;
    fail(ProblemKind::kUnknownName, unknown("parameter", name, known_), name);
  }
  return fault_;
}

// ---- fields

Fields::Fields(const Json& object, std::string where, std::optional<Fault>& fault)
    : object_(object), where_(std::move(where)), fault_(fault) {
  if (!object_.is_object()) expected("an object", object_, where_);
}

std::string Fields::path_of(const std::string& name) const {
  return where_.empty() ? name : where_ + "." + name;
}

void Fields::fail(ProblemKind kind, const std::string& detail, const std::string& field) {
  if (!fault_) fault_ = Fault{kind, detail, field};
}

void Fields::expected(const char* what, const Json& found, const std::string& field) {
  const std::string shown = found.is_string() ? "the text " + in_quotes(found.get<std::string>())
                            : found.is_number()
                                ? found.dump()
                                : std::string("a value of type ") + found.type_name();
  fail(ProblemKind::kBadValue, std::string("Expected ") + what + ", found " + shown + ".", field);
}

const Fields::Json* Fields::find(const char* name) {
  known_.push_back(name);
  if (!object_.is_object()) return nullptr;
  const auto found = object_.find(name);
  return found == object_.end() ? nullptr : &*found;
}

std::optional<std::string> Fields::text(const char* name, size_t most_bytes) {
  const Json* value = find(name);
  if (!value) return std::nullopt;
  if (!value->is_string()) {
    expected("a text", *value, path_of(name));
    return std::nullopt;
  }
  const auto& text = value->get_ref<const std::string&>();
  if (text.size() > most_bytes) {
    fail(ProblemKind::kBadValue, too_long(text, most_bytes), path_of(name));
    return std::nullopt;
  }
  return text;
}

std::string Fields::filled_text(const char* name, size_t most_bytes) {
  const std::optional<std::string> given = text(name, most_bytes);
  if (given && given->empty()) fail(ProblemKind::kBadValue, "The text is empty.", path_of(name));
  return given.value_or("");
}

std::optional<std::string> Fields::user(const char* name) {
  std::optional<std::string> user = text(name, kMostUserIdBytes);
  const std::string why = why_unnameable(user.value_or(""));
  if (!why.empty()) fail(ProblemKind::kBadValue, why, path_of(name));
  return user;
}

std::optional<uint64_t> Fields::whole(const char* name, uint64_t least, uint64_t most) {
  const Json* value = find(name);
  if (!value) return std::nullopt;
  // 2.0 is a whole number, too, and doubles hold all whole numbers that are read here.
  const double number = value->is_number() ? value->get<double>() : -1;
  if (!(number >= static_cast<double>(least) && number <= static_cast<double>(most)) ||
      number != std::floor(number)) {
    expected(bounds(least, most).c_str(), *value, path_of(name));
    return std::nullopt;
  }
  return static_cast<uint64_t>(number);
}

std::optional<double> Fields::number(const char* name, double least, double most) {
  const Json* value = find(name);
  if (!value) return std::nullopt;
  const double number = value->is_number() ? value->get<double>() : least - 1;
  if (!(number >= least && number <= most)) {
    expected(
        ("a number from " + rounded_number_text(least, 6) + " to " + rounded_number_text(most, 6))
            .c_str(),
        *value, path_of(name));
    return std::nullopt;
  }
  return number;
}

std::optional<bool> Fields::flag(const char* name) {
  const Json* value = find(name);
  if (!value) return std::nullopt;
  if (!value->is_boolean()) {
    expected("true or false", *value, path_of(name));
    return std::nullopt;
  }
  return value->get<bool>();
}

std::optional<std::vector<std::string>> Fields::texts(const char* name, size_t most,
                                                      size_t most_bytes) {
  const Json* values = list(name, most);
  if (!values) return std::nullopt;
  std::vector<std::string> texts;
  for (size_t i = 0; i < values->size(); ++i) {
    const std::string field = path_of(name) + "[" + std::to_string(i) + "]";
    const Json& value = (*values)[i];
    if (!value.is_string()) {
      expected("a text", value, field);
      return std::nullopt;
    }
    texts.push_back(value.get<std::string>());
    if (texts.back().size() > most_bytes) {
      fail(ProblemKind::kBadValue, too_long(texts.back(), most_bytes), field);
      return std::nullopt;
    }
  }
  return texts;
}

const Fields::Json* Fields::list(const char* name, size_t most) {
  const Json* value = find(name);
  if (!value) return nullptr;
  if (!value->is_array()) {
    expected("a list", *value, path_of(name));
    return nullptr;
  }
  if (value->size() > most) {
    fail(ProblemKind::kBadValue,
         "The list has " + std::to_string(value->size()) + " entries; at most " +
             std::to_string(most) + " are read.",
         path_of(name));
    return nullptr;
  }
  return value;
}

const Fields::Json* Fields::object(const char* name) {
  const Json* value = find(name);
  if (!value) return nullptr;
  if (!value->is_object()) {
    expected("an object", *value, path_of(name));
    return nullptr;
  }
  return value;
}

void Fields::require(const char* name) {
  if (object_.is_object() && !object_.contains(name)) {
    fail(ProblemKind::kMissing, "The field is missing.", path_of(name));
  }
}

void Fields::finish() {
  if (!object_.is_object()) return;
  for (const auto& [name, value] : object_.items()) {
    if (std::ranges::find(known_, name) != known_.end()) continue;
    fail(ProblemKind::kUnknownName, unknown("field", name, known_), path_of(name));
  }
}

std::optional<Fault> check_content_type(const HttpRequest& request, std::string_view taken) {
  const std::string type =
      ascii_lower_case(request.content_type.substr(0, request.content_type.find_first_of("; \t")));
  if (type.empty() || type == taken) return std::nullopt;
  return Fault{ProblemKind::kUnsupportedMediaType,
               "Expected " + std::string(taken) + ", found " + in_quotes(type) + ".", ""};
}

std::optional<Fault> parse_body(const HttpRequest& request, nlohmann::json& object) {
  if (std::optional<Fault> fault = Parameters(request.target).finish()) return fault;
  if (std::optional<Fault> fault = check_content_type(request, "application/json")) return fault;
  const std::string& body = request.body;
  if (!is_valid_utf8(body)) {
    return Fault{ProblemKind::kInvalidUtf8, "The body is not valid UTF-8.", ""};
  }
  // The parser itself keeps no stack, but no honest request is so deep.
  constexpr int kDeepest = 8;
  RepeatedField repeated;
  try {
    bool is_too_deep = false;
    const auto look = [&](int depth, nlohmann::json::parse_event_t event, nlohmann::json& value) {
      is_too_deep = is_too_deep || depth > kDeepest;
      if (!is_too_deep) repeated.look_at(event, value);
      return !is_too_deep;
    };
    object = nlohmann::json::parse(body, look);
    if (is_too_deep) {
      return Fault{ProblemKind::kBadJson,
                   "The values are nested more than " + std::to_string(kDeepest) + " times.", ""};
    }
  } catch (const nlohmann::json::parse_error& error) {
    return Fault{ProblemKind::kBadJson,
                 "The body is not JSON at byte " + std::to_string(error.byte) + ".", ""};
  } catch (const nlohmann::json::out_of_range&) {
    return Fault{ProblemKind::kBadJson, "The body holds a number that is too large.", ""};
  }
  if (repeated.found()) {
    return Fault{ProblemKind::kRepeated, "The field is given twice.", *repeated.found()};
  }
  if (!object.is_object()) {
    return Fault{
        ProblemKind::kBadJson,
        std::string("Expected a JSON object, found a value of type ") + object.type_name() + ".",
        ""};
  }
  return std::nullopt;
}

std::string json_line(const nlohmann::ordered_json& json) {
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

std::vector<std::string> split_list(const std::string& text) {
  std::vector<std::string> parts(1);
  for (size_t i = 0; i < text.size(); ++i) {
    const char next = i + 1 < text.size() ? text[i + 1] : '\0';
    if (text[i] == ',') {
      parts.emplace_back();
    } else if (text[i] == '\\' && (next == ',' || next == '\\')) {
      parts.back() += next;
      ++i;
    } else {
      parts.back() += text[i];
    }
  }
  std::erase(parts, "");
  return parts;
}

}  // namespace barker
