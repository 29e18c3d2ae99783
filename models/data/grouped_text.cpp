#include "models/data/grouped_text.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>

#include "models/data/json_fields.h"
#include "models/text/encoding.h"
#include "models/weights/groups.h"

namespace barker {
namespace {

constexpr std::string_view kMark = "#groups";

struct Feature {
  std::string token;
  float weight = 1;
};

// The characters of `more` get a backslash, too. An empty token is written as \e.
std::string escaped(std::string_view token, std::string_view more = "") {
  if (token.empty()) return "\\e";
  std::string out;
  for (const char c : token) {
    if (c == '\t' || c == '\n') {
      out += c == '\t' ? "\\t" : "\\n";
      continue;
    }
    if (std::string_view("{};:\\").find(c) != std::string_view::npos ||
        more.find(c) != std::string_view::npos) {
      out += '\\';
    }
    out += c;
  }
  return out;
}

using json_fields::Wrong;  // of a line, which then is reported

// Takes a token from the front of a text, up to the first character of `until` that is not escaped.
std::string take_token(std::string_view& text, std::string_view until) {
  std::string out;
  while (!text.empty() && until.find(text.front()) == std::string_view::npos) {
    char c = text.front();
    text.remove_prefix(1);
    if (c == '\\') {
      if (text.empty()) throw Wrong{"a backslash at the end"};
      c = text.front();
      text.remove_prefix(1);
      if (c == 'e') continue;
      if (c == 't' || c == 'n') c = c == 't' ? '\t' : '\n';
    }
    out += c;
  }
  return out;
}

char take(std::string_view& text, const std::string& where) {
  if (text.empty()) throw Wrong{where + ": the line ends too early"};
  const char c = text.front();
  text.remove_prefix(1);
  return c;
}

std::vector<Feature> take_group(std::string_view& text, const std::string& name) {
  if (take(text, name) != '{') throw Wrong{name + ": expected {"};
  std::vector<Feature> features;
  if (!text.empty() && text.front() == '}') {
    text.remove_prefix(1);
    return features;
  }
  for (;;) {
    const size_t left = text.size();
    Feature feature{take_token(text, ";:}"), 1};
    if (text.size() == left) throw Wrong{name + ": an empty feature"};
    char next = take(text, name);
    if (next == ':') {
      const std::string weight = take_token(text, ";}");
      const auto [end, error] =
          std::from_chars(weight.data(), weight.data() + weight.size(), feature.weight);
      if (error != std::errc() || end != weight.data() + weight.size() ||
          !(feature.weight >= 0 && feature.weight <= 1e6f)) {
        throw Wrong{name + ": expected a weight from 0 to 1e6, found \"" + weight + "\""};
      }
      next = take(text, name);
    }
    features.push_back(std::move(feature));
    if (next == '}') return features;
    if (next != ';') throw Wrong{name + ": expected ; or }"};
  }
}

std::vector<std::string> tokens_of(const std::vector<Feature>& features) {
  std::vector<std::string> out;
  for (const Feature& f : features) out.push_back(f.token);
  return out;
}

class GroupedReader {
 public:
  explicit GroupedReader(std::vector<std::string> groups) : groups_(std::move(groups)) {}

  // Adds a line. If it begins a new search, the search before it is returned.
  std::optional<SearchEvent> add(std::string_view line) {
    const std::string_view label = take_field(line), task = take_field(line);
    std::string_view key = take_field(line);
    if (label != "0" && label != "1") {
      throw Wrong{"label: expected 0 or 1, found \"" + std::string(label) + "\""};
    }
    if (task != "S" && task != "C") {
      throw Wrong{"task: expected S or C, found \"" + std::string(task) + "\""};
    }
    SearchEvent event = read_key(key);
    std::vector<Feature> target;
    for (const std::string& name : groups_) {
      std::vector<Feature> features = take_group(line, name);
      const GroupSource source = group_source(name);
      if (source == GroupSource::kHistory) {
        event.user_keywords = tokens_of(features);
      } else if (source == GroupSource::kQuery) {
        event.query_keywords = tokens_of(features);
      } else if (name == kTargetGroup) {
        target = std::move(features);
      } else if (source == GroupSource::kSfHistory || !features.empty()) {
        event.groups.push_back(group_of(name, features));
      }
    }
    if (!line.empty()) throw Wrong{"more groups than the header names"};
    if (task == "S" && target.size() != 1) throw Wrong{"target: an S line has exactly one SF"};

    std::optional<SearchEvent> ended;
    if (open_ && key_ != key) ended = finish();
    if (!open_) {
      open_ = std::move(event);
      key_ = key;
    }
    const bool clicked = label == "1";
    if (task == "S") {
      open_->sfs.push_back({target[0].token, clicked});
    } else {
      open_->ads.push_back({"", "", tokens_of(target), clicked});
    }
    return ended;
  }

