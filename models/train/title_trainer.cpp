#include "models/train/title_trainer.h"

#include <algorithm>
#include <cmath>
#include <sstream>

#include "models/base/logistic.h"
#include "models/train/noise.h"
#include "models/train/title_network_torch.h"

namespace barker {
namespace {

// The numbers of the titles that pairs need, each once, and where they stand among them.
struct PairIndex {
  std::vector<uint32_t> titles;
  std::vector<int64_t> first, second;  // of each pair, in `titles`
};

PairIndex index_of(std::span<const TitleGain> gains, std::vector<int64_t>& place) {
  PairIndex out;
  const auto local = [&](uint32_t title) {
    if (place[title] < 0) {
      place[title] = static_cast<int64_t>(out.titles.size());
      out.titles.push_back(title);
    }
    return place[title];
  };
  for (const TitleGain& gain : gains) {
    out.first.push_back(local(gain.first));
    out.second.push_back(local(gain.second));
  }
  for (const uint32_t title : out.titles) place[title] = -1;
  return out;
}

double mean_weight(std::span<const TitleGain> gains) {
  double total = 0;
  for (const TitleGain& gain : gains) total += gain.weight;
  return total / static_cast<double>(gains.size());
}

uint32_t codes_in(const TitleOptions& options) {
  return std::min(options.codes, TitleNetwork::most_codes(options.train.model));
}

class TitleTrainer {
 public:
  TitleTrainer(const TestedWords& words, const TitleOptions& options,
               std::vector<TitleGain> training, std::vector<TitleGain> validation)
      : words_(words),
        options_(options),
        training_(std::move(training)),
        validation_(std::move(validation)),
        codes_(codes_of(words, codes_in(options))),
        place_(words.titles.size(), -1) {
    std::ranges::stable_sort(training_, {}, &TitleGain::test);
    for (size_t i = 0; i < training_.size(); ++i) {
      if (i == 0 || training_[i].test != training_[i - 1].test) begin_of_test_.push_back(i);
    }
    begin_of_test_.push_back(training_.size());
  }

  // Trains until validation no longer gains, or for exactly `epochs` of them.
  Result<TitleNetwork> run(double penalty, std::optional<uint32_t> epochs,
                           const std::function<void(const TitleEpoch&)>& on_epoch) {
    LinearTitle linear;
    if (options_.start_linear) linear = fit_linear_title(words_, codes_, training_, penalty);
    TitleNetwork network(words_, options_, options_.start_linear ? &linear : nullptr, codes_);
    word_penalty_ = penalty / static_cast<double>(training_.size());
    TitleNetwork::Weights best = network.copy();
    if (!epochs) best_ = judge(network, {0, NAN, 0, 0, true});
    if (!epochs && !std::isfinite(best_.validation_loss)) return diverged(0);
    if (!epochs && on_epoch) on_epoch(best_);
    const uint32_t last = epochs.value_or(options_.train.max_epochs);
    for (uint32_t epoch = 1; epoch <= last; ++epoch) {
      const double loss = run_epoch(network, epoch);
      if (!std::isfinite(loss)) return diverged(epoch);
      if (epochs) continue;
      TitleEpoch report = judge(network, {epoch, loss, 0, 0, false});
      if (!std::isfinite(report.validation_loss)) return diverged(epoch);
      report.best = report.validation_loss < best_.validation_loss;
      if (report.best) {
        best_ = report;
        best = network.copy();
      }
      if (on_epoch) on_epoch(report);
      if (epoch - best_.number >= options_.train.patience) break;
    }
    if (!epochs) network.restore(best);
    return network;
  }

  const TitleEpoch& best() const { return best_; }

 private:
  static Status diverged(uint32_t epoch) {
    return {Code::kBadConfiguration, "training diverged: the loss of epoch " +
                                         std::to_string(epoch) +
                                         " is not a finite number; lower train.learning_rate"};
  }

