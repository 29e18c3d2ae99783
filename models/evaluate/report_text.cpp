#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "models/evaluate/number_format.h"
#include "models/evaluate/report.h"
#include "models/text/text.h"

namespace barker {
namespace {

using Json = nlohmann::ordered_json;

std::string number(double value) {
  return std::isnan(value) ? align_right("-", 6) : align_right(number_text(value, 4), 6);
}

std::string difference(const Interval& i) {
  if (std::isnan(i.value)) return number(i.value);
  if (std::isnan(i.low)) return signed_number_text(i.value, 4) + " [-,-]";
  return signed_number_text(i.value, 4) + " [" + signed_number_text(i.low, 4) + "," +
         signed_number_text(i.high, 4) + "]";
}

std::string interval(const Interval& i) {
  return number(i.value) + " [" + number(i.low) + "," + number(i.high) + "]";
}

// The report as text, section by section. The first column is as wide as the longest name.
class TextReport {
 public:
  explicit TextReport(const Evaluation& e) : e_(e) {
    for (const ModelReport& m : e.models)
      width_ = std::max<size_t>(width_, display_width(visible_line(m.name)));
  }

  std::string render() {
    if (!e_.log.name.empty()) {
      out_ = visible_line(e_.log.name) + ", " + e_.log.split + " split, " + e_.log.period + "\n";
    }
    out_ += std::to_string(e_.instances) + " instances, " + std::to_string(e_.clicks) +
            " clicked, " + std::to_string(e_.searches) + " searches, " + std::to_string(e_.users) +
            " users; 95% intervals from " + std::to_string(e_.draws) + " draws of users\n" +
            (e_.split_rule.empty() ? "" : "split " + e_.split_rule + "\n") + "\n";
    add_auc();
    if (e_.models.empty()) return out_;
    add_bins();
    add_probabilities();
    add_decisions();
    add_lists();
    add_categories();
    add_sliced();
    return out_;
  }

 private:
  std::string padded(const std::string& name) const {
    return align_left(visible_line(name), width_) + "  ";
  }

  void add_auc() {
    out_ += padded("AUC") +
            "all                     above the first           above the one before      "
            "auxiliary task\n";
    for (const ModelReport& m : e_.models) {
      const bool first = &m == &e_.models.front();
      const std::string none(25, ' ');
      out_ += padded(m.name) + interval(m.auc) + "  " +
              (first ? none + "  " + none
                     : difference(m.above_first) + "  " + difference(m.above_previous)) +
              "  " + (m.auxiliary.instances ? interval(m.auxiliary.auc) : "") + "\n";
    }
  }

  void add_bins() {
    out_ += "\nAUC by the users' clicks before this split (Table 3)\n";
    for (size_t bin = 0; bin < 4; ++bin) {
      const SliceAuc& shared = e_.models[0].bins[bin];
      const double share = 100.0 * static_cast<double>(shared.instances) /
                           std::max(1.0, static_cast<double>(e_.instances));
      out_ += "  " + shared.name + ": " + std::to_string(shared.instances) + " instances (" +
              number_text(share, 0) + "%) of " + std::to_string(shared.users) + " users" +
              (shared.is_too_small ? "  too few for an interval" : "") + "\n";
      for (const ModelReport& m : e_.models) {
        if (shared.instances == 0) break;
        out_ += "    " + padded(m.name) + interval(m.bins[bin].auc) + "\n";
      }
    }
  }

  void add_probabilities() {
    out_ += "\n" + padded("") +
            "PR-AUC  NDCG    MRR     GAUC    log loss RMSE    ECE     without history\n";
    for (const ModelReport& m : e_.models) {
      out_ += padded(m.name) + number(m.average_precision) + "  " + number(m.lists.ndcg) + "  " +
              number(m.lists.mrr) + "  " + number(m.grouped_auc) + "  " + number(m.log_loss) +
              "  " + number(m.rmse) + "  " + number(m.calibration_error) + "  " +
              interval(m.cold.auc) + "\n";
    }
  }

  void add_decisions() {
    out_ += "\n" + padded("decisions (Table 4)") +
            "recall  precision accuracy F1      RMSE    threshold\n";
    for (const ModelReport& m : e_.models) {
      const Decisions d = if_possible(m.decisions);
      out_ += align_left(visible_line(m.name), std::max<size_t>(width_, 19)) + "  " +
              number(d.recall) + "  " + number(d.precision) + "    " + number(d.accuracy) + "   " +
              number(d.f1) + "  " + number(m.rmse) + "  " + number(d.threshold) +
              (m.is_threshold_own ? "  chosen on what is judged, which flatters" : "") + "\n";
    }
  }

  void add_lists() {
    out_ += "\n" + padded("top K") + "K   precision recall  coverage MAE     RMSE\n";
    for (const ModelReport& m : e_.models) {
      for (const size_t k : {1, 2, 3, 5, 10}) {
        if (k > longest_list(e_)) break;
        const TopK& t = m.top_k[k - 1];
        out_ += padded(k == 1 ? m.name : "") + align_left(std::to_string(k), 3) + " " +
                number(t.precision) + "    " + number(t.recall) + "  " + number(t.coverage) +
                "   " + number(t.mae) + "  " + number(t.rmse) + "\n";
      }
    }
  }

