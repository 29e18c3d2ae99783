#include "models/baselines/collaborative.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "models/baselines/statistics.h"

namespace barker {
namespace {

struct Neighbour {
  uint32_t user;
  float similarity;
};

// Exact cosine nearest neighbours by an inverted index.
class NearestUsers {
 public:
  explicit NearestUsers(std::vector<SparseRow> rows) : rows_(std::move(rows)) {
    for (uint32_t u = 0; u < rows_.size(); ++u) {
      SparseRow& row = rows_[u];
      double square = 0;
      for (const float v : row.values) square += double{v} * v;
      for (size_t i = 0; i < row.columns.size() && square > 0; ++i) {
        row.values[i] = static_cast<float>(row.values[i] / std::sqrt(square));
        if (row.columns[i] >= postings_.size()) postings_.resize(row.columns[i] + 1);
        postings_[row.columns[i]].push_back({u, row.values[i]});
      }
    }
    similarity_.resize(rows_.size());
  }

  std::vector<Neighbour> of(uint32_t user, size_t count) {
    std::vector<uint32_t> met;
    for (size_t i = 0; i < rows_[user].columns.size(); ++i) {
      for (const Neighbour& n : postings_[rows_[user].columns[i]]) {
        if (n.user == user) continue;
        if (similarity_[n.user] == 0) met.push_back(n.user);
        similarity_[n.user] += n.similarity * rows_[user].values[i];
      }
    }
    std::vector<Neighbour> found;
    for (const uint32_t other : met) {
      if (similarity_[other] > 0) found.push_back({other, similarity_[other]});
      similarity_[other] = 0;
    }
    count = std::min(count, found.size());
    std::partial_sort(found.begin(), found.begin() + static_cast<ptrdiff_t>(count), found.end(),
                      [](const Neighbour& a, const Neighbour& b) {
                        return a.similarity != b.similarity ? a.similarity > b.similarity
                                                            : a.user < b.user;
                      });
    found.resize(count);
    return found;
  }

  const SparseRow& row(uint32_t user) const { return rows_[user]; }

