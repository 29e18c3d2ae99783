#include "models/baselines/user_clicks.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <set>

namespace barker {
namespace {

// Keeps the features that a user has in every search, which say something about the user and not
// about the query.
class AttributeCollector {
 public:
  AttributeCollector(const Dataset& data, std::vector<std::vector<uint32_t>>& attributes)
      : data_(data), attributes_(attributes), seen_(data.users()) {}

  void add(const SearchView& search) {
    std::vector<uint32_t> now;
    for (size_t g = 0; g < data_.groups().size(); ++g) {
      const auto features = data_.group(search.index, g).features;
      now.insert(now.end(), features.begin(), features.end());
    }
    std::sort(now.begin(), now.end());
    std::vector<uint32_t>& kept = attributes_[search.user];
    if (!seen_[search.user]) {
      kept = now;
    } else {
      std::vector<uint32_t> both;
      std::set_intersection(kept.begin(), kept.end(), now.begin(), now.end(),
                            std::back_inserter(both));
      kept = both;
    }
    seen_[search.user] = true;
  }

 private:
  const Dataset& data_;
  std::vector<std::vector<uint32_t>>& attributes_;
  std::vector<bool> seen_;
};

// Searches of the training split.
std::vector<uint32_t> searches_before(const Dataset& data, Task task,
                                      std::optional<int64_t> before) {
  std::vector<uint32_t> searches;
  for (const uint32_t s : data.searches_of(Split::kTrain, task)) {
    if (!before || data.search(s).time < *before) searches.push_back(s);
  }
  return searches;
}

void find_period(const Dataset& data, const std::vector<uint32_t>& searches, UserClicks& out) {
  if (searches.empty()) return;
  out.first = out.last = data.search(searches[0]).time;
  for (const uint32_t s : searches) {
    out.first = std::min(out.first, data.search(s).time);
    out.last = std::max(out.last, data.search(s).time);
  }
}

void read_sf_clicks(const Dataset& data, const std::vector<uint32_t>& main, UserClicks& out) {
  for (const uint32_t s : main) out.popularity.add(data.search(s));
  out.popularity.finish(data.keywords());
  std::vector<std::vector<std::pair<uint32_t, float>>> residuals(data.users());
  AttributeCollector attributes(data, out.attributes);
  for (const uint32_t s : main) {
    const SearchView search = data.search(s);
    attributes.add(search);
    for (size_t i = 0; i < search.sfs.size(); ++i) {
      if (search.sfs[i] == kUnknownKeyword) continue;
      const auto y = static_cast<float>(search.sf_clicked[i]);
      ++out.shown[search.user];
      residuals[search.user].push_back(
          {search.sfs[i], y - static_cast<float>(out.popularity[search.sfs[i]])});
      if (y > 0) out.clicks[search.user].push_back({search.sfs[i], search.time, true});
    }
  }
  for (size_t u = 0; u < residuals.size(); ++u) out.residuals[u] = sparse_row(residuals[u]);
}

void read_ad_clicks(const Dataset& data, const std::vector<uint32_t>& auxiliary, UserClicks& out) {
  for (const uint32_t s : auxiliary) {
    const SearchView search = data.search(s);
    for (size_t i = 0; i < search.ads.size(); ++i) {
      if (!search.ad_clicked[i]) continue;
      for (const uint32_t keyword : data.title(search.ads[i])) {
        if (keyword == kUnknownKeyword) continue;
        out.clicks[search.user].push_back({keyword, search.time, false});
      }
    }
  }
}

}  // namespace

UserClicks read_user_clicks(const Dataset& data, std::optional<int64_t> before) {
  const std::vector<uint32_t> main = searches_before(data, Task::kMain, before);
  const std::vector<uint32_t> auxiliary = searches_before(data, Task::kAuxiliary, before);
  UserClicks out;
  out.clicks.resize(data.users());
  out.residuals.resize(data.users());
  out.shown.resize(data.users());
  out.attributes.resize(data.users());
  find_period(data, main.empty() ? auxiliary : main, out);
  read_sf_clicks(data, main, out);
  read_ad_clicks(data, auxiliary, out);
  return out;
}

std::vector<UserClick> clicks_of_history(const SearchView& search) {
  std::vector<UserClick> clicks;
  for (const uint32_t keyword : search.history) {
    if (keyword == kUnknownKeyword) continue;
    const bool is_sf = std::ranges::find(search.sf_history, keyword) != search.sf_history.end();
    clicks.push_back({keyword, 0, is_sf});
  }
  return clicks;
}

double faded_by_order(size_t i, size_t count) {
  const auto n = static_cast<double>(count);
  return std::exp((static_cast<double>(i) + 1 - n) / (0.3 * n + 1));
}

std::vector<uint32_t> basket_of(const std::vector<UserClick>& clicks, bool sfs_only) {
  std::set<uint32_t> words;
  for (const UserClick& c : clicks) {
    if (c.is_sf || !sfs_only) words.insert(c.keyword);
  }
  return {words.begin(), words.end()};
}

}  // namespace barker
