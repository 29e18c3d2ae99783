#include "models/evaluate/reference_golden.h"

#include <algorithm>
#include <string>

#include "models/weights/groups.h"
#include "scoring/forward.h"

namespace barker {
namespace {

class Filler {
 public:
  explicit Filler(const WeightFile& file) : file_(file), network_(Network::bind(file)) {}

  Status fill_in(GoldenSpec& golden) const {
    std::vector<std::vector<uint32_t>> groups(network_.groups.size()), titles(golden.titles.size());
    std::vector<Bag> group_bags, title_bags;
    for (size_t g = 0; g < groups.size(); ++g) {
      if (Status s = map(golden.groups[g].fingerprints, &network_.groups[g], groups[g]); !s.ok()) {
        return s;
      }
      group_bags.push_back(bag_of(golden.groups[g], groups[g]));
    }
    std::vector<uint32_t> targets;
    if (Status s = map(golden.candidates, nullptr, targets); !s.ok()) return s;
    for (size_t t = 0; t < titles.size(); ++t) {
      if (Status s = map(golden.titles[t].fingerprints, nullptr, titles[t]); !s.ok()) return s;
      title_bags.push_back(bag_of(golden.titles[t], titles[t]));
    }
    const ReferenceOutputs out = reference_forward(network_, group_bags, targets, title_bags);
    golden.main_logits.assign(out.main_logits.begin(), out.main_logits.end());
    golden.aux_logits.assign(out.aux_logits.begin(), out.aux_logits.end());
    return {};
  }

 private:
  static Bag bag_of(const BagSpec& bag, const std::vector<uint32_t>& rows) {
    return {rows.data(), bag.weights.empty() ? nullptr : bag.weights.data(), rows.size()};
  }

  // `group` is null for keywords of titles and for candidates. A group takes no more tokens than it
  // has in serving.
  Status map(const std::vector<Fingerprint>& tokens, const NetworkGroup* group,
             std::vector<uint32_t>& rows) const {
    const size_t most = group && group->max_tokens ? group->max_tokens : tokens.size();
    for (size_t i = 0; i < std::min(most, tokens.size()); ++i) {
      const uint32_t row = group && group->hash_buckets
                               ? group->first_bucket_row + bucket_of(tokens[i], group->hash_buckets)
                               : file_.vocabulary().find(tokens[i]);
      if (row >= (group ? network_.rows : network_.keyword_rows)) {
        return bad_data("a golden vector has the fingerprint " + std::to_string(tokens[i]) +
                        ", which has no row");
      }
      rows.push_back(row);
    }
    return {};
  }

  const WeightFile& file_;
  const Network network_;
};

}  // namespace

Status fill_in_golden(const WeightFile& file, std::vector<GoldenSpec>& golden) {
  const Filler filler(file);
  for (GoldenSpec& vector : golden) {
    if (Status s = filler.fill_in(vector); !s.ok()) return s;
  }
  return {};
}

}  // namespace barker