  std::optional<SearchEvent> finish() {
    std::optional<SearchEvent> out = std::move(open_);
    open_.reset();
    return out;
  }

 private:
  static std::string_view take_field(std::string_view& line) {
    const size_t tab = line.find('\t');
    if (tab == std::string_view::npos) {
      throw Wrong{"expected label, task, key and groups with tabs in between"};
    }
    const std::string_view field = line.substr(0, tab);
    line.remove_prefix(tab + 1);
    return field;
  }

  static SearchEvent read_key(std::string_view key) {
    SearchEvent event;
    const auto take_part = [&] {
      std::string part = take_token(key, ":");
      if (key.empty()) throw Wrong{"key: expected user:search:time"};
      key.remove_prefix(1);  // the colon
      return part;
    };
    event.user = take_part();
    event.search = take_part();
    if (event.user.empty()) throw Wrong{"key: expected user:search:time, found no user"};
    const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), event.time);
    if (error != std::errc() || end != key.data() + key.size()) {
      throw Wrong{"key: expected an integer time, found \"" + std::string(key) + "\""};
    }
    return event;
  }

  static FeatureGroup group_of(const std::string& name, const std::vector<Feature>& features) {
    FeatureGroup group{name, tokens_of(features)};
    const bool weighted = std::any_of(features.begin(), features.end(),
                                      [](const Feature& f) { return f.weight != 1; });
    for (const Feature& f : features) {
      if (weighted) group.weights.push_back(f.weight);
    }
    return group;
  }

  std::vector<std::string> groups_;
  std::optional<SearchEvent> open_;
  std::string key_;
};

Result<std::vector<std::string>> read_header(std::string_view line, const std::string& path) {
  if (!line.starts_with(kMark)) {
    return bad_data(path + ":1: expected a header line \"#groups hist query target ...\"");
  }
  line.remove_prefix(kMark.size());
  std::vector<std::string> names;
  while (!line.empty()) {
    const size_t begin = line.find_first_not_of(' ');
    if (begin == std::string_view::npos) break;
    line.remove_prefix(begin);
    try {
      names.push_back(take_token(line, " "));
    } catch (const Wrong& wrong) {
      return bad_data(path + ":1: " + wrong.reason);
    }
  }
  for (const char* required : {kHistoryGroup, kQueryGroup, kTargetGroup}) {
    if (std::count(names.begin(), names.end(), required) != 1) {
      return bad_data(path + ":1: the header must name the group \"" + required + "\" once");
    }
  }
  std::vector<std::string> sorted = names;
  std::ranges::sort(sorted);
  if (const auto twice = std::ranges::adjacent_find(sorted); twice != sorted.end()) {
    return bad_data(path + ":1: the header names the group \"" + *twice + "\" twice");
  }
  return names;
}

}  // namespace

Result<bool> is_grouped_text(const RepeatableLog& text) {
  Result<LineReader> lines = text.lines();
  if (!lines.ok()) return lines.status();
  std::string_view first;
  return lines->next(first) && first.starts_with(kMark);
}