 private:
  std::vector<SparseRow> rows_;
  std::vector<std::vector<Neighbour>> postings_;
  std::vector<float> similarity_;
};

struct Click {
  uint32_t keyword;
  int64_t time;
  bool is_sf;
};

// What the training split says about every user.
struct UserClicks {
  std::vector<std::vector<Click>> clicks;         // by user
  std::vector<SparseRow> residuals;               // y - pop(v), summed by keyword
  std::vector<std::vector<uint32_t>> attributes;  // features that stay from search to search
  Popularity popularity;
  int64_t first = INT64_MAX, last = INT64_MIN;
};

UserClicks read_clicks(const Dataset& data) {
  UserClicks out;
  out.clicks.resize(data.users());
  out.residuals.resize(data.users());
  out.attributes.resize(data.users());
  std::vector<bool> seen(data.users());
  std::vector<std::vector<std::pair<uint32_t, float>>> residuals(data.users());
  const auto main = data.searches_of(Split::kTrain, Task::kMain);
  for (const uint32_t s : main) out.popularity.add(data.search(s));
  out.popularity.finish(data.keywords());
  const auto add_attributes = [&](const SearchView& search) {
    std::vector<uint32_t> now;
    for (size_t g = 0; g < data.groups().size(); ++g) {
      const auto features = data.group(search.index, g).features;
      now.insert(now.end(), features.begin(), features.end());
    }
    std::sort(now.begin(), now.end());
    std::vector<uint32_t>& kept = out.attributes[search.user];
    if (!seen[search.user]) {
      kept = now;
    } else {
      std::vector<uint32_t> both;
      std::set_intersection(kept.begin(), kept.end(), now.begin(), now.end(),
                            std::back_inserter(both));
      kept = both;
    }
    seen[search.user] = true;
  };
  for (const uint32_t s : main) {
    const SearchView search = data.search(s);
    add_attributes(search);
    out.first = std::min(out.first, search.time);
    out.last = std::max(out.last, search.time);
    for (size_t i = 0; i < search.sfs.size(); ++i) {
      if (search.sfs[i] == kUnknownKeyword) continue;
      const auto y = static_cast<float>(search.sf_clicked[i]);
      residuals[search.user].push_back(
          {search.sfs[i], y - static_cast<float>(out.popularity[search.sfs[i]])});
      if (y > 0) out.clicks[search.user].push_back({search.sfs[i], search.time, true});
    }
  }
  for (const uint32_t s : data.searches_of(Split::kTrain, Task::kAuxiliary)) {
    const SearchView search = data.search(s);
    for (size_t i = 0; i < search.ads.size(); ++i) {
      if (!search.ad_clicked[i]) continue;
      for (const uint32_t keyword : data.title(search.ads[i])) {
        if (keyword == kUnknownKeyword) continue;
        out.clicks[search.user].push_back({keyword, search.time, false});
      }
    }
  }
  for (size_t u = 0; u < residuals.size(); ++u) out.residuals[u] = sparse_row(residuals[u]);
  return out;
}

std::vector<uint32_t> basket_of(const std::vector<Click>& clicks, bool sfs_only) {
  std::set<uint32_t> words;
  for (const Click& c : clicks) {
    if (c.is_sf || !sfs_only) words.insert(c.keyword);
  }
  return {words.begin(), words.end()};
}

// Association rules A -> v over users' baskets: support >= 8 users, lift > 1.3. A is one clicked
// word, or two clicked SFs: pairs of title words are too many to say anything.
class Rules {
 public:
  explicit Rules(const UserClicks& users) {
    const auto all = static_cast<double>(users.clicks.size());
    std::unordered_map<uint64_t, uint32_t> antecedent_count, together;
    std::unordered_map<uint32_t, uint32_t> consequent_count;
    std::unordered_map<uint64_t, std::vector<uint32_t>> consequents;
    const auto visit = [&](const std::vector<Click>& clicks, auto each) {
      const std::vector<uint32_t> words = basket_of(clicks, false), sfs = basket_of(clicks, true);
      for (const uint32_t a : words) each(one(a), sfs);
      for (size_t i = 0; i < sfs.size(); ++i) {
        for (size_t j = i + 1; j < sfs.size(); ++j) each(two(sfs[i], sfs[j]), sfs);
      }
    };
    for (const std::vector<Click>& clicks : users.clicks) {
      for (const uint32_t v : basket_of(clicks, true)) ++consequent_count[v];
      visit(clicks, [&](uint64_t a, const auto&) { ++antecedent_count[a]; });
    }
    for (const std::vector<Click>& clicks : users.clicks) {
      visit(clicks, [&](uint64_t a, const std::vector<uint32_t>& sfs) {
        if (antecedent_count[a] < kSupport) return;  // no rule can come of it
        for (const uint32_t v : sfs) {
          if (!has(a, v) && ++together[mixed(a, v)] == 1) consequents[a].push_back(v);
        }
      });
    }
    for (const auto& [a, vs] : consequents) {
      for (const uint32_t v : vs) {
        const double count = together[mixed(a, v)], from = antecedent_count[a];
        const double lift = count * all / (from * consequent_count[v]);
        if (count >= kSupport && lift > kLift) {
          rules_[a].push_back({v, std::log(lift), count / from});
        }
      }
    }
  }

  struct Score {
    double log_lift = 0, confidence = 0;
    int fired = 0;
    double value() const { return log_lift / std::sqrt(fired + 5.0); }
  };
  std::unordered_map<uint32_t, Score> fire(const std::vector<Click>& clicks) const {
    std::unordered_map<uint32_t, Score> scores;
    const auto fire_one = [&](uint64_t a) {
      const auto at = rules_.find(a);
      if (at == rules_.end()) return;
      for (const Rule& rule : at->second) {
        Score& s = scores[rule.consequent];
        s.log_lift += rule.log_lift;
        s.confidence = std::max(s.confidence, rule.confidence);
        ++s.fired;
      }
    };
    for (const uint32_t a : basket_of(clicks, false)) fire_one(one(a));
    const std::vector<uint32_t> sfs = basket_of(clicks, true);
    for (size_t i = 0; i < sfs.size(); ++i) {
      for (size_t j = i + 1; j < sfs.size(); ++j) fire_one(two(sfs[i], sfs[j]));
    }
    return scores;
  }

 private:
  static constexpr uint32_t kSupport = 8;
  static constexpr double kLift = 1.3;
  struct Rule {
    uint32_t consequent;
    double log_lift, confidence;
  };
  // An antecedent as a number: its words, the second one shifted by one so that 0 means none.
  static uint64_t one(uint32_t a) { return a; }
  static uint64_t two(uint32_t a, uint32_t b) { return (uint64_t{b} + 1) << 32 | a; }
  static bool has(uint64_t antecedent, uint32_t v) {
    return static_cast<uint32_t>(antecedent) == v || antecedent >> 32 == uint64_t{v} + 1;
  }
  // Antecedent and consequent in one number; 21 bits each are enough for a log's keywords.
  static uint64_t mixed(uint64_t a, uint32_t v) {
    return (a & 0x1FFFFF) | (a >> 32 & 0x1FFFFF) << 21 | uint64_t{v & 0x1FFFFF} << 42;
  }

