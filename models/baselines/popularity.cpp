#include "models/baselines/popularity.h"

#include "models/baselines/rate_table.h"
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
        in_category_.add(search.category, search.sfs[i], search.sf_clicked[i]);
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
  double score(uint32_t category, uint32_t keyword) const {
    return in_category_.rate(category, keyword, popularity_[keyword]);
  }

  bool by_category_;
  const Dataset* data_ = nullptr;
  Popularity popularity_;
  RateTable in_category_;
};

}  // namespace

std::unique_ptr<Baseline> make_popularity(bool by_category) {
  return std::make_unique<PopularityBaseline>(by_category);
}

}  // namespace barker
