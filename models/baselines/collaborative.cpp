#include "models/baselines/collaborative.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <memory>
#include <numeric>
#include <optional>
#include <span>
#include <unordered_map>

#include "models/baselines/association_rules.h"
#include "models/baselines/nearest_users.h"
#include "models/baselines/statistics.h"
#include "models/baselines/user_clicks.h"
#include "models/evaluate/metrics.h"

namespace barker {
namespace {

// What is tuned on the validation split, and how many neighbours by features there are.
struct Constants {
  size_t neighbours = 80;
  double shrinkage = 2;  // pulls what few neighbours say towards popularity
  size_t neighbours_by_traits = 300;
};

// A kind of similarity between users: the rows of the training split, and how the row of a search's
// user is made.
class Likeness {
 public:
  virtual ~Likeness() = default;
  virtual SparseRow row_of(const SearchView& search) const = 0;
  const NearestUsers& users() const { return *users_; }

 protected:
  void set_rows(std::vector<SparseRow> rows) {
    users_ = std::make_unique<NearestUsers>(std::move(rows));
  }

 private:
  std::unique_ptr<NearestUsers> users_;
};

// By clicked keywords, times the inverse document frequency of the keyword. TEUCF lets clicks fade
// with time, FUCF adds what association rules conclude from them. The row of a search's user is the
// history at that search, which is what a network reads, too.
class ClickLikeness : public Likeness {
 public:
  ClickLikeness(const Dataset& data, const UserClicks& users, Collaborative kind) : kind_(kind) {
    std::vector<double> document_frequency(data.keywords(), 0);
    for (const auto& clicks : users.clicks) {
      for (const uint32_t word : basket_of(clicks, false)) ++document_frequency[word];
    }
    for (const double frequency : document_frequency) {
      idf_.push_back(std::log(static_cast<double>(users.clicks.size()) / std::max(1.0, frequency)));
    }
    if (kind == Collaborative::kFucf) rules_ = std::make_unique<AssociationRules>(users);
    const double tau = 0.3 * users.period() + 1;
    std::vector<SparseRow> rows;
    for (const auto& clicks : users.clicks) {
      rows.push_back(row_of(clicks, [&](size_t i) {
        return std::exp((static_cast<double>(clicks[i].time) - static_cast<double>(users.last)) /
                        tau);
      }));
    }
    set_rows(std::move(rows));
  }

  SparseRow row_of(const SearchView& search) const override {
    const std::vector<UserClick> clicks = clicks_of_history(search);
    return row_of(clicks, [&](size_t i) { return faded_by_order(i, clicks.size()); });
  }

 private:
  template <typename Fade>
  SparseRow row_of(const std::vector<UserClick>& clicks, Fade fade) const {
    std::vector<std::pair<uint32_t, float>> entries;
    for (size_t i = 0; i < clicks.size(); ++i) {
      const double weight = kind_ == Collaborative::kTeucf ? fade(i) : 1;
      entries.push_back({clicks[i].keyword, static_cast<float>(weight * idf_[clicks[i].keyword])});
    }
    if (rules_) add_consequents(rules_->fire(clicks), entries);
    return sparse_row(std::move(entries));
  }

  void add_consequents(const std::unordered_map<uint32_t, AssociationRules::Score>& fired,
                       std::vector<std::pair<uint32_t, float>>& entries) const {
    constexpr size_t kStrongest = 30;
    std::vector<std::pair<double, uint32_t>> strongest;
    for (const auto& [v, score] : fired) strongest.push_back({-score.value(), v});
    std::sort(strongest.begin(), strongest.end());
    strongest.resize(std::min(kStrongest, strongest.size()));
    for (const auto& [unused, v] : strongest) {
      entries.push_back({v, static_cast<float>(0.5 * fired.at(v).confidence * idf_[v])});
    }
  }

  const Collaborative kind_;
  std::vector<double> idf_;  // by keyword
  std::unique_ptr<AssociationRules> rules_;
};

// By features. The row of a search's user has the features of that search.
class AttributeLikeness : public Likeness {
 public:
  AttributeLikeness(const Dataset& data, const UserClicks& users) : data_(data) {
    std::vector<SparseRow> rows;
    for (const auto& features : users.attributes) rows.push_back(row_of(features));
    set_rows(std::move(rows));
  }

