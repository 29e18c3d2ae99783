#include "models/evaluate/slices.h"

#include <algorithm>
#include <map>
#include <utility>

#include "models/data/time_check.h"

namespace barker {
namespace {

constexpr int64_t kDay = 86'400;  // seconds

std::string day_text(int64_t day) {
  const std::string text = time_text(day * kDay);
  return text.substr(0, text.find(' '));
}

Slicing by_day(const Dataset& data, const InstanceTable& table) {
  std::map<int64_t, std::vector<uint32_t>> days;
  for (uint32_t i = 0; i < table.size(); ++i) {
    const int64_t time = data.search(table.search[i]).time;
    days[time / kDay - (time % kDay < 0 ? 1 : 0)].push_back(i);
  }
  Slicing out;
  for (auto& [day, instances] : days) out.slices.push_back({day_text(day), std::move(instances)});
  out.values = static_cast<uint32_t>(out.slices.size());
  return out;
}

Slicing by_position(const InstanceTable& table) {
  const std::vector<uint32_t> position = positions_of(table);
  Slicing out;
  for (uint32_t i = 0; i < table.size(); ++i) {
    out.values = std::max(out.values, position[i]);
    if (position[i] > kMostSlices) continue;
    while (out.slices.size() < position[i]) {
      out.slices.push_back({std::to_string(out.slices.size() + 1), {}});
    }
    out.slices[position[i] - 1].instances.push_back(i);
  }
  return out;
}

Slicing by_user(const Dataset& data, const InstanceTable& table) {
  std::vector<bool> is_known(table.users);
  for (const Task task : {Task::kMain, Task::kAuxiliary}) {
    for (const uint32_t s : data.searches_of(Split::kTrain, task)) {
      is_known[data.search(s).user] = true;
    }
  }
  InstanceSlice known{"known", {}}, fresh{"new", {}};
  for (uint32_t i = 0; i < table.size(); ++i) {
    (is_known[table.user[i]] ? known : fresh).instances.push_back(i);
  }
  Slicing out;
  for (InstanceSlice* slice : {&known, &fresh}) {
    if (!slice->instances.empty()) out.slices.push_back(std::move(*slice));
  }
  out.values = static_cast<uint32_t>(out.slices.size());
  return out;
}

Slicing by_group(size_t group, const Dataset& data, const InstanceTable& table) {
  constexpr uint32_t kNone = UINT32_MAX;  // of an instance without a feature of the group
  std::map<uint32_t, std::vector<uint32_t>> values;
  for (uint32_t i = 0; i < table.size(); ++i) {
    const FeatureBag bag = data.group(table.search[i], group);
    std::vector<uint32_t> features(bag.features.begin(), bag.features.end());
    if (features.empty()) features.push_back(kNone);
    std::ranges::sort(features);
    features.erase(std::unique(features.begin(), features.end()), features.end());
    for (const uint32_t feature : features) values[feature].push_back(i);
  }
  Slicing out;
  out.values = static_cast<uint32_t>(values.size());
  const size_t prefix = data.groups()[group].size() + 1;  // of the feature "group=token"
  for (auto& [feature, instances] : values) {
    out.slices.push_back(
        {feature == kNone ? "(none)" : std::string(data.feature(feature).substr(prefix)),
         std::move(instances)});
  }
  std::ranges::stable_sort(out.slices, std::greater<size_t>(),
                           [](const InstanceSlice& s) { return s.instances.size(); });
  if (out.slices.size() > kMostSlices) out.slices.resize(kMostSlices);
  return out;
}

}  // namespace

Result<Slicing> slice_by(const std::string& by, const Dataset& data, const InstanceTable& table,
                         Task task) {
  Slicing out;
  const auto group = std::ranges::find(data.groups(), by);
  if (group != data.groups().end()) {
    out = by_group(static_cast<size_t>(group - data.groups().begin()), data, table);
  } else if (by == "day") {
    out = by_day(data, table);
  } else if (by == "position") {
    out = by_position(table);
  } else if (by == "user") {
    out = by_user(data, table);
  } else {
    std::string known = "day, position, user";
    for (const std::string& name : data.groups()) known += ", " + name;
    return not_found("expected one of " + known + "; found \"" + by + "\"");
  }
  out.by = by;
  out.task = task;
  return out;
}

}  // namespace barker
