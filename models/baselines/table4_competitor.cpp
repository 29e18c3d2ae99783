#include "models/baselines/table4_competitor.h"

#include <algorithm>

#include "models/baselines/statistics.h"

namespace barker {

Status Table4Competitor::fit(const Dataset& data) {
  if (data.keywords() >= 1u << 21) return invalid_argument(name_ + ": more keywords than 2^21");
  data_ = &data;
  const StatisticsWindow window = statistics_window(data, 0.7);
  LabelledSfs lesson, validation;
  lesson.clicked = clicks_of(data, window.learned);
  validation.clicked = clicks_of(data, Split::kValidation);
  if (Status s = check_both_classes(lesson.clicked); !s.ok()) {
    return {s.code(), name_ + ": the later SFs of the training split: " + s.message()};
  }
  if (Status s = check_both_classes(validation.clicked); !s.ok()) {
    return {s.code(), name_ + ": the SFs of the validation split: " + s.message()};
  }
  inputs_.emplace(data, seed_);
  inputs_->count(window.border);
  read_window(window.border);
  lesson.shown.searches = window.learned;
  lesson.shown.rows = inputs_->rows(window.learned);
  scale_.fit(lesson.shown.rows);
  scale_.apply(lesson.shown.rows);
  inputs_->count(std::nullopt);
  validation.shown = shown(data.searches_of(Split::kValidation, Task::kMain));
  learn(lesson, validation);
  return {};
}

Result<std::vector<float>> Table4Competitor::predict(Split split) const {
  const auto searches = data_->searches_of(split, Task::kMain);
  if (searches.empty()) return std::vector<float>();
  std::vector<float> p = probabilities(shown(searches));
  for (float& x : p) x = std::clamp(x, 1e-6f, 1 - 1e-6f);
  return p;
}

ShownSfs Table4Competitor::shown(std::span<const uint32_t> searches) const {
  ShownSfs out;
  out.searches.assign(searches.begin(), searches.end());
  out.rows = inputs_->rows(searches);
  scale_.apply(out.rows);
  return out;
}

LabelledSfs Table4Competitor::thinned(const LabelledSfs& sfs, size_t rows) const {
  const size_t all = sfs.clicked.size(), kept = std::min(rows, all);
  LabelledSfs out;
  out.shown.rows.columns = sfs.shown.rows.columns;
  size_t row = 0;
  for (size_t i = 0; i < sfs.shown.searches.size(); ++i) {
    const uint32_t search = sfs.shown.searches[i];
    const size_t end = row + data_->search(search).sfs.size();
    if ((i + 1) * kept / all != i * kept / all) {
      const auto value = [&](size_t r) {
        return sfs.shown.rows.values.begin() + static_cast<ptrdiff_t>(r * out.shown.rows.columns);
      };
      const auto label = [&](size_t r) { return sfs.clicked.begin() + static_cast<ptrdiff_t>(r); };
      out.shown.searches.push_back(search);
      out.shown.rows.values.insert(out.shown.rows.values.end(), value(row), value(end));
      out.clicked.insert(out.clicked.end(), label(row), label(end));
    }
    row = end;
  }
  return out;
}

}  // namespace barker