  SparseRow row_of(const SearchView& search) const override {
    std::vector<uint32_t> features;
    for (size_t g = 0; g < data_.groups().size(); ++g) {
      const auto of_group = data_.group(search.index, g).features;
      features.insert(features.end(), of_group.begin(), of_group.end());
    }
    return row_of(features);
  }

 private:
  static SparseRow row_of(const std::vector<uint32_t>& features) {
    std::vector<std::pair<uint32_t, float>> entries;
    for (const uint32_t f : features) entries.push_back({f, 1.0f});
    return sparse_row(std::move(entries));
  }

  const Dataset& data_;
};

class CollaborativeBaseline : public Baseline {
 public:
  explicit CollaborativeBaseline(Collaborative kind) : kind_(kind) {}

  Status fit(const Dataset& data) override {
    if (data.keywords() >= 1u << 21) return invalid_argument("more keywords than 2^21");
    learn(data, std::nullopt);
    tune();
    return {};
  }

  // Learns from the training searches before a time, without tuning.
  void learn(const Dataset& data, std::optional<int64_t> before) {
    data_ = &data;
    users_ = read_user_clicks(data, before);
    const bool is_mixed = kind_ == Collaborative::kMucf || kind_ == Collaborative::kMucfSwitch;
    if (kind_ != Collaborative::kTaucf) {
      by_clicks_ =
          std::make_unique<ClickLikeness>(data, users_, is_mixed ? Collaborative::kTeucf : kind_);
    }
    if (is_mixed || kind_ == Collaborative::kTaucf) {
      by_traits_ = std::make_unique<AttributeLikeness>(data, users_);
    }
  }

  Result<std::vector<float>> predict(Split split) const override {
    return predict(data_->searches_of(split, Task::kMain));
  }
  std::vector<float> predict(std::span<const uint32_t> searches) const {
    return predict(searches, {&constants_, 1})[0];
  }

 private:
  // Networks have their constants from the validation split, so these have them from there, too.
  void tune() {
    std::vector<Constants> all;  // of equally good ones, the first is taken
    for (const size_t neighbours : {80, 40, 200}) {
      for (const double shrinkage : {2.0, 1.0, 4.0}) all.push_back({neighbours, shrinkage});
    }
    const std::vector<std::vector<float>> predictions =
        predict(data_->searches_of(Split::kValidation, Task::kMain), all);
    const std::vector<uint8_t> clicked = clicks_of(*data_, Split::kValidation);
    double best = -1;
    for (size_t c = 0; c < all.size(); ++c) {
      const double found = auc(predictions[c], clicked);
      if (!(found > best)) continue;  // also where the split says nothing
      best = found;
      constants_ = all[c];
    }
  }

  // The predictions with each of these constants. Finding the neighbours is what takes time, so
  // that it is done once for all.
  std::vector<std::vector<float>> predict(std::span<const uint32_t> searches,
                                          std::span<const Constants> all) const {
    std::vector<std::vector<float>> out(all.size());
    std::vector<std::vector<double>> scores(all.size());
    Workspace clicks, traits;
    for (const uint32_t s : searches) {
      const SearchView search = data_->search(s);
      for (std::vector<double>& score : scores) score.assign(search.sfs.size(), 0);
      const double by_clicks = share_of_clicks(search, clicks);
      if (by_clicks > 0) {
        add(*by_clicks_, search, by_clicks, &Constants::neighbours, all, clicks, scores);
      }
      if (by_clicks < 1) {
        add(*by_traits_, search, 1 - by_clicks, &Constants::neighbours_by_traits, all, traits,
            scores);
      }
      for (size_t c = 0; c < all.size(); ++c) {
        for (size_t i = 0; i < search.sfs.size(); ++i) {
          const double p = users_.popularity[search.sfs[i]] + scores[c][i];
          out[c].push_back(static_cast<float>(std::clamp(p, 1e-4, 1 - 1e-4)));
        }
      }
    }
    return out;
  }

