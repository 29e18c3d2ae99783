#include "models/baselines/popularity.h"

#include <unordered_map>

#include "models/baselines/statistics.h"

namespace barker {
namespace {

class PopularityBaseline : public Baseline {
 public:
  explicit PopularityBaseline(bool by_category) : by_category_(by_category) {}

  Status fit(const Dataset& data) override {
    data_ = &data;
    for (const uint32_t s : data.searches_of(Split::kTrain, Task::kMain)) {
      const SearchView search = data.search(s);
      popularity_.add(search);
      for (size_t i = 0; by_category_ && i < search.sfs.size(); ++i) {
        Counts& c = in_category_[key(search.category, search.sfs[i])];
        c.shown += 1;
        c.clicks += search.sf_clicked[i];
      }
    }
    popularity_.finish(data.keywords());
    return {};
  }

  Result<std::vector<float>> predict(Split split) const override {
    std::vector<float> out;
    for (const uint32_t s : data_->searches_of(split, Task::kMain)) {
      const SearchView search = data_->search(s);
      for (const uint32_t keyword : search.sfs) {
        out.push_back(static_cast<float>(score(search.category, keyword)));
      }
    }
    return out;
  }

 private:
  struct Counts {
    double clicks = 0, shown = 0;
  };
  static uint64_t key(uint32_t category, uint32_t keyword) {
    return uint64_t{category} << 32 | keyword;
  }

  double score(uint32_t category, uint32_t keyword) const {
    constexpr double kPrior = 10;
    const auto at = in_category_.find(key(category, keyword));
    if (at == in_category_.end()) return popularity_[keyword];
    return (at->second.clicks + kPrior * popularity_[keyword]) / (at->second.shown + kPrior);
  }

  bool by_category_;
  const Dataset* data_ = nullptr;
  Popularity popularity_;
  std::unordered_map<uint64_t, Counts> in_category_;
};

}  // namespace

std::unique_ptr<Baseline> make_popularity(bool by_category) {
  return std::make_unique<PopularityBaseline>(by_category);
}

}  // namespace barker
