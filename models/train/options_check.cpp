#include <algorithm>
#include <iterator>

#include "models/base/number_text.h"
#include "models/train/half_life.h"
#include "models/train/options.h"

namespace barker {
namespace {

Status range(const char* key, double value, double low, double high) {
  if (value >= low && value <= high) return {};
  return invalid_argument(std::string(key) + ": expected " + rounded_number_text(low, 10) + " to " +
                          rounded_number_text(high, 10) + ", found " +
                          rounded_number_text(value, 10));
}

Status check_model(const ModelOptions& m) {
  const char* names[] = {"BM", "MTDL", "AMTDL", "ABM"};
  if (std::none_of(std::begin(names), std::end(names), [&](auto n) { return m.name == n; })) {
    return invalid_argument("model.name: expected BM, MTDL, AMTDL or ABM, found \"" + m.name +
                            "\"");
  }
  if (m.dot != DotHead::kAlone && m.hidden.empty()) {
    return invalid_argument("model.hidden: empty, which only model.dot = \"alone\" can do without");
  }
  if (m.match_inputs && m.dot == DotHead::kAlone) {
    return invalid_argument(
        "model.match_inputs: they go into the first layer, which model.dot = \"alone\" does "
        "without");
  }
  if (m.hidden.size() > 8 || m.dot_hidden.size() > 7) {
    return invalid_argument("model.hidden, model.dot_hidden: at most 8 and 7 layers");
  }
  for (const uint32_t size : m.hidden) {
    if (Status s = range("model.hidden", size, 1, 4096); !s.ok()) return s;
  }
  for (const uint32_t size : m.dot_hidden) {
    if (Status s = range("model.dot_hidden", size, 1, 4096); !s.ok()) return s;
  }
  for (const Status& s : {
           range("model.dim", m.dim, 1, 1024),
           range("model.dot_dim", m.dot_dim, 1, 1024),
           range("model.user_id_buckets", m.user_id_buckets, 0, 1 << 28),
           range("model.history_length", m.history_length, 1, 65536),
       }) {
    if (!s.ok()) return s;
  }
  return {};
}

Status check_numbers(const TrainOptions& o) {
  for (const Status& s : {
           range("train.k", o.k, 0, 1000),
           range("train.learning_rate", o.learning_rate, 1e-7, 1),
           range("train.finetune_rate", o.finetune_rate, 1e-4, 10),
           range("train.decay", o.decay, 0.1, 1),
           range("train.embedding_l2", o.embedding_l2, 0, 1),
           range("train.dropout", o.dropout, 0, 0.95),
           range("train.history_dropout", o.history_dropout, 0, 0.95),
           range("train.user_id_dropout", o.user_id_dropout, 0, 0.95),
           range("train.batch_searches", o.batch_searches, 1, 1 << 20),
           range("train.max_epochs", o.max_epochs, 1, 100000),
           range("train.patience", o.patience, 1, 100000),
           range("train.threads", o.threads, 1, 256),
           range("train.init_deviation", o.init_deviation, 1e-6, 10),
           range("train.propensity_floor", o.propensity_floor, 1e-6, 1),
           range("cool_down.epochs", o.cool_down.epochs, 0, 100000),
           range("cool_down.rate", o.cool_down.rate, 1e-6, 1000),
           range("increment.past", o.increment.past, 0, 1e6),
           range("increment.epochs", o.increment.epochs, 1, 100000),
           range("increment.learning_rate", o.increment.learning_rate, 1e-7, 1),
           range("freeze.main_negatives_kept", o.main_negatives_kept, 1e-6, 1),
           range("freeze.aux_negatives_kept", o.aux_negatives_kept, 1e-6, 1),
       }) {
    if (!s.ok()) return s;
  }
  return {};
}

Status check_half_life_options(const TrainOptions& o) {
  for (const auto& [option, text] :
       {std::pair(kRecencyHalfLife, o.recency_half_life), {kTrendHalfLife, o.trend_half_life}}) {
    if (Status s = check_half_life_text(option, text); !s.ok()) return s;
  }
  if (!o.trend_half_life.empty() && o.model.dot == DotHead::kNone) {
    return invalid_argument(
        std::string(kTrendHalfLife) +
        ": the trend goes into the bias that the dot product has for each keyword; expected "
        "model.dot = \"added\" or \"alone\"");
  }
  return {};
}

// Options that are about the clicks on titles need a model that learns from these.
Status check_title_clicks(const TrainOptions& o) {
  for (const auto& [name, is_set] :
       {std::pair("train.attribution", o.attribution), {"train.examination", o.examination}}) {
    if (is_set && !o.model.auxiliary()) {
      return invalid_argument(std::string(name) + ": " + o.model.name +
                              " does not learn from clicks on ads; MTDL and AMTDL do");
    }
  }
  // Fine-tuning replaces the main head that attribution would have trained.
  if (o.attribution && o.schedule == Schedule::kPretrain) {
    return invalid_argument(
        "train.attribution: expected train.schedule = \"alternate\" or \"joint\", found "
        "\"pretrain\"");
  }
  return {};
}

}  // namespace

Status check_options(const TrainOptions& o) {
  if (Status s = check_model(o.model); !s.ok()) return s;
  for (const auto check : {check_numbers, check_half_life_options, check_title_clicks}) {
    if (Status s = check(o); !s.ok()) return s;
  }
  return {};
}

}  // namespace barker
