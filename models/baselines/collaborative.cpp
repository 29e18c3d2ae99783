#include "models/baselines/collaborative.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>

#include "models/baselines/association_rules.h"
#include "models/baselines/nearest_users.h"
#include "models/baselines/statistics.h"
#include "models/baselines/user_clicks.h"

namespace barker {
namespace {

constexpr size_t kNeighbours = 80, kAttributeNeighbours = 300;

// The searches of a split by user, and the score of each of their instances above popularity.
struct SplitScores {
  std::span<const uint32_t> searches;
  std::vector<uint64_t> begin;                                 // of each search's instances
  std::vector<double> score;                                   // by instance
  std::map<uint32_t, std::vector<uint32_t>> searches_of_user;  // indices into `searches`
};

SplitScores scores_of(const Dataset& data, Split split) {
  SplitScores out;
  out.searches = data.searches_of(split, Task::kMain);
  uint64_t instances = 0;
  for (uint32_t i = 0; i < out.searches.size(); ++i) {
    const SearchView search = data.search(out.searches[i]);
    out.searches_of_user[search.user].push_back(i);
    out.begin.push_back(instances);
    instances += search.sfs.size();
  }
  out.score.resize(instances);
  return out;
}

class CollaborativeBaseline : public Baseline {
 public:
  explicit CollaborativeBaseline(Collaborative kind) : kind_(kind) {}

  Status fit(const Dataset& data) override {
    if (data.keywords() >= 1u << 21) return invalid_argument("more keywords than 2^21");
    data_ = &data;
    users_ = read_user_clicks(data);
    return {};
  }

  std::vector<float> predict(Split split) const override {
    SplitScores scores = scores_of(*data_, split);
    add_neighbours(scores);
    std::vector<float> out;
    for (size_t i = 0; i < scores.searches.size(); ++i) {
      const SearchView search = data_->search(scores.searches[i]);
      for (size_t j = 0; j < search.sfs.size(); ++j) {
        const double p = users_.popularity[search.sfs[j]] + scores.score[scores.begin[i] + j];
        out.push_back(static_cast<float>(std::clamp(p, 1e-4, 1 - 1e-4)));
      }
    }
    return out;
  }

 private:
  void add_neighbours(SplitScores& scores) const {
    const auto always = [](uint32_t) { return 1.0; };
    switch (kind_) {
      case Collaborative::kUserCf:
      case Collaborative::kFucf:
      case Collaborative::kTeucf: {
        NearestUsers nearest(click_rows(kind_));
        add(nearest, kNeighbours, always, scores);
        break;
      }
      case Collaborative::kTaucf: {
        NearestUsers nearest(attribute_rows());
        add(nearest, kAttributeNeighbours, always, scores);
        break;
      }
      case Collaborative::kMucf:
      case Collaborative::kMucfSwitch: {
        NearestUsers by_clicks(click_rows(Collaborative::kTeucf)), by_traits(attribute_rows());
        const auto weight = [&](uint32_t user) {
          const auto n = static_cast<double>(users_.clicks[user].size());
          if (kind_ == Collaborative::kMucf) return n / (n + 60);
          return is_associated(user, by_clicks) ? 1.0 : 0.0;
        };
        add(by_clicks, kNeighbours, weight, scores);
        add(
            by_traits, kAttributeNeighbours, [&](uint32_t user) { return 1 - weight(user); },
            scores);
        break;
      }
    }
  }

  // Adds what the neighbours of each user clicked above popularity, times weight(user).
  template <typename Weight>
  void add(NearestUsers& nearest, size_t neighbours, Weight weight, SplitScores& scores) const {
    std::vector<double> above(data_->keywords()), mass(data_->keywords());
    for (const auto& [user, searches] : scores.searches_of_user) {
      const double w = weight(user);
      if (w == 0) continue;
      const std::vector<Neighbour> found = nearest.of(user, neighbours);
      if (found.empty()) continue;
      double mean = 0;
      for (const Neighbour& n : found) {
        mean += n.similarity / static_cast<double>(found.size());
        const SparseRow& row = users_.residuals[n.user];
        for (size_t i = 0; i < row.columns.size(); ++i) {
          above[row.columns[i]] += double{n.similarity} * row.values[i];
          mass[row.columns[i]] += n.similarity;
        }
      }
      for (const uint32_t s : searches) {
        const SearchView search = data_->search(scores.searches[s]);
        for (size_t i = 0; i < search.sfs.size(); ++i) {
          const uint32_t v = search.sfs[i];
          if (v == kUnknownKeyword) continue;
          scores.score[scores.begin[s] + i] += w * above[v] / (mass[v] + 2 * mean);
        }
      }
      for (const Neighbour& n : found) {
        for (const uint32_t column : users_.residuals[n.user].columns) {
          above[column] = mass[column] = 0;
        }
      }
    }
  }

