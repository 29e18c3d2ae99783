#include "models/train/extend.h"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <unordered_map>

#include "models/data/dataset.h"
#include "models/text/fingerprint.h"
#include "models/train/ridge_torch.h"
#include "models/train/word_pairs_torch.h"
#include "models/weights/add_keywords.h"
#include "models/weights/format.h"

namespace barker {
namespace {

constexpr uint32_t kNoRow = kUnknownKeyword;

class Extender {
 public:
  Extender(const std::vector<AdTexts>& ads, const ExtendOptions& options, ModelSpec& model)
      : options_(options),
        model_(model),
        catalogue_(words_of_ads(ads, model.phrases.value_or(std::vector<std::string>{}))) {}

  Result<Extension> run() {
    find_rows();
    number_words();
    if (out_.known.words < kLeastKnownWords) {
      return bad_data("the catalogue has " + std::to_string(out_.known.words) +
                      " words that the weights know and that stand in at least " +
                      std::to_string(kLeastAds) + " of its ads, and at least " +
                      std::to_string(kLeastKnownWords) + " are needed");
    }
    choose_words();
    if (out_.added.empty()) return std::move(out_);
    NewKeywords keywords = place_words();
    keywords.names = out_.added;
    if (Status s = add_keywords(keywords, model_); !s.ok()) return s;
    add_phrases();
    add_golden();
    return std::move(out_);
  }

 private:
  // The model's row of each word. Names behind the keywords are features: a word of such a name can
  // have no row, and it counts as a name that is taken.
  void find_rows() {
    std::unordered_map<std::string_view, uint32_t> rows;
    for (uint32_t i = 0; i < model_.names.size(); ++i) rows[model_.names[i]] = i;
    for (const CatalogueWord& word : catalogue_.words) {
      const auto found = rows.find(word.text);
      row_.push_back(found == rows.end() ? kNoRow : found->second);
    }
  }

  bool is_known(uint32_t word) const { return row_[word] < model_.keyword_rows; }

  // Words of enough ads get numbers, for which pairs are counted.
  void number_words() {
    for (uint32_t w = 0; w < catalogue_.words.size(); ++w) {
      const CatalogueWord& word = catalogue_.words[w];
      const bool is_rare = word.ads < kLeastAds;
      number_.push_back(is_rare ? kNoRow : static_cast<uint32_t>(word_.size()));
      if (!is_rare) word_.push_back(w);
      if (is_rare && row_[w] == kNoRow) out_.rare.add(word);
      if (!is_rare && is_known(w)) out_.known.add(word);
    }
  }

  // Words without a row get one where they stand with a known word more often than by chance.
  void choose_words() {
    std::vector<bool> has_mate(word_.size(), false);
    PairCounts pairs(word_.size());
    std::vector<uint32_t> numbers;
    for (const std::vector<uint32_t>& ad : catalogue_.ads) {
      numbers.clear();
      for (const uint32_t w : ad) {
        if (number_[w] != kNoRow) numbers.push_back(number_[w]);
      }
      pairs.add(numbers);
    }
    matrix_ = pairs.ppmi();
    for (size_t i = 0; i < word_.size(); ++i) {
      if (row_[word_[i]] != kNoRow) continue;
      const CatalogueWord& word = catalogue_.words[word_[i]];
      const bool has_known_mate = std::ranges::any_of(
          matrix_.rows[i], [&](const auto& mate) { return is_known(word_[mate.first]); });
      (has_known_mate ? out_.placed : out_.alone).add(word);
      if (!has_known_mate) continue;
      added_.push_back(static_cast<int64_t>(i));
      out_.added.push_back(word.text);
    }
  }