  void add_categories() {
    if (!e_.models[0].categories.empty()) out_ += "\nAUC by category\n";
    add_slices([](const ModelReport& m) -> const auto& { return m.categories; });
  }

  void add_sliced() {
    for (size_t s = 0; s < e_.models[0].sliced.size(); ++s) {
      const SlicedAuc& shared = e_.models[0].sliced[s];
      out_ += "\nAUC of " + std::string(shared.task == Task::kMain ? "SFs" : "ads") + " by " +
              visible_line(shared.by);
      if (shared.slices.size() < shared.values) {
        out_ += ", " + std::to_string(shared.slices.size()) + " of " +
                std::to_string(shared.values) + " values";
      }
      out_ += "\n";
      add_slices([s](const ModelReport& m) -> const auto& { return m.sliced[s].slices; });
    }
  }

  template <typename SlicesOf>
  void add_slices(SlicesOf slices_of) {
    for (size_t i = 0; i < slices_of(e_.models[0]).size(); ++i) {
      const SliceAuc& shared = slices_of(e_.models[0])[i];
      out_ += "  " + visible_line(shared.name) + ": " + std::to_string(shared.instances) +
              " instances of " + std::to_string(shared.users) + " users" +
              (shared.is_too_small ? "  too few for an interval" : "") + "\n";
      for (const ModelReport& m : e_.models) {
        const SliceAuc& slice = slices_of(m)[i];
        out_ += "    " + padded(m.name) + interval(slice.auc);
        if (!std::isnan(slice.above_first.value)) out_ += "  " + difference(slice.above_first);
        out_ += "\n";
      }
    }
  }

  const Evaluation& e_;
  size_t width_ = 18;
  std::string out_;
};

Json json_of(const Interval& i) { return {{"value", i.value}, {"low", i.low}, {"high", i.high}}; }

Json json_of(const SliceAuc& s) {
  Json out = json_of(s.auc);
  out["name"] = s.name;
  out["instances"] = s.instances;
  out["users"] = s.users;
  if (!std::isnan(s.above_first.value)) out["above_first"] = json_of(s.above_first);
  return out;
}

Json json_of(const ModelReport& m) {
  Json model = {{"name", m.name},
                {"auc", json_of(m.auc)},
                {"above_first", json_of(m.above_first)},
                {"above_previous", json_of(m.above_previous)},
                {"pr_auc", m.average_precision},
                {"ndcg", m.lists.ndcg},
                {"mrr", m.lists.mrr},
                {"gauc", m.grouped_auc},
                {"log_loss", m.log_loss},
                {"rmse", m.rmse},
                {"calibration_error", m.calibration_error},
                {"cold_users", json_of(m.cold)},
                {"unknown_keywords", json_of(m.unknown)},
                {"bins", Json::array()},
                {"categories", Json::array()},
                {"slicings", Json::array()},
                {"slices", Json::array()},
                {"top_k", Json::array()},
                {"reliability", Json::array()},
                {"roc", Json::array()}};
  if (m.auxiliary.instances) model["auxiliary"] = json_of(m.auxiliary);
  for (const SliceAuc& bin : m.bins) model["bins"].push_back(json_of(bin));
  for (const SliceAuc& c : m.categories) model["categories"].push_back(json_of(c));
  for (const SlicedAuc& sliced : m.sliced) {
    const char* task = sliced.task == Task::kMain ? "main" : "auxiliary";
    model["slicings"].push_back({{"by", sliced.by},
                                 {"task", task},
                                 {"values", sliced.values},
                                 {"shown", sliced.slices.size()}});
    for (const SliceAuc& s : sliced.slices) {
      Json slice = {{"by", sliced.by}, {"task", task}};
      slice.update(json_of(s));
      model["slices"].push_back(std::move(slice));
    }
  }
  const Decisions d = if_possible(m.decisions);
  model["decisions"] = {{"threshold", d.threshold}, {"is_threshold_own", m.is_threshold_own},
                        {"recall", d.recall},       {"precision", d.precision},
                        {"accuracy", d.accuracy},   {"f1", d.f1}};
  for (size_t k = 0; k < kMaxK; ++k) {
    const TopK& t = m.top_k[k];
    model["top_k"].push_back({{"k", k + 1},
                              {"precision", t.precision},
                              {"recall", t.recall},
                              {"coverage", t.coverage},
                              {"mae", t.mae},
                              {"rmse", t.rmse}});
  }
  for (const ReliabilityPoint& p : m.reliability) {
    model["reliability"].push_back(
        {{"predicted", p.predicted}, {"clicked", p.clicked}, {"instances", p.instances}});
  }
  for (const RocPoint& p : m.roc) {
    model["roc"].push_back({p.false_positive_rate, p.true_positive_rate});
  }
  return model;
}

}  // namespace

std::string to_text(const Evaluation& e) { return TextReport(e).render(); }

std::string to_json(const Evaluation& e) {
  Json root = {
      {"log", e.log.name},        {"split", e.log.split},     {"period", e.log.period},
      {"split_by", e.split_rule}, {"instances", e.instances}, {"clicks", e.clicks},
      {"searches", e.searches},   {"users", e.users},         {"longest_bar", e.longest_bar},
      {"draws", e.draws},         {"models", Json::array()}};
  for (const ModelReport& m : e.models) root["models"].push_back(json_of(m));
  return root.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace barker
