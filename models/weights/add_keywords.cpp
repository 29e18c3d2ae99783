#include "models/weights/add_keywords.h"

#include <algorithm>
#include <string_view>
#include <unordered_set>

namespace barker {
namespace {

template <typename T>
void insert_at(size_t at, const std::vector<T>& what, std::vector<T>& into) {
  into.insert(into.begin() + static_cast<std::ptrdiff_t>(at), what.begin(), what.end());
}

Status check(const NewKeywords& keywords, const ModelSpec& model) {
  const size_t count = keywords.names.size();
  const auto size = [](const char* what, size_t expected, size_t found) -> Status {
    if (expected == found) return {};
    return invalid_argument(std::string("new keywords: ") + what + ": expected " +
                            std::to_string(expected) + " numbers, found " + std::to_string(found));
  };
  if (Status s = size("rows", count * model.architecture.dim, keywords.rows.size()); !s.ok()) {
    return s;
  }
  if (Status s = size("dot_target_bias", count, keywords.dot_target_bias.size()); !s.ok()) return s;
  if (!keywords.prior.empty() || !keywords.evidence.empty()) {
    if (Status s = size("prior", count, keywords.prior.size()); !s.ok()) return s;
    if (Status s = size("evidence", count, keywords.evidence.size()); !s.ok()) return s;
  }
  std::unordered_set<std::string_view> names(model.names.begin(), model.names.end());
  for (const std::string& name : keywords.names) {
    if (!names.insert(name).second) {
      return invalid_argument("new keywords: \"" + name + "\" is there twice");
    }
  }
  return {};
}

// The rate of a selling point that was never shown is that of all together. Every keyword without
// evidence has it; where all have some, the mean of theirs is near it.
float rate_without_impressions(const ClickRateTable& rates) {
  const auto without = std::ranges::find(rates.evidence, 0.0f);
  if (without != rates.evidence.end()) {
    return rates.prior[static_cast<size_t>(without - rates.evidence.begin())];
  }
  double sum = 0;
  for (const float rate : rates.prior) sum += double{rate};
  return static_cast<float>(sum / static_cast<double>(rates.prior.size()));
}

void add_rates(uint32_t first, const NewKeywords& keywords, ClickRateTable& rates) {
  if (rates.is_empty()) return;
  const auto count = static_cast<uint32_t>(keywords.names.size());
  const float rate = rate_without_impressions(rates);
  const bool are_known = !keywords.prior.empty();
  insert_at(first, are_known ? keywords.prior : std::vector<float>(count, rate), rates.prior);
  insert_at(first, are_known ? keywords.evidence : std::vector<float>(count, 0), rates.evidence);
  for (uint32_t& row : rates.rows) row += row >= first ? count : 0;
}

}  // namespace

Status add_keywords(const NewKeywords& keywords, ModelSpec& model) {
  if (Status s = check(keywords, model); !s.ok()) return s;
  const auto count = static_cast<uint32_t>(keywords.names.size());
  const uint32_t first = model.folded_rows ? model.folded_rows : model.keyword_rows;
  insert_at(first, keywords.names, model.names);
  insert_at(size_t{first} * model.architecture.dim, keywords.rows, model.tensors.at("embedding"));
  if (const auto bias = model.tensors.find("dot.target.bias"); bias != model.tensors.end()) {
    insert_at(first, keywords.dot_target_bias, bias->second);
  }
  add_rates(first, keywords, model.click_rates);
  model.keyword_rows += count;
  if (model.folded_rows) model.folded_rows += count;
  return {};
}

}  // namespace barker