  NewKeywords place_words() {
    const uint32_t dim = model_.architecture.dim;
    NewKeywords keywords;
    keywords.rows.assign(added_.size() * dim, 0);
    keywords.dot_target_bias.assign(added_.size(), 0);
    if (options_.zero_rows) return keywords;

    const torch::NoGradGuard no_grad;
    const torch::Tensor contexts = truncated_svd(matrix_, options_.context_dim, options_.seed);
    const auto bias = model_.tensors.find("dot.target.bias");
    const bool has_bias = bias != model_.tensors.end();
    // b_v is one more column of what is foretold. Where it has a trend of keywords
    // (keyword_trend.h), new words get what their mates foretell of that, too.
    const uint32_t columns = dim + has_bias;
    std::vector<int64_t> known;
    std::vector<float> rows, weights;
    std::vector<uint32_t> fold;
    for (size_t i = 0; i < word_.size(); ++i) {
      const uint32_t row = row_[word_[i]];
      if (!is_known(word_[i])) continue;
      constexpr uint32_t kFolds = 5;
      known.push_back(static_cast<int64_t>(i));
      fold.push_back(static_cast<uint32_t>(fingerprint(model_.names[row]) % kFolds));
      weights.push_back(weight_of_row(model_.click_rates.evidence, row));
      const float* from = model_.tensors.at("embedding").data() + size_t{row} * dim;
      rows.insert(rows.end(), from, from + dim);
      if (has_bias) rows.push_back(bias->second[row]);
    }
    const torch::Tensor x = contexts.index_select(0, torch::tensor(known, torch::kInt64));
    const torch::Tensor y = torch::tensor(rows).view({-1, columns});
    const torch::Tensor weight = torch::tensor(weights);
    const RidgeChoice choice = choose_ridge(x, y, weight, fold);
    out_.ridge = choice.ridge;
    out_.explained = choice.explained;
    const torch::Tensor placed =
        affine_fit(x, y, weight, choice.ridge)
            .apply(contexts.index_select(0, torch::tensor(added_, torch::kInt64)))
            .contiguous();
    const float* from = placed.data_ptr<float>();
    for (size_t i = 0; i < added_.size(); ++i, from += columns) {
      std::copy_n(from, dim, keywords.rows.begin() + static_cast<std::ptrdiff_t>(i * dim));
      if (has_bias) keywords.dot_target_bias[i] = from[dim];
    }
    return keywords;
  }

  // A new selling point of several words must be found in titles as in a model's own training, so
  // that it is not put before a title that has it.
  void add_phrases() {
    if (!model_.phrases) return;  // then they follow from the names
    std::vector<std::string> added = out_.added;
    std::ranges::sort(added);
    for (const std::string& phrase : catalogue_.phrases) {
      if (!std::ranges::binary_search(added, phrase)) continue;
      model_.phrases->push_back(phrase);
      ++out_.phrases;
    }
  }

  void add_golden() {
    constexpr size_t kVectors = 4, kWords = 16;
    const size_t there = model_.golden.size();
    const size_t room = kMaxGoldenVectors - std::min<size_t>(kMaxGoldenVectors, there);
    const size_t count = std::min(kVectors, room);
    for (size_t v = 0; v < count; ++v) {
      GoldenSpec golden;
      if (there > 0) golden.groups = model_.golden[v * there / count].groups;
      golden.groups.resize(model_.architecture.groups.size());
      const size_t words = std::min(kWords, out_.added.size());
      for (size_t i = 0; i < words; ++i) {
        const size_t at = (v * words + i) * out_.added.size() / (count * words);
        const Fingerprint word = fingerprint(out_.added[at]);
        golden.candidates.push_back(word);
        if (!model_.architecture.has_auxiliary) continue;
        if (i % 4 == 0) golden.titles.emplace_back();
        golden.titles.back().fingerprints.push_back(word);
      }
      out_.golden.push_back(std::move(golden));
    }
  }

  const ExtendOptions& options_;
  ModelSpec& model_;
  const CatalogueWords catalogue_;
  std::vector<uint32_t> row_;     // of the model, for each word of the catalogue
  std::vector<uint32_t> number_;  // among the words whose pairs are counted
  std::vector<uint32_t> word_;    // of each number
  SparseMatrix matrix_;
  std::vector<int64_t> added_;  // numbers of the words that get a row
  Extension out_;
};

}  // namespace

Result<Extension> extend_model(const std::vector<AdTexts>& ads, const ExtendOptions& options,
                               ModelSpec& model) {
  return Extender(ads, options, model).run();
}

}  // namespace barker
