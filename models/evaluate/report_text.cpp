#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "models/evaluate/report.h"

namespace barker {
namespace {

using Json = nlohmann::ordered_json;

template <typename... Args>
void print(std::string& out, const char* format, Args... args) {
  char line[512];
  std::snprintf(line, sizeof line, format, args...);
  out += line;
}

std::string number(double value, int width = 6) {
  char text[32];
  if (std::isnan(value)) {
    std::snprintf(text, sizeof text, "%*s", width, "-");
  } else {
    std::snprintf(text, sizeof text, "%*.4f", width, value);
  }
  return text;
}

std::string difference(const Interval& i) {
  if (std::isnan(i.value)) return number(i.value);
  char text[64];
  std::snprintf(text, sizeof text, "%+.4f [%+.4f,%+.4f]", i.value, i.low, i.high);
  return text;
}

std::string interval(const Interval& i) {
  return number(i.value) + " [" + number(i.low) + "," + number(i.high) + "]";
}

// Names as wide as the widest, so that columns stand.
size_t name_width(const Evaluation& e) {
  size_t width = 18;
  for (const ModelReport& m : e.models) width = std::max(width, m.name.size());
  return width;
}

std::string padded(const std::string& name, size_t width) {
  return name + std::string(width > name.size() ? width - name.size() : 0, ' ') + "  ";
}

Json value_or_null(double value) { return std::isfinite(value) ? Json(value) : Json(); }

Json json_of(const Interval& i) {
  return {{"value", value_or_null(i.value)},
          {"low", value_or_null(i.low)},
          {"high", value_or_null(i.high)}};
}

Json json_of(const SliceAuc& s) {
  Json out = json_of(s.auc);
  out["name"] = s.name;
  out["instances"] = s.instances;
  return out;
}

}  // namespace

std::string to_text(const Evaluation& e) {
  std::string out;
  const size_t width = name_width(e);
  print(out,
        "%llu instances, %llu clicked, %llu searches, %llu users; 95%% intervals from %d "
        "draws of users\n\n",
        static_cast<unsigned long long>(e.instances), static_cast<unsigned long long>(e.clicks),
        static_cast<unsigned long long>(e.searches), static_cast<unsigned long long>(e.users),
        e.draws);
  out += padded("AUC", width) +
         "all                     above the first           above the one before      "
         "auxiliary task\n";
  for (const ModelReport& m : e.models) {
    const bool first = &m == &e.models.front();
    const std::string none(25, ' ');
    out += padded(m.name, width) + interval(m.auc) + "  " +
           (first ? none + "  " + none
                  : difference(m.above_first) + "  " + difference(m.above_previous)) +
           "  " + (m.auxiliary.instances ? interval(m.auxiliary.auc) : "") + "\n";
  }
  if (e.models.empty()) return out;
  out += "\nAUC by the users' clicks before the test period (Table 3)\n";
  for (size_t bin = 0; bin < 4; ++bin) {
    const SliceAuc& shared = e.models[0].bins[bin];
    const double share = 100.0 * static_cast<double>(shared.instances) /
                         std::max(1.0, static_cast<double>(e.instances));
    print(out, "  %s: %llu instances (%.0f%%)%s\n", shared.name.c_str(),
          static_cast<unsigned long long>(shared.instances), share,
          share < 10 ? "  too few to say much" : "");
    for (const ModelReport& m : e.models) {
      if (shared.instances == 0) break;
      out += "    " + padded(m.name, width) + interval(m.bins[bin].auc) + "\n";
    }
  }
  out += "\n" + padded("", width) + "GAUC    log loss RMSE    ECE     cold users\n";
  for (const ModelReport& m : e.models) {
    out += padded(m.name, width) + number(m.grouped_auc) + "  " + number(m.log_loss) + "  " +
           number(m.rmse) + "  " + number(m.calibration_error) + "  " + interval(m.cold.auc) + "\n";
  }
  out += "\n" + padded("decisions (Table 4)", width) +
         "recall  precision accuracy F1      RMSE    threshold\n";
  for (const ModelReport& m : e.models) {
    const Decisions& d = m.decisions;
    out += padded(m.name, std::max<size_t>(width, 19)) + number(d.recall) + "  " +
           number(d.precision) + "    " + number(d.accuracy) + "   " + number(d.f1) + "  " +
           number(m.rmse) + "  " + number(d.threshold) + "\n";
  }
  out += "\n" + padded("top K", width) + "K   precision recall  coverage MAE     RMSE\n";
  for (const ModelReport& m : e.models) {
    for (const size_t k : {1, 2, 3, 5, 10}) {
      const TopK& t = m.top_k[k - 1];
      out += padded(k == 1 ? m.name : "", width);
      print(out, "%-3zu ", k);
      out += number(t.precision) + "    " + number(t.recall) + "  " + number(t.coverage) + "   " +
             number(t.mae) + "  " + number(t.rmse) + "\n";
    }
  }
  if (!e.models[0].categories.empty()) out += "\nAUC by category\n";
  for (size_t c = 0; c < e.models[0].categories.size(); ++c) {
    const SliceAuc& shared = e.models[0].categories[c];
    print(out, "  %s: %llu instances\n", shared.name.c_str(),
          static_cast<unsigned long long>(shared.instances));
    for (const ModelReport& m : e.models) {
      out += "    " + padded(m.name, width) + interval(m.categories[c].auc) + "\n";
    }
  }
  return out;
}

std::string to_json(const Evaluation& e) {
  Json root = {{"instances", e.instances}, {"clicks", e.clicks}, {"searches", e.searches},
               {"users", e.users},         {"draws", e.draws},   {"models", Json::array()}};
  for (const ModelReport& m : e.models) {
    Json model = {{"name", m.name},
                  {"auc", json_of(m.auc)},
                  {"above_first", json_of(m.above_first)},
                  {"above_previous", json_of(m.above_previous)},
                  {"gauc", value_or_null(m.grouped_auc)},
                  {"log_loss", value_or_null(m.log_loss)},
                  {"rmse", value_or_null(m.rmse)},
                  {"calibration_error", value_or_null(m.calibration_error)},
                  {"cold_users", json_of(m.cold)},
                  {"unknown_keywords", json_of(m.unknown)},
                  {"bins", Json::array()},
                  {"categories", Json::array()},
                  {"top_k", Json::array()},
                  {"reliability", Json::array()},
                  {"roc", Json::array()}};
    if (m.auxiliary.instances) model["auxiliary"] = json_of(m.auxiliary);
    for (const SliceAuc& bin : m.bins) model["bins"].push_back(json_of(bin));
    for (const SliceAuc& c : m.categories) model["categories"].push_back(json_of(c));
    const Decisions& d = m.decisions;
    model["decisions"] = {{"threshold", value_or_null(d.threshold)},
                          {"recall", value_or_null(d.recall)},
                          {"precision", value_or_null(d.precision)},
                          {"accuracy", value_or_null(d.accuracy)},
                          {"f1", value_or_null(d.f1)}};
    for (size_t k = 0; k < kMaxK; ++k) {
      const TopK& t = m.top_k[k];
      model["top_k"].push_back({{"k", k + 1},
                                {"precision", value_or_null(t.precision)},
                                {"recall", value_or_null(t.recall)},
                                {"coverage", value_or_null(t.coverage)},
                                {"mae", value_or_null(t.mae)},
                                {"rmse", value_or_null(t.rmse)}});
    }
    for (const ReliabilityPoint& p : m.reliability) {
      model["reliability"].push_back(
          {{"predicted", p.predicted}, {"clicked", p.clicked}, {"instances", p.instances}});
    }
    for (const RocPoint& p : m.roc) {
      model["roc"].push_back({p.false_positive_rate, p.true_positive_rate});
    }
    root["models"].push_back(std::move(model));
  }
  return root.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace barker