Result<uint64_t> read_grouped_text(const RepeatableLog& text, const std::string& encoding,
                                   BadLines& bad,
                                   const std::function<Status(const SearchEvent&)>& sink) {
  Result<LineReader> lines = text.lines();
  if (!lines.ok()) return lines.status();
  std::string_view line;
  if (!lines->next(line)) return bad_data(text.name() + ": empty, not even a header");
  Result<std::vector<std::string>> header = read_header(line, text.name());
  if (!header.ok()) return header.status();
  GroupedReader reader(std::move(*header));
  const auto deliver = [&](const std::optional<SearchEvent>& event) {
    return event ? sink(*event) : Status();
  };
  std::string converted;
  uint64_t rows = 0;
  while (lines->next(line)) {
    if (is_blank(line)) continue;
    ++rows;
    const Result<std::string_view> utf8 = as_utf8(line, encoding, converted);
    if (!utf8.ok()) {
      bad.add(lines->number(), utf8.status().message());
      continue;
    }
    try {
      if (Status s = deliver(reader.add(*utf8)); !s.ok()) return s;
    } catch (const Wrong& wrong) {
      bad.add(lines->number(), wrong.reason);
    }
  }
  if (!lines->status().ok()) return lines->status();
  if (Status s = deliver(reader.finish()); !s.ok()) return s;
  if (rows == 0) return bad_data(text.name() + ": expected lines behind the header, found none");
  return rows;
}

Status write_grouped_text(const Dataset& data, size_t history_length,
                          const std::function<Status(std::string_view)>& sink) {
  std::string header = "#groups";
  for (const char* name : {kHistoryGroup, kSfHistoryGroup, kQueryGroup, kTargetGroup}) {
    header.append(" ").append(name);
  }
  for (const std::string& name : data.groups()) header.append(" ").append(escaped(name, " "));
  if (Status s = sink(header + "\n"); !s.ok()) return s;
  const auto group_of = [&](std::span<const uint32_t> keywords) {
    std::string out;
    for (const uint32_t keyword : keywords) {
      if (keyword != kUnknownKeyword)
        out += (out.empty() ? "" : ";") + escaped(data.keyword(keyword));
    }
    return "{" + out + "}";
  };
  const auto newest_first = [&](std::span<const uint32_t> history) {
    history = history.last(std::min(history_length, history.size()));
    return std::vector<uint32_t>(history.rbegin(), history.rend());
  };
  for (uint32_t i = 0; i < data.searches(); ++i) {
    const SearchView search = data.search(i);
    const std::string key = escaped(data.user(search.user)) + ":s" + std::to_string(i) + ":" +
                            std::to_string(search.time) + "\t";
    const std::string before = group_of(newest_first(search.history)) +
                               group_of(newest_first(search.sf_history)) + group_of(search.query);
    std::string after;
    for (size_t g = 0; g < data.groups().size(); ++g) {
      const FeatureBag bag = data.group(i, g);
      after += "{";
      for (size_t f = 0; f < bag.features.size(); ++f) {
        const std::string_view name = data.feature(bag.features[f]);
        after += (f ? ";" : "") + escaped(name.substr(data.groups()[g].size() + 1));
        if (bag.weights[f] != 1) {
          char weight[32];
          const auto end = std::to_chars(weight, weight + sizeof weight, bag.weights[f]).ptr;
          (after += ":").append(weight, end);
        }
      }
      after += "}";
    }
    const auto write = [&](char label, char task, const std::string& target) {
      return sink(std::string{label, '\t', task, '\t'} + key + before + target + after + "\n");
    };
    for (size_t s = 0; s < search.sfs.size(); ++s) {
      if (search.sfs[s] == kUnknownKeyword) continue;
      const std::string sf = group_of({&search.sfs[s], 1});
      if (Status st = write(search.sf_clicked[s] ? '1' : '0', 'S', sf); !st.ok()) return st;
    }
    for (size_t a = 0; a < search.ads.size(); ++a) {
      const std::string title = group_of(data.title(search.ads[a]));
      if (Status st = write(search.ad_clicked[a] ? '1' : '0', 'C', title); !st.ok()) return st;
    }
  }
  return {};
}

}  // namespace barker