  // [pairs] the loss of each; the log-rate loss with weights w / scale.
  torch::Tensor losses(const TitleNetwork& network, std::span<const TitleGain> gains,
                       TitleNetwork::Noise noise, double scale, torch::Tensor* difference) {
    const PairIndex index = index_of(gains, place_);
    const torch::Tensor scores = network.scores(index.titles, noise);
    const torch::Tensor apart = scores.index_select(0, torch::tensor(index.second, torch::kInt64)) -
                                scores.index_select(0, torch::tensor(index.first, torch::kInt64));
    if (difference) *difference = apart;
    if (options_.loss == TitleLoss::kLogRate) {
      std::vector<float> gain, weight;
      for (const TitleGain& g : gains) {
        gain.push_back(static_cast<float>(g.gain));
        weight.push_back(static_cast<float>(g.weight / scale));
      }
      return torch::tensor(weight) * (apart - torch::tensor(gain)).square() / 2;
    }
    constexpr double kSharpness = 4;
    std::vector<float> better;
    for (const TitleGain& g : gains) better.push_back(static_cast<float>(g.second_is_better));
    return torch::binary_cross_entropy_with_logits(kSharpness * apart, torch::tensor(better), {},
                                                   {}, at::Reduction::None);
  }

  double run_epoch(TitleNetwork& network, uint32_t epoch) {
    const TrainOptions& train = options_.train;
    const double scale = mean_weight(training_);
    const double rate = train.learning_rate * std::pow(train.decay, epoch - 1);
    const size_t tests = begin_of_test_.size() - 1;
    const Permutation order(tests, noise(train.seed, epoch));
    double total = 0;
    std::vector<TitleGain> pairs;
    for (size_t begin = 0; begin < tests; begin += options_.batch_tests) {
      pairs.clear();
      for (size_t t = begin; t < std::min(begin + options_.batch_tests, tests); ++t) {
        const size_t test = order(t);
        pairs.insert(pairs.end(), training_.begin() + static_cast<ptrdiff_t>(begin_of_test_[test]),
                     training_.begin() + static_cast<ptrdiff_t>(begin_of_test_[test + 1]));
      }
      const uint64_t key = noise(noise(train.seed, epoch), begin);
      const torch::Tensor loss = losses(network, pairs, key, scale, nullptr).mean();
      total += loss.item<double>() * static_cast<double>(pairs.size());
      network.take_step(loss, rate, word_penalty_);
    }
    return total / static_cast<double>(training_.size());
  }

  TitleEpoch judge(const TitleNetwork& network, TitleEpoch report) {
    const torch::NoGradGuard no_grad;
    torch::Tensor apart;
    report.validation_loss =
        losses(network, validation_, std::nullopt, mean_weight(validation_), &apart)
            .mean()
            .item<double>();
    const torch::Tensor plain = apart.contiguous();
    double hits = 0, differing = 0;
    for (size_t i = 0; i < validation_.size(); ++i) {
      const double gain = validation_[i].gain, agreement = plain.data_ptr<float>()[i] * gain;
      differing += gain != 0;
      hits += gain == 0 ? 0 : agreement > 0 ? 1 : agreement < 0 ? 0 : .5;
    }
    report.validation_hits = hits / differing;
    return report;
  }