  std::unordered_map<uint64_t, std::vector<Rule>> rules_;
};

class CollaborativeBaseline : public Baseline {
 public:
  explicit CollaborativeBaseline(Collaborative kind) : kind_(kind) {}

  Status fit(const Dataset& data) override {
    if (data.keywords() >= 1u << 21) return invalid_argument("more keywords than 2^21");
    data_ = &data;
    users_ = read_clicks(data);
    return {};
  }

  std::vector<float> predict(Split split) const override {
    const auto searches = data_->searches_of(split, Task::kMain);
    std::vector<uint32_t> users;
    std::vector<uint64_t> begin;  // of each search's instances
    uint64_t instances = 0;
    std::unordered_map<uint32_t, std::vector<uint32_t>> searches_of_user;
    for (uint32_t i = 0; i < searches.size(); ++i) {
      const SearchView search = data_->search(searches[i]);
      searches_of_user[search.user].push_back(i);
      begin.push_back(instances);
      instances += search.sfs.size();
    }
    for (const auto& [user, list] : searches_of_user) users.push_back(user);
    std::sort(users.begin(), users.end());

    std::vector<double> score(instances);
    const auto add = [&](NearestUsers& nearest, size_t neighbours, auto weight) {
      std::vector<double> above(data_->keywords()), mass(data_->keywords());
      for (const uint32_t user : users) {
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
        for (const uint32_t s : searches_of_user[user]) {
          const SearchView search = data_->search(searches[s]);
          for (size_t i = 0; i < search.sfs.size(); ++i) {
            const uint32_t v = search.sfs[i];
            if (v == kUnknownKeyword) continue;
            score[begin[s] + i] += w * above[v] / (mass[v] + 2 * mean);
          }
        }
        for (const Neighbour& n : found) {
          for (const uint32_t column : users_.residuals[n.user].columns) {
            above[column] = mass[column] = 0;
          }
        }
      }
    };
    const auto always = [](uint32_t) { return 1.0; };
    constexpr size_t kNeighbours = 80, kAttributeNeighbours = 300;
    switch (kind_) {
      case Collaborative::kUserCf:
      case Collaborative::kFucf:
      case Collaborative::kTeucf: {
        NearestUsers nearest(click_rows(kind_));
        add(nearest, kNeighbours, always);
        break;
      }
      case Collaborative::kTaucf: {
        NearestUsers nearest(attribute_rows());
        add(nearest, kAttributeNeighbours, always);
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
        add(by_clicks, kNeighbours, weight);
        add(by_traits, kAttributeNeighbours, [&](uint32_t user) { return 1 - weight(user); });
        break;
      }
    }
    std::vector<float> out;
    for (uint32_t i = 0; i < searches.size(); ++i) {
      const SearchView search = data_->search(searches[i]);
      for (size_t j = 0; j < search.sfs.size(); ++j) {
        const double p = users_.popularity[search.sfs[j]] + score[begin[i] + j];
        out.push_back(static_cast<float>(std::clamp(p, 1e-4, 1 - 1e-4)));
      }
    }
    return out;
  }

 private:
  // Clicks by keyword times idf; faded by time for TEUCF, with rule consequents for FUCF.
  std::vector<SparseRow> click_rows(Collaborative kind) const {
    const double tau = 0.3 * static_cast<double>(users_.last - users_.first) + 1;
    std::vector<double> document_frequency(data_->keywords(), 0);
    for (const auto& clicks : users_.clicks) {
      for (const uint32_t word : basket_of(clicks, false)) ++document_frequency[word];
    }
    const auto idf = [&](uint32_t word) {
      return std::log(static_cast<double>(users_.clicks.size()) /
                      std::max(1.0, document_frequency[word]));
    };
    std::unique_ptr<Rules> rules;
    if (kind == Collaborative::kFucf) rules = std::make_unique<Rules>(users_);
    std::vector<SparseRow> rows;
    for (const auto& clicks : users_.clicks) {
      std::vector<std::pair<uint32_t, float>> entries;
      for (const Click& c : clicks) {
        const double fade = kind == Collaborative::kTeucf
                                ? std::exp(static_cast<double>(c.time - users_.last) / tau)
                                : 1;
        entries.push_back({c.keyword, static_cast<float>(fade * idf(c.keyword))});
      }
      if (rules) add_consequents(rules->fire(clicks), idf, entries);
      rows.push_back(sparse_row(std::move(entries)));
    }
    return rows;
  }

  template <typename Idf>
  static void add_consequents(const std::unordered_map<uint32_t, Rules::Score>& fired, Idf idf,
                              std::vector<std::pair<uint32_t, float>>& entries) {
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

  // At least three clicks, and somebody with two clicked words in common.
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