  // The clicks of every user by keyword, times the inverse document frequency of the keyword. TEUCF
  // lets them fade with time, FUCF adds what association rules conclude from them.
  std::vector<SparseRow> click_rows(Collaborative kind) const {
    const double tau = 0.3 * users_.period() + 1;
    const auto last = static_cast<double>(users_.last);
    std::vector<double> document_frequency(data_->keywords(), 0);
    for (const auto& clicks : users_.clicks) {
      for (const uint32_t word : basket_of(clicks, false)) ++document_frequency[word];
    }
    const auto idf = [&](uint32_t word) {
      return std::log(static_cast<double>(users_.clicks.size()) /
                      std::max(1.0, document_frequency[word]));
    };
    std::unique_ptr<AssociationRules> rules;
    if (kind == Collaborative::kFucf) rules = std::make_unique<AssociationRules>(users_);
    std::vector<SparseRow> rows;
    for (const auto& clicks : users_.clicks) {
      std::vector<std::pair<uint32_t, float>> entries;
      for (const UserClick& c : clicks) {
        const double fade = kind == Collaborative::kTeucf
                                ? std::exp((static_cast<double>(c.time) - last) / tau)
                                : 1;
        entries.push_back({c.keyword, static_cast<float>(fade * idf(c.keyword))});
      }
      if (rules) add_consequents(rules->fire(clicks), idf, entries);
      rows.push_back(sparse_row(std::move(entries)));
    }
    return rows;
  }

  template <typename Idf>
  static void add_consequents(const std::unordered_map<uint32_t, AssociationRules::Score>& fired,
                              Idf idf, std::vector<std::pair<uint32_t, float>>& entries) {
    constexpr size_t kStrongest = 30;
    std::vector<std::pair<double, uint32_t>> strongest;
    for (const auto& [v, score] : fired) strongest.push_back({-score.value(), v});
    std::sort(strongest.begin(), strongest.end());
    strongest.resize(std::min(kStrongest, strongest.size()));
    for (const auto& [unused, v] : strongest) {
      entries.push_back({v, static_cast<float>(0.5 * fired.at(v).confidence * idf(v))});
    }
  }

  std::vector<SparseRow> attribute_rows() const {
    std::vector<SparseRow> rows;
    for (const auto& features : users_.attributes) {
      std::vector<std::pair<uint32_t, float>> entries;
      for (const uint32_t f : features) entries.push_back({f, 1.0f});
      rows.push_back(sparse_row(std::move(entries)));
    }
    return rows;
  }

  // A user counts as associated if the user has at least three clicks and shares two clicked
  // keywords with one of the nearest users.
  bool is_associated(uint32_t user, NearestUsers& nearest) const {
    if (users_.clicks[user].size() < 3) return false;
    const std::vector<uint32_t>& mine = nearest.row(user).columns;
    for (const Neighbour& n : nearest.of(user, 5)) {
      const std::vector<uint32_t>& theirs = nearest.row(n.user).columns;
      std::vector<uint32_t> common;
      std::set_intersection(mine.begin(), mine.end(), theirs.begin(), theirs.end(),
                            std::back_inserter(common));
      if (common.size() >= 2) return true;
    }
    return false;
  }

  Collaborative kind_;
  const Dataset* data_ = nullptr;
  UserClicks users_;
};

}  // namespace

std::unique_ptr<Baseline> make_collaborative(Collaborative kind) {
  return std::make_unique<CollaborativeBaseline>(kind);
}

}  // namespace barker
