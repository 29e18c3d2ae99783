#include "models/evaluate/score_titles.h"

#include <cmath>

#include "models/text/keywords.h"
#include "scoring/forward.h"

namespace barker {

Result<std::vector<double>> score_titles(const WeightFile& file, const KernelTable& kernels,
                                         const std::vector<std::string>& titles) {
  const PackedNetwork packed(Network::bind(file), kernels);
  const Network& network = packed.network();
  if (!network.has_auxiliary) {
    return invalid_argument(file.path() + ": the model has no auxiliary task, which scores titles");
  }
  const KeywordSplitter splitter(file.phrases());
  const std::vector<Bag> nobody(network.groups.size());
  Forward forward;
  forward.bind(packed);
  forward.set_context(nobody);
  std::vector<double> scores;
  std::vector<Fingerprint> words;
  std::vector<uint32_t> rows;
  for (const std::string& title : titles) {
    words.clear();
    rows.clear();
    splitter.split(title, words);
    for (const Fingerprint word : words) {
      const uint32_t row = file.vocabulary().find(word);
      if (row < network.keyword_rows) rows.push_back(row);
    }
    const Bag bag{rows.data(), nullptr, rows.size()};
    float logit = 0;
    forward.score_titles({&bag, 1}, &logit);
    if (!std::isfinite(logit)) {
      return bad_data(file.path() + ": the model gives the title \"" + title +
                      "\" a logit that is not a finite number");
    }
    scores.push_back(double{network.aux_scale} * logit + network.aux_offset);
  }
  return scores;
}

}  // namespace barker
