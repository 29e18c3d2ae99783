#include "models/evaluate/score.h"

#include <cmath>
#include <string>

#include "models/evaluate/search_scorer.h"

namespace barker {
float training_click_rate(const Dataset& data) {
  const uint64_t shown = data.instances_of(Split::kTrain, Task::kMain);
  if (shown == 0) return 0.5f;
  return static_cast<float>(data.clicks_of(Split::kTrain, Task::kMain)) / static_cast<float>(shown);
}

Result<std::vector<float>> score_logits(const WeightFile& file, const PackedNetwork& packed,
                                        const Dataset& data, Split split, Task task,
                                        Exactness exactness) {
  if (task == Task::kAuxiliary && !packed.network().has_auxiliary) {
    return invalid_argument(file.path() + ": the model has no auxiliary task");
  }
  SearchScorer scorer(file, packed, data, exactness);
  std::vector<float> out;
  for (const uint32_t s : data.searches_of(split, task)) {
    const SearchView search = data.search(s);
    scorer.set_context(search);
    scorer.score(search, task, out);
    if (!scorer.finite()) {
      return bad_data(file.path() + ": the model gives search " + std::to_string(s) +
                      " of the data a logit that is not a finite number");
    }
  }
  return out;
}

Result<std::vector<float>> score_dataset(const WeightFile& file, const KernelTable& kernels,
                                         const Dataset& data, Split split, Task task,
                                         float unknown) {
  const PackedNetwork packed(Network::bind(file), kernels);
  Result<std::vector<float>> scores =
      score_logits(file, packed, data, split, task, Exactness::kFast);
  if (!scores.ok()) return scores;
  const Network& n = packed.network();
  const bool main = task == Task::kMain;
  kernels.sigmoid(scores->data(), scores->size(), main ? n.main_scale : n.aux_scale,
                  main ? n.main_offset : n.aux_offset, scores->data());
  for (float& score : *scores) score = std::isnan(score) ? unknown : score;
  return scores;
}

}  // namespace barker
