// show: the instances of a log or dataset as people and scripts read them.
#include <algorithm>
#include <cmath>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "models/base/exit_code.h"
#include "models/base/number_text.h"
#include "models/base/one_line.h"
#include "models/base/output_file.h"
#include "models/cli/commands.h"
#include "models/cli/shared_options.h"
#include "models/command/options.h"
#include "models/data/time_check.h"
#include "models/text/text.h"

namespace barker {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kTasks[] = {"main", "auxiliary"};

struct ShowFlags {
  std::vector<std::string> data;
  std::string split, task, user;
  uint64_t limit = 20;
  bool json = false;
  DatasetOptions dataset;
};

// The words of a search and of what it showed. A keyword that training never saw has no word.
class Words {
 public:
  explicit Words(const Dataset& data) : data_(data) {}

  Json word(uint32_t keyword) const {
    return keyword == kUnknownKeyword ? Json() : Json(data_.keyword(keyword));
  }

  Json list(std::span<const uint32_t> keywords) const {
    Json out = Json::array();
    for (const uint32_t keyword : keywords) out.push_back(word(keyword));
    return out;
  }

  // {"age": [{"token": "18-24", "weight": 1}]}
  Json groups(uint32_t search) const {
    Json out = Json::object();
    for (size_t g = 0; g < data_.groups().size(); ++g) {
      const FeatureBag bag = data_.group(search, g);
      if (bag.features.empty()) continue;
      Json& tokens = out[data_.groups()[g]] = Json::array();
      for (size_t f = 0; f < bag.features.size(); ++f) {
        // The name of a feature is "group=token".
        const std::string_view name =
            data_.feature(bag.features[f]).substr(data_.groups()[g].size() + 1);
        tokens.push_back({{"token", name}, {"weight", bag.weights[f]}});
      }
    }
    return out;
  }

