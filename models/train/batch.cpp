#include "models/train/batch.h"

#include <algorithm>
#include <cmath>

#include "models/train/noise.h"
#include "models/weights/format.h"
#include "models/weights/groups.h"

namespace barker {
namespace {

// The places of noise(), one for each kind of dropout, so that no two kinds share their draws.
enum Place : uint64_t { kHistoryPlace, kUserPlace, kContextPlace, kTargetPlace, kPointPlace };

uint64_t key_of(uint64_t step_key, Place place, uint32_t search) {
  return noise(step_key ^ (uint64_t{place} << 60), search);
}

}  // namespace

BatchMaker::BatchMaker(const Dataset& data, const ModelPlan& plan, const TrainOptions& options,
                       InstanceWeights weights)
    : data_(data),
      plan_(plan),
      options_(options),
      weights_(std::move(weights)),
      stamp_(plan.rows()),
      local_(plan.rows()) {
  if (plan.buckets == 0) return;
  for (uint32_t u = 0; u < data.users(); ++u) {
    bucket_of_user_.push_back(plan.first_bucket() +
                              bucket_of(user_id_fingerprint(data.user(u)), plan.buckets));
  }
}

int64_t BatchMaker::local(uint32_t row) {
  if (stamp_[row] != current_) {
    stamp_[row] = current_;
    local_[row] = static_cast<uint32_t>(batch_rows_->size());
    batch_rows_->push_back(row);
  }
  return local_[row];
}

void BatchMaker::add_groups(const SearchView& search, std::optional<uint64_t> key, Batch& batch) {
  const size_t length = options_.model.history_length;
  const auto add_history = [&](std::span<const uint32_t> history, uint64_t drop_key, Bags& bag) {
    history = history.last(std::min(length, history.size()));
    const bool drop = key && options_.history_dropout > 0;
    for (size_t i = 0; i < history.size(); ++i) {
      if (history[i] == kUnknownKeyword) continue;
      if (drop && unit_interval(noise(drop_key, i)) < options_.history_dropout) continue;
      bag.values.push_back(local(history[i]));
    }
  };
  for (size_t g = 0; g < plan_.groups.size(); ++g) {
    Bags& bag = batch.groups[g];
    bag.offsets.push_back(static_cast<int64_t>(bag.values.size()));
    const uint64_t drop_key = key ? key_of(*key, kHistoryPlace, search.index) + g : 0;
    switch (plan_.groups[g].source) {
      case GroupSource::kHistory:
        add_history(search.history, drop_key, bag);
        break;
      case GroupSource::kSfHistory:
        add_history(search.sf_history, drop_key, bag);
        break;
      case GroupSource::kQuery:
        for (const uint32_t keyword : search.query) {
          if (keyword != kUnknownKeyword) bag.values.push_back(local(keyword));
        }
        break;
      case GroupSource::kFeatures: {
        const FeatureBag features = data_.group(search.index, plan_.groups[g].dataset_group);
        float total = 0;
        for (const float weight : features.weights) total += weight;
        for (size_t i = 0; i < features.features.size() && total > 0; ++i) {
          bag.values.push_back(local(plan_.keywords + features.features[i]));
          bag.weights.push_back(features.weights[i] / total);
        }
        break;
      }
      case GroupSource::kUserId:
        if (!key ||
            unit_interval(key_of(*key, kUserPlace, search.index)) >= options_.user_id_dropout) {
          bag.values.push_back(local(bucket_of_user_[search.user]));
        }
        break;
    }
  }
}

void BatchMaker::add_match(const SearchView& search, std::span<const uint32_t> keywords,
                           std::vector<float>& match) const {
  const size_t length = std::min<size_t>(options_.model.history_length, search.history.size());
  const auto history = search.history.last(length);
  const auto known = static_cast<float>(static_cast<ptrdiff_t>(length) -
                                        std::ranges::count(history, kUnknownKeyword));
  for (const uint32_t keyword : keywords) {
    double count = 0, last = 0, faded = 0, newer = 0;
    for (size_t i = length; i-- > 0 && keyword != kUnknownKeyword;) {
      if (history[i] == kUnknownKeyword) continue;
      if (history[i] == keyword) {
        if (count == 0) last = 1 / (1 + newer);
        faded += std::exp(-newer / kMatchFade);
        ++count;
      }
      ++newer;
    }
    match.push_back(count > 0 ? 1.0f : 0.0f);
    match.push_back(count > 0 ? static_cast<float>(count) / known : 0.0f);
    match.push_back(static_cast<float>(last));
    match.push_back(static_cast<float>(faded));
  }
}

// By the logged position, or else by the place in the list.
void BatchMaker::add_places(const SearchView& search, Batch& batch) const {
  const bool is_main = batch.task == Task::kMain;
  const std::span<const uint32_t> logged = is_main ? search.sf_position : search.ad_position;
  const size_t shown = is_main ? search.sfs.size() : search.ads.size();
  for (size_t i = 0; i < shown; ++i) {
    const int64_t place = logged.empty() ? static_cast<int64_t>(i) : int64_t{logged[i]} - 1;
    batch.place.push_back(std::min(place, kPlaces - 1));
  }
}

void BatchMaker::add_title(uint32_t title, Batch& batch) {
  batch.titles.offsets.push_back(static_cast<int64_t>(batch.titles.values.size()));
  const auto number = static_cast<int64_t>(batch.titles.offsets.size() - 1);
  for (const uint32_t keyword : data_.title(title)) {
    if (keyword == kUnknownKeyword) continue;
    batch.titles.values.push_back(local(keyword));
    batch.title_of_word.push_back(number);
  }
}

// The ads of the search are the last ones of the batch.
void BatchMaker::add_points(const SearchView& search, Batch& batch) {
  const size_t first = batch.clicked.size() - search.ads.size();
  for (size_t ad = 0; ad < search.ads.size(); ++ad) {
    points_.clear();
    for (const uint32_t point : data_.points(search.index, ad)) {
      // A word that is held out of training must not teach the row of unknown words.
      if (point != kUnknownKeyword) points_.push_back(point);
    }
    if (options_.model.matches_history()) add_match(search, points_, batch.points.match);
    for (const uint32_t point : points_) {
      batch.points.instance.push_back(static_cast<int64_t>(first + ad));
      batch.points.search.push_back(batch.search.back());
      batch.points.target.push_back(local(point));
    }
  }
}

void BatchMaker::add_masks(std::span<const uint32_t> searches, uint64_t key, Batch& batch) const {
  const double rate = options_.dropout;
  if (rate <= 0) return;
  const size_t dim = options_.model.dim;
  const auto kept = static_cast<float>(1 / (1 - rate));
  const auto threshold = static_cast<uint16_t>(rate * 65536);
  // Each number gives four draws of 16 bits.
  const auto fill = [&](uint64_t from, size_t count, std::vector<float>& mask) {
    for (size_t i = 0; i < count; i += 4) {
      uint64_t bits = noise(from, i);
      for (size_t j = i; j < std::min(i + 4, count); ++j, bits >>= 16) {
        mask.push_back((bits & 0xFFFF) < threshold ? 0.0f : kept);
      }
    }
  };
  batch.context_mask.reserve(searches.size() * plan_.groups.size() * dim);
  batch.target_mask.reserve(batch.instances * dim);
  for (const uint32_t search : searches) {
    fill(key_of(key, kContextPlace, search), plan_.groups.size() * dim, batch.context_mask);
  }
  const auto fill_runs = [&](const std::vector<int64_t>& search_of, Place place,
                             std::vector<float>& mask) {
    for (size_t i = 0; i < search_of.size();) {
      const int64_t s = search_of[i];
      size_t end = i;
      while (end < search_of.size() && search_of[end] == s) ++end;
      fill(key_of(key, place, searches[static_cast<size_t>(s)]), (end - i) * dim, mask);
      i = end;
    }
  };
  fill_runs(batch.search, kTargetPlace, batch.target_mask);
  fill_runs(batch.points.search, kPointPlace, batch.points.mask);
}

Batch BatchMaker::make(Task task, std::span<const uint32_t> searches,
                       std::optional<uint64_t> noise_key) {
  Batch batch;
  batch.task = task;
  batch.searches = searches.size();
  batch.groups.resize(plan_.groups.size());
  batch_rows_ = &batch.rows;
  if (++current_ == 0) {  // the counter wrapped: stamps of old batches could equal new ones
    std::fill(stamp_.begin(), stamp_.end(), 0);
    current_ = 1;
  }
  for (size_t s = 0; s < searches.size(); ++s) {
    const SearchView search = data_.search(searches[s]);
    add_groups(search, noise_key, batch);
    const bool is_main = task == Task::kMain;
    if (options_.model.matches_history() && is_main) add_match(search, search.sfs, batch.match);
    const auto& shown = is_main ? search.sfs : search.ads;
    const auto& clicked = is_main ? search.sf_clicked : search.ad_clicked;
    batch.search.insert(batch.search.end(), shown.size(), static_cast<int64_t>(s));
    batch.clicked.insert(batch.clicked.end(), clicked.begin(), clicked.end());
    if (noise_key && weights_.are_used()) weights_.append(search, task, batch.weight);
    add_places(search, batch);
    for (const uint32_t what : shown) {
      if (is_main) {
        batch.target.push_back(local(what == kUnknownKeyword ? plan_.unknown_row() : what));
      } else {
        add_title(what, batch);
      }
    }
    if (noise_key && options_.attribution && !is_main) add_points(search, batch);
  }
  batch.instances = batch.clicked.size();
  if (noise_key) add_masks(searches, *noise_key, batch);
  return batch;
}

}  // namespace barker
