// Finds the first field of a JSON text whose name stands twice in its object. A parser keeps one of
// the two values, and which one was meant is not certain.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace barker {

// For one text; look_at() is called for each event of its parser, in their order.
class RepeatedField {
 public:
  void look_at(nlohmann::json::parse_event_t event, const nlohmann::json& value) {
    using Event = nlohmann::json::parse_event_t;
    if (path_) return;
    const bool is_start = event == Event::object_start || event == Event::array_start;
    if ((is_start || event == Event::value) && !open_.empty()) ++open_.back().values;
    if (is_start) {
      open_.emplace_back().is_list = event == Event::array_start;
    } else if (event == Event::object_end || event == Event::array_end) {
      open_.pop_back();
    } else if (event == Event::key) {
      Open& object = open_.back();
      const auto [name, is_new] = object.names.insert(value.get<std::string>());
      object.name = &*name;
      if (!is_new) path_ = path();
    }
  }
  // Such as "events[3].user".
  const std::optional<std::string>& found() const { return path_; }

 private:
  struct Open {  // an object or a list, whose end is still to come
    bool is_list = false;
    size_t values = 0;  // that began
    std::unordered_set<std::string> names;
    const std::string* name = nullptr;  // the last one
  };
  std::string path() const {
    std::string path;
    for (const Open& open : open_) {
      if (open.is_list) {
        path += "[" + std::to_string(open.values - 1) + "]";
      } else {
        path += (path.empty() ? "" : ".") + *open.name;
      }
    }
    return path;
  }

  std::vector<Open> open_;  // the innermost last
  std::optional<std::string> path_;
};

// Parses the text; `repeated` is the path of the first field that is given twice, whose last value
// the JSON has then. Throws what nlohmann::json::parse() throws.
inline nlohmann::json parse_json(std::string_view text, std::optional<std::string>& repeated) {
  RepeatedField field;
  const auto look = [&](int, nlohmann::json::parse_event_t event, nlohmann::json& value) {
    field.look_at(event, value);
    return true;
  };
  nlohmann::json json = nlohmann::json::parse(text, look);
  repeated = field.found();
  return json;
}

}  // namespace barker