 private:
  const Dataset& data_;
};

struct Shown {  // the instances of one search and task
  std::span<const uint32_t> what;
  std::span<const uint8_t> clicked;
  std::span<const float> truth;
};

Shown shown_of(const SearchView& search, Task task) {
  if (task == Task::kMain) return {search.sfs, search.sf_clicked, search.sf_truth};
  return {search.ads, search.ad_clicked, search.ad_truth};
}

std::string json_lines(const Dataset& data, const SearchView& search, Task task, size_t count) {
  const Words words(data);
  const Shown shown = shown_of(search, task);
  Json line = {{"task", kTasks[static_cast<size_t>(task)]},
               {"split", kSplitNames[static_cast<size_t>(search.split)]},
               {"search", search.index},
               {"time", search.time},
               {"user", data.user(search.user)},
               {"category", data.category(search.category)},
               {"query", words.list(search.query)},
               {"history", words.list(search.history)},
               {"sf_history", words.list(search.sf_history)},
               {"groups", words.groups(search.index)}};
  std::string out;
  for (size_t i = 0; i < count; ++i) {
    line["position"] = i + 1;
    if (task == Task::kMain) {
      line["keyword"] = words.word(shown.what[i]);
    } else {
      line["title"] = words.list(data.title(shown.what[i]));
    }
    line["label"] = shown.clicked[i] ? 1 : 0;
    if (std::isfinite(shown.truth[i])) line["truth"] = shown.truth[i];
    out += line.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  }
  return out;
}

std::string joined(const Json& words) {
  std::string out;
  for (const Json& word : words) {
    out += (out.empty() ? "" : "; ") +
           (word.is_null() ? "(unknown)" : one_line(word.get<std::string>()));
  }
  return out.empty() ? "(none)" : out;
}

// The search and its context, which its instances share.
std::string head_text(const Dataset& data, const SearchView& search) {
  const Words words(data);
  std::string out = "search " + std::to_string(search.index) + "  " +
                    kSplitNames[static_cast<size_t>(search.split)] + "  " + time_text(search.time) +
                    "  user " + one_line(data.user(search.user));
  if (search.category > 0) out += "  category " + one_line(data.category(search.category));
  out += "\n  query    " + joined(words.list(search.query));
  out += "\n  history  " + joined(words.list(search.history));
  out += "\n  clicked SFs before  " + joined(words.list(search.sf_history)) + "\n";
  const Json groups = words.groups(search.index);
  for (const auto& [group, tokens] : groups.items()) {
    out += "  group " + one_line(group) + "  ";
    for (const Json& token : tokens) {
      out += (&token == &tokens.front() ? "" : "; ") + one_line(token["token"].get<std::string>()) +
             " (" + number_text(token["weight"].get<float>()) + ")";
    }
    out += "\n";
  }
  return out;
}

std::string instance_text(const Dataset& data, const SearchView& search, Task task, size_t count) {
  const Words words(data);
  const Shown shown = shown_of(search, task);
  std::string out;
  for (size_t i = 0; i < count; ++i) {
    const bool main = task == Task::kMain;
    out += (main ? "  SF " : "  ad ") + std::to_string(i + 1) +
           (shown.clicked[i] ? "  clicked      " : "  not clicked  ") +
           joined(main ? Json::array({words.word(shown.what[i])})
                       : words.list(data.title(shown.what[i]))) +
           "\n";
  }
  return out;
}

bool is_wanted(const ShowFlags& o, const Dataset& data, const SearchView& search) {
  return (o.split.empty() || o.split == kSplitNames[static_cast<size_t>(search.split)]) &&
         (o.user.empty() || o.user == data.user(search.user));
}

Result<int> run(const ShowFlags& o) {
  const Result<std::shared_ptr<const Dataset>> opened = open_data_to_read(o.data, o.dataset);
  if (!opened.ok()) return opened.status();
  const Dataset& data = **opened;
  OutputFile out("-");
  uint64_t left = o.limit > 0 ? o.limit : UINT64_MAX, printed = 0;
  for (uint32_t s = 0; s < data.searches() && left > 0 && out.status().ok(); ++s) {
    const SearchView search = data.search(s);
    if (!is_wanted(o, data, search)) continue;
    bool has_head = false;
    for (const Task task : {Task::kMain, Task::kAuxiliary}) {
      if (!o.task.empty() && o.task != kTasks[static_cast<size_t>(task)]) continue;
      const size_t count = std::min<uint64_t>(shown_of(search, task).what.size(), left);
      if (count == 0) continue;
      left -= count;
      printed += count;
      if (o.json) {
        out.write(json_lines(data, search, task, count));
        continue;
      }
      if (!has_head) out.write(visible_lines(head_text(data, search)));
      has_head = true;
      out.write(visible_lines(instance_text(data, search, task, count)));
    }
  }
  if (Status s = out.close(); !s.ok()) return s;
  if (printed == 0) std::cerr << "no instance is of that split, task and user\n";
  return kExitOk;
}

}  // namespace

Command add_show_command(CLI::App& app) {
  const auto o = std::make_shared<ShowFlags>();
  CLI::App* command =
      add_subcommand(app, "show", "Print the instances of a log or dataset, as training sees them");
  add_data_option(*command, o->data, "its instances are printed");
  add_log_options(*command, o->dataset);
  one_of(command->add_option("--split", o->split, "Only this split"),
         {std::begin(kSplitNames), std::end(kSplitNames)})
      ->group(kInput);
  one_of(command->add_option("--task", o->task, "Only SFs (main) or ads (auxiliary)"),
         {std::begin(kTasks), std::end(kTasks)})
      ->group(kInput);
  command->add_option("--user", o->user, "Only this user")->type_name("USER")->group(kInput);
  command->add_option("--limit", o->limit, "How many instances are printed; 0 prints all")
      ->group(kOutput);
  command->add_flag("--json", o->json, "Print one JSON object for each instance")->group(kOutput);
  return [o] { return run(*o); };
}

}  // namespace barker
