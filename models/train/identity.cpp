#include "models/train/identity.h"

#include <sstream>
#include <utility>
#include <vector>

namespace barker {
namespace {

constexpr char kData[] = "data ";

using Entries = std::vector<std::pair<std::string, std::string>>;  // name, value

// The lines of an identity in their order, each under its full name ("train.seed").
Entries entries_of(const std::string& identity) {
  Entries entries;
  std::istringstream lines(identity);
  std::string section;
  for (std::string line; std::getline(lines, line);) {
    const size_t equals = line.find(" = ");
    if (line.starts_with(kData)) {
      entries.emplace_back("data", line.substr(sizeof kData - 1));
    } else if (line.starts_with('[') && line.ends_with(']')) {
      section = line.substr(1, line.size() - 2) + ".";
    } else if (equals != std::string::npos) {
      entries.emplace_back(section + line.substr(0, equals), line.substr(equals + 3));
    } else if (!line.empty()) {
      entries.emplace_back(line, "present");
    }
  }
  return entries;
}

std::string value_of(const Entries& entries, const std::string& name) {
  for (const auto& [entry, value] : entries) {
    if (entry == name) return value;
  }
  return "nothing";
}

}  // namespace

std::string identity_of(const Dataset& data, const TrainOptions& options,
                        const std::optional<Increment>& increment) {
  // The options of increments change nothing where there is none.
  TrainOptions of_run = options;
  if (!increment) of_run.increment = {};
  return std::string(kData) + std::string(data.digest()) + ", " +
         std::to_string(data.instances_of(Split::kTrain, Task::kMain)) + " + " +
         std::to_string(data.instances_of(Split::kTrain, Task::kAuxiliary)) +
         " training instances\n" + options_to_toml(of_run) +
         (increment ? "[start]\ntrained_to = " + std::to_string(increment->after) + "\n" : "");
}

std::string identity_differences(const std::string& a, const std::string& a_place,
                                 const std::string& b, const std::string& b_place) {
  const Entries in_a = entries_of(a), in_b = entries_of(b);
  std::string differences;
  const auto add = [&](const std::string& name) {
    const std::string left = value_of(in_a, name), right = value_of(in_b, name);
    if (left == right) return;
    differences += (differences.empty() ? "" : "; ") + name + ": " + left + " " + a_place + ", " +
                   right + " " + b_place;
  };
  for (const auto& [name, value] : in_a) add(name);
  for (const auto& [name, value] : in_b) {
    if (value_of(in_a, name) == "nothing") add(name);  // an option that only b has
  }
  return differences;
}

}  // namespace barker