  // Memory that one pass over a split needs.
  struct Workspace {
    NearestUsers::Scratch scratch;
    std::vector<double> above, mass;  // by keyword, all zero between searches
  };

  double share_of_clicks(const SearchView& search, Workspace& workspace) const {
    switch (kind_) {
      case Collaborative::kUserCf:
      case Collaborative::kFucf:
      case Collaborative::kTeucf:
        return 1;
      case Collaborative::kTaucf:
        return 0;
      case Collaborative::kMucf: {
        const auto n = static_cast<double>(search.history.size());
        return n / (n + 60);
      }
      case Collaborative::kMucfSwitch:
        return is_associated(search, workspace) ? 1 : 0;
    }
    return 1;
  }

  // Adds what the neighbours of the user clicked above popularity, times the weight, to the scores
  // by each of the constants.
  void add(const Likeness& likeness, const SearchView& search, double weight,
           size_t Constants::*count, std::span<const Constants> all, Workspace& w,
           std::vector<std::vector<double>>& scores) const {
    w.above.resize(data_->keywords());
    w.mass.resize(data_->keywords());
    std::vector<size_t> order(all.size());  // fewer neighbours first
    std::iota(order.begin(), order.end(), size_t{0});
    std::ranges::stable_sort(order, {}, [&](size_t c) { return all[c].*count; });
    const std::vector<Neighbour> found = likeness.users().of(likeness.row_of(search), search.user,
                                                             all[order.back()].*count, w.scratch);
    size_t added = 0;
    double similarity = 0;
    for (const size_t c : order) {
      for (const size_t end = std::min(all[c].*count, found.size()); added < end; ++added) {
        similarity += found[added].similarity;
        add(found[added], w);
      }
      if (added == 0) return;
      const double mean = similarity / static_cast<double>(added);
      for (size_t i = 0; i < search.sfs.size(); ++i) {
        const uint32_t v = search.sfs[i];
        if (v == kUnknownKeyword) continue;
        scores[c][i] += weight * w.above[v] / (w.mass[v] + all[c].shrinkage * mean);
      }
    }
    for (const Neighbour& n : found) {
      for (const uint32_t column : users_.residuals[n.user].columns) {
        w.above[column] = w.mass[column] = 0;
      }
    }
  }

  void add(const Neighbour& neighbour, Workspace& w) const {
    const SparseRow& row = users_.residuals[neighbour.user];
    for (size_t i = 0; i < row.columns.size(); ++i) {
      w.above[row.columns[i]] += double{neighbour.similarity} * row.values[i];
      w.mass[row.columns[i]] += neighbour.similarity;
    }
  }

  // A user counts as associated with at least three clicks of which two keywords are shared with
  // one of the nearest users.
  bool is_associated(const SearchView& search, Workspace& workspace) const {
    if (search.history.size() < 3) return false;
    const SparseRow mine = by_clicks_->row_of(search);
    for (const Neighbour& n : by_clicks_->users().of(mine, search.user, 5, workspace.scratch)) {
      const std::vector<uint32_t>& theirs = by_clicks_->users().row(n.user).columns;
      std::vector<uint32_t> common;
      std::set_intersection(mine.columns.begin(), mine.columns.end(), theirs.begin(), theirs.end(),
                            std::back_inserter(common));
      if (common.size() >= 2) return true;
    }
    return false;
  }

  Collaborative kind_;
  const Dataset* data_ = nullptr;
  UserClicks users_;
  std::unique_ptr<Likeness> by_clicks_, by_traits_;
  Constants constants_;
};

}  // namespace

std::unique_ptr<Baseline> make_collaborative(Collaborative kind) {
  return std::make_unique<CollaborativeBaseline>(kind);
}

std::vector<float> user_cf_scores(const Dataset& data, std::optional<int64_t> before,
                                  std::span<const uint32_t> searches) {
  CollaborativeBaseline user_cf(Collaborative::kUserCf);
  user_cf.learn(data, before);
  return user_cf.predict(searches);
}

}  // namespace barker
