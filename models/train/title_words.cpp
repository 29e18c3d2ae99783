#include "models/train/title_words.h"

#include <cmath>
#include <map>
#include <set>
#include <unordered_map>

#include "models/base/random.h"
#include "models/text/fingerprint.h"
#include "models/text/keywords.h"
#include "models/train/sparse_regression.h"

namespace barker {
namespace {

struct LogRate {
  double value, variance;
};

LogRate log_rate(const TestedTitle& title) {
  return {std::log((title.clicks + .5) / (title.impressions + 1)), 1 / (title.clicks + .5)};
}

}  // namespace

TestedWords words_of_titles(const std::vector<TestedTitle>& titles,
                            std::span<const TitlePair> training,
                            std::span<const TitlePair> validation, uint32_t least_titles) {
  TestedWords out;
  out.number.assign(titles.size(), kNoTitle);
  std::unordered_map<std::string_view, uint32_t> numbers;
  std::vector<std::vector<std::string>> texts;
  const KeywordSplitter splitter;
  const auto add = [&](std::span<const TitlePair> pairs) {
    for (const TitlePair& pair : pairs) {
      for (const uint32_t t : {pair.first, pair.second}) {
        const auto [at, is_new] =
            numbers.try_emplace(titles[t].title, static_cast<uint32_t>(numbers.size()));
        out.number[t] = at->second;
        if (!is_new) continue;
        std::vector<std::string>& words = texts.emplace_back();
        for (Keyword& word : splitter.split(titles[t].title)) words.push_back(std::move(word.text));
      }
    }
  };
  add(training);
  out.of_training = static_cast<uint32_t>(texts.size());
  std::map<std::string, uint32_t> count;  // of the training titles with the word
  for (const std::vector<std::string>& words : texts) {
    for (const std::string& word : std::set<std::string>(words.begin(), words.end())) ++count[word];
  }
  add(validation);
  std::unordered_map<std::string_view, uint32_t> known;
  for (const auto& [word, with] : count) {
    if (with < least_titles) continue;
    known.emplace(word, static_cast<uint32_t>(out.words.size()));
    out.words.push_back(word);
  }
  for (const std::vector<std::string>& words : texts) {
    std::vector<uint32_t>& title = out.titles.emplace_back();
    for (const std::string& word : words) {
      const auto at = known.find(word);
      if (at != known.end()) title.push_back(at->second);
    }
  }
  return out;
}

std::vector<TitleGain> gains_of(const std::vector<TestedTitle>& titles, const TestedWords& words,
                                std::span<const TitlePair> pairs, double unexplained_variance) {
  std::vector<TitleGain> gains;
  for (const TitlePair& pair : pairs) {
    const LogRate a = log_rate(titles[pair.first]), b = log_rate(titles[pair.second]);
    const double chance = a.variance + b.variance, gain = b.value - a.value;
    // The gain of the test is the true one with the variance `chance` around it. By Bayes' rule the
    // true one then has this mean and deviation.
    const double mean = gain * unexplained_variance / (unexplained_variance + chance);
    const double deviation =
        std::sqrt(unexplained_variance * chance / (unexplained_variance + chance));
    gains.push_back({pair.test, words.number[pair.first], words.number[pair.second], gain,
                     1 / (chance + unexplained_variance),
                     std::erfc(-mean / deviation / std::sqrt(2.0)) / 2});
  }
  return gains;
}

WordCodes codes_of(const TestedWords& words, uint32_t size) {
  WordCodes codes{size, {}};
  for (const std::string& word : words.words) {
    uint64_t state = fingerprint(word), bits = 0;
    for (uint32_t c = 0; c < size; ++c, bits >>= 1) {
      if (c % 64 == 0) bits = next_random(state);
      codes.signs.push_back(bits & 1 ? 1.0f : -1.0f);
    }
  }
  return codes;
}

double mean_code(const std::vector<uint32_t>& title, const WordCodes& codes) {
  if (title.empty() || codes.size == 0) return 0;
  double total = 0;
  for (uint32_t c = 0; c < codes.size; ++c) {
    double sum = 0;
    for (const uint32_t word : title) sum += codes.signs[size_t{word} * codes.size + c];
    total += std::fabs(sum);
  }
  return total / static_cast<double>(codes.size * title.size());
}

double LinearTitle::score(const std::vector<uint32_t>& title, const WordCodes& codes) const {
  double sum = 0;
  for (const uint32_t word : title) sum += words[word];
  if (!title.empty()) sum /= static_cast<double>(title.size());
  return sum + code * mean_code(title, codes);
}

LinearTitle fit_linear_title(const TestedWords& words, const WordCodes& codes,
                             std::span<const TitleGain> gains, double penalty) {
  constexpr double kScale = 3;  // makes the penalty of the code's one coefficient small
  const auto count = static_cast<uint32_t>(words.words.size());
  SparseRows titles, differences;
  titles.width = differences.width = count + 1;
  for (const std::vector<uint32_t>& title : words.titles) {
    for (const uint32_t word : title) titles.add(word, 1 / static_cast<double>(title.size()));
    titles.add(count, kScale * mean_code(title, codes));
    titles.end_row();
  }
  std::vector<double> y, weight;
  double total = 0;
  for (const TitleGain& gain : gains) {
    differences.add_difference(titles, gain.second, gain.first);
    y.push_back(gain.gain);
    weight.push_back(gain.weight);
    total += gain.weight;
  }
  for (double& w : weight) w *= static_cast<double>(weight.size()) / total;
  LinearTitle out{ridge_regression(differences, y, weight, penalty), 0};
  out.code = kScale * out.words.back();
  out.words.pop_back();
  return out;
}

}  // namespace barker