  const TestedWords& words_;
  const TitleOptions& options_;
  std::vector<TitleGain> training_, validation_;  // the first ones by test
  std::vector<size_t> begin_of_test_;             // and behind the last one
  const WordCodes codes_;
  std::vector<int64_t> place_;  // scratch of index_of
  double word_penalty_ = 0;
  TitleEpoch best_{};
};

// The penalty with which the linear model foretells the validation pairs best.
double choose_penalty(const TestedWords& words, const WordCodes& codes,
                      std::span<const TitleGain> training, std::span<const TitleGain> validation) {
  constexpr double kPenalties[] = {16, 8, 4, 2, 1, .5};
  double best = kPenalties[0], least = INFINITY;
  for (const double penalty : kPenalties) {
    const LinearTitle linear = fit_linear_title(words, codes, training, penalty);
    double loss = 0;
    for (const TitleGain& g : validation) {
      const double apart =
          linear.score(words.titles[g.second], codes) - linear.score(words.titles[g.first], codes);
      loss += g.weight * (apart - g.gain) * (apart - g.gain);
    }
    if (loss >= least) continue;
    least = loss;
    best = penalty;
  }
  return best;
}

// The offset with which the titles of the pairs were clicked as often as the network says:
// sum n sigma(s + offset) = sum c, found by halving.
double offset_of(std::span<const float> scores, std::span<const double> impressions,
                 double clicks) {
  double low = -50, high = 50;
  constexpr int kHalvings = 60;
  for (int i = 0; i < kHalvings; ++i) {
    const double middle = (low + high) / 2;
    double expected = 0;
    for (size_t t = 0; t < scores.size(); ++t) {
      expected += impressions[t] * sigmoid(scores[t] + middle);
    }
    (expected < clicks ? low : high) = middle;
  }
  return (low + high) / 2;
}

ModelSpec model_of(const TitleNetwork& network, const TestedWords& words,
                   const std::vector<TestedTitle>& titles) {
  const torch::NoGradGuard no_grad;
  std::vector<uint32_t> shown;
  std::vector<double> impressions;
  double all = 0, clicked = 0;
  for (size_t t = 0; t < titles.size(); ++t) {
    if (words.number[t] == kNoTitle || words.number[t] >= words.of_training) continue;
    shown.push_back(words.number[t]);
    impressions.push_back(titles[t].impressions);
    all += titles[t].impressions;
    clicked += titles[t].clicks;
  }
  const torch::Tensor scores = network.scores(shown, std::nullopt).contiguous();
  // Half a click more or less keeps the offset finite where nobody clicked, or everybody did.
  const double clicks = std::clamp(clicked, .5, std::max(.5, all - .5));
  return network.model(offset_of({scores.data_ptr<float>(), shown.size()}, impressions, clicks));
}

// The options that are read here, and all others as they are by default.
TrainOptions used_of(const TrainOptions& given) {
  TrainOptions used;
  used.model.name = given.model.name;
  used.model.dim = given.model.dim;
  used.model.hidden = given.model.hidden;
  used.model.dot = given.model.dot;
  used.model.dot_dim = given.model.dot_dim;
  used.model.dot_hidden = given.model.dot_hidden;
  used.learning_rate = given.learning_rate;
  used.decay = given.decay;
  used.embedding_l2 = given.embedding_l2;
  used.dropout = given.dropout;
  used.max_epochs = given.max_epochs;
  used.patience = given.patience;
  used.seed = given.seed;
  used.threads = given.threads;
  used.init = given.init;
  used.init_deviation = given.init_deviation;
  return used;
}

// An option that has no effect would stand in the model card as if it had.
Status check_used(const TrainOptions& given) {
  std::istringstream theirs(options_to_toml(given)), ours(options_to_toml(used_of(given)));
  for (std::string line, expected; std::getline(theirs, line) && std::getline(ours, expected);) {
    if (line == expected) continue;
    return invalid_argument("training from tests of titles has no use for the option \"" + line +
                            "\"; leave it at \"" + expected + "\"");
  }
  return {};
}

Status check(const TitleOptions& options, size_t training, size_t validation) {
  if (Status s = check_options(options.train); !s.ok()) return s;
  if (options.train.model.name != "MTDL") {
    return invalid_argument("model.name: expected MTDL, found \"" + options.train.model.name +
                            "\": titles are scored by the auxiliary network without groups");
  }
  if (options.train.model.dot == DotHead::kNone) {
    return invalid_argument("model.dot: expected \"added\" or \"alone\"");
  }
  if (Status s = check_used(options.train); !s.ok()) return s;
  if (options.penalty > 0 && !options.start_linear) {
    return invalid_argument("a penalty is that of the linear start, and there is none");
  }
  if (training == 0) return bad_data("there are no pairs of titles to learn from");
  if (validation == 0) return bad_data("there are no pairs of titles to choose by (validation)");
  return {};
}

// Where nothing was clicked, rates differ by impressions alone.
Status check_clicks(const std::vector<TestedTitle>& titles, const std::vector<TitlePair>& training,
                    const std::vector<TitlePair>& validation) {
  for (const auto* pairs : {&training, &validation}) {
    const bool has_clicks = std::ranges::any_of(*pairs, [&](const TitlePair& pair) {
      return titles[pair.first].clicks > 0 || titles[pair.second].clicks > 0;
    });
    if (has_clicks) continue;
    return bad_data(std::string("no title was clicked of the pairs to ") +
                    (pairs == &training ? "learn from" : "choose by (validation)"));
  }
  return {};
}

}  // namespace

TitleOptions default_title_options() {
  TitleOptions options;
  TrainOptions& train = options.train;
  train.model.name = "MTDL";
  train.model.dim = 128;
  train.model.hidden = {128};
  train.learning_rate = 5e-4;
  train.embedding_l2 = 1e-3;
  train.init_deviation = 0.1;
  train.patience = 5;
  return options;
}

Result<TrainedTitles> train_titles(const std::vector<TestedTitle>& titles,
                                   const std::vector<TitlePair>& training,
                                   const std::vector<TitlePair>& validation,
                                   const TitleOptions& options,
                                   const std::function<void(const TitleEpoch&)>& on_epoch) {
  if (Status s = check(options, training.size(), validation.size()); !s.ok()) return s;
  if (Status s = check_clicks(titles, training, validation); !s.ok()) return s;
  at::set_num_threads(options.train.threads);
  const double variance = options.unexplained_variance;
  const TestedWords words = words_of_titles(titles, training, validation, options.least_titles);
  if (words.words.empty()) {
    return bad_data("no word stands in " + std::to_string(options.least_titles) +
                    " titles of the pairs to learn from");
  }
  const std::vector<TitleGain> gains = gains_of(titles, words, training, variance);
  const std::vector<TitleGain> judged = gains_of(titles, words, validation, variance);
  TrainedTitles out;
  out.penalty = options.penalty;
  if (options.start_linear && options.penalty == 0) {
    out.penalty = choose_penalty(words, codes_of(words, codes_in(options)), gains, judged);
  }
  TitleTrainer trainer(words, options, gains, judged);
  Result<TitleNetwork> network = trainer.run(out.penalty, std::nullopt, on_epoch);
  if (!network.ok()) return network.status();
  out.best_epoch = trainer.best().number;
  out.validation_loss = trainer.best().validation_loss;
  out.validation_hits = trainer.best().validation_hits;
  out.words = static_cast<uint32_t>(words.words.size());
  out.titles = static_cast<uint32_t>(words.titles.size());
  if (!options.refit) {
    out.model = model_of(*network, words, titles);
    return out;
  }
  std::vector<TitlePair> all = training;
  const uint32_t tests = all.empty() ? 0 : std::ranges::max(all, {}, &TitlePair::test).test + 1;
  for (TitlePair pair : validation) {
    pair.test += tests;
    all.push_back(pair);
  }
  const TestedWords all_words = words_of_titles(titles, all, {}, options.least_titles);
  TitleTrainer again(all_words, options, gains_of(titles, all_words, all, variance), {});
  Result<TitleNetwork> refitted = again.run(out.penalty, out.best_epoch, nullptr);
  if (!refitted.ok()) return refitted.status();
  out.words = static_cast<uint32_t>(all_words.words.size());
  out.titles = static_cast<uint32_t>(all_words.titles.size());
  out.model = model_of(*refitted, all_words, titles);
  return out;
}

}  // namespace barker
