// The report as one HTML page. It runs no script and loads nothing, its plots are inline SVG, and
// its colours follow the light or dark mode of the reader.
#include <algorithm>
#include <cmath>

#include "models/evaluate/number_format.h"
#include "models/evaluate/report.h"
#include "models/evaluate/report_plots.h"

namespace barker {
namespace {

constexpr const char* kStyle = R"(
:root{--bg:#fff;--fg:#1b1f24;--soft:#6a737d;--line:#d8dee4;
--s0:#0b62c4;--s1:#c2410c;--s2:#15803d;--s3:#7e22ce;--s4:#b45309;--s5:#be123c;--s6:#0f766e;--s7:#475569;
--s8:#4d7c0f;--s9:#a21caf;--s10:#1e3a8a;--s11:#78350f;--s12:#0891b2;--s13:#9f1239;--s14:#65a30d;
--s15:#6d28d9;--s16:#ca8a04;--s17:#db2777;--s18:#115e59;--s19:#57534e}
@media(prefers-color-scheme:dark){:root{--bg:#14181d;--fg:#e6e9ec;--soft:#9aa4ae;--line:#333b44;
--s0:#6cb0ff;--s1:#ff9a5c;--s2:#5fd38a;--s3:#c99bff;--s4:#f0c060;--s5:#ff8098;--s6:#5fd6c8;--s7:#aab6c2;
--s8:#b5e06a;--s9:#f0a0ff;--s10:#a5b8ff;--s11:#d9b48f;--s12:#67e8f9;--s13:#fda4af;--s14:#d9f99d;
--s15:#c4b5fd;--s16:#fde047;--s17:#f9a8d4;--s18:#2dd4bf;--s19:#d6d3d1}}
body{background:var(--bg);color:var(--fg);font:15px/1.5 system-ui,sans-serif;max-width:72rem;
margin:2rem auto;padding:0 1rem}
h1{font-size:1.6rem}h2{font-size:1.15rem;margin-top:2.2rem}p{color:var(--soft)}
.scroll{overflow-x:auto}table{border-collapse:collapse;font-variant-numeric:tabular-nums}
td,th{padding:.25rem .8rem .25rem 0;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap}
th:first-child,td:first-child{text-align:left}th{font-weight:600;color:var(--soft)}
.plots{display:flex;flex-wrap:wrap;gap:1.2rem}figure{margin:0}figcaption{font-weight:600}
svg{max-width:100%;height:auto}svg text{fill:var(--soft);font-size:11px}svg .name{fill:var(--fg)}
.axis{stroke:var(--line)}.guide{stroke:var(--soft);stroke-dasharray:3 4}
.key{display:flex;flex-wrap:wrap;gap:.3rem 1.2rem;margin:.8rem 0}
.dot{display:inline-block;width:.75em;height:.75em;border-radius:50%;margin-right:.4em}
)";

std::string number_or_dash(double value) {
  return std::isfinite(value) ? number_text(value, 4) : "-";
}

std::string interval_html(const Interval& i) {
  if (!std::isfinite(i.value)) return "-";
  return number_or_dash(i.value) + " <small>[" + number_or_dash(i.low) + ", " +
         number_or_dash(i.high) + "]</small>";
}

class Page {
 public:
  explicit Page(const Evaluation& e) : e_(e) {}

  std::string render() {
    out_ =
        "<!doctype html><html lang='en'><head><meta charset='utf-8'><meta name='viewport' "
        "content='width=device-width'><title>barker: evaluation</title><style>" +
        std::string(kStyle) + "</style></head><body><h1>Evaluation</h1>";
    if (!e_.log.name.empty()) {
      out_ += "<p><b>" + html_escaped(e_.log.name) + "</b>, " + html_escaped(e_.log.split) +
              " split, " + html_escaped(e_.log.period) + "</p>";
    }
    out_ += "<p>" + std::to_string(e_.instances) + " instances, " + std::to_string(e_.clicks) +
            " of them clicked, " + std::to_string(e_.searches) + " searches, " +
            std::to_string(e_.users) +
            " users. An instance is a selling point (SF) that was shown. Brackets are 95% "
            "intervals from " +
            std::to_string(e_.draws) + " draws of users; fewer than " +
            std::to_string(kLeastUsers) + " users, or " + std::to_string(kLeastUsersOfClass) +
            " who clicked, or who saw something that they did not click, have none." +
            (e_.split_rule.empty() ? "" : " Split " + html_escaped(e_.split_rule) + ".") + "</p>";
    if (!e_.models.empty()) {
      key();
      auc_section();
      curves();
      lists();
      categories();
      sliced();
    }
    return out_ + "</body></html>\n";
  }

 private:
  void key() {
    out_ += "<div class='key'>";
    for (size_t m = 0; m < e_.models.size(); ++m) {
      out_ += "<span><span class='dot' style='background:" + model_colour(m) + "'></span>" +
              html_escaped(e_.models[m].name) + "</span>";
    }
    out_ += "</div>";
  }

  template <typename Cells>
  void table(const std::vector<std::string>& head, Cells cells) {
    out_ += "<div class='scroll'><table><tr>";
    for (const std::string& h : head) out_ += "<th>" + html_escaped(h) + "</th>";
    out_ += "</tr>";
    for (const ModelReport& m : e_.models) {
      out_ += "<tr><td>" + html_escaped(m.name) + "</td>";
      for (const std::string& cell : cells(m)) out_ += "<td>" + cell + "</td>";
      out_ += "</tr>";
    }
    out_ += "</table></div>";
  }

  void auc_section() {
    using Cells = std::vector<std::string>;
    out_ +=
        "<h2>AUC</h2><p>The chance that a clicked instance scores higher than one that was not "
        "clicked. The auxiliary task is clicks on ads.</p>";
    table({"model", "all", "above the first", "above the one before", "auxiliary task"},
          [&](const ModelReport& m) -> Cells {
            const bool first = &m == &e_.models.front();
            return {interval_html(m.auc), first ? "" : interval_html(m.above_first),
                    first ? "" : interval_html(m.above_previous),
                    m.auxiliary.instances ? interval_html(m.auxiliary.auc) : ""};
          });
    out_ += "<h2>AUC by the users' clicks before this split</h2><div class='scroll'>" +
            slice_plot(e_) + "</div>";
    std::vector<std::string> head = {"model"};
    for (const SliceAuc& bin : e_.models[0].bins) {
      head.push_back(click_bin_title(head.size() - 1) + " (" + std::to_string(bin.instances) +
                     " of " + std::to_string(bin.users) + " users)");
    }
    table(head, [](const ModelReport& m) {
      Cells cells;
      for (const SliceAuc& bin : m.bins) cells.push_back(interval_html(bin.auc));
      return cells;
    });
    const SliceAuc& cold = e_.models[0].cold;
    out_ +=
        "<h2>Order</h2><p>PR-AUC is average precision; a guess has the share of clicks, " +
        number_or_dash(static_cast<double>(e_.clicks) /
                       std::max(1.0, static_cast<double>(e_.instances))) +
        ". NDCG and MRR are means over searches with a click, and equal scores count as any order "
        "of them. AUC inside searches is over searches with both classes.</p>";
    table({"model", "PR-AUC", "NDCG", "MRR", "AUC inside searches",
           "AUC without history (" + std::to_string(cold.instances) + " of " +
               std::to_string(cold.users) + " users)"},
          [](const ModelReport& m) -> Cells {
            return {number_or_dash(m.average_precision), number_or_dash(m.lists.ndcg),
                    number_or_dash(m.lists.mrr), number_or_dash(m.grouped_auc),
                    interval_html(m.cold.auc)};
          });
    out_ +=
        "<h2>Probabilities</h2><p>The calibration error is the mean distance between predicted and "
        "clicked share, over twenty bins of equal size.</p>";
    table({"model", "log loss", "RMSE", "calibration error"}, [](const ModelReport& m) -> Cells {
      return {number_or_dash(m.log_loss), number_or_dash(m.rmse),
              number_or_dash(m.calibration_error)};
    });
    out_ +=
        "<h2>Decisions</h2><p>A click is predicted from the threshold on that has the best F1 on "
        "the validation split.</p>";
    table({"model", "recall", "precision", "accuracy", "F1", "threshold"},
          [](const ModelReport& m) -> Cells {
            const Decisions d = if_possible(m.decisions);
            return {number_or_dash(d.recall), number_or_dash(d.precision),
                    number_or_dash(d.accuracy), number_or_dash(d.f1),
                    number_or_dash(d.threshold) +
                        (m.is_threshold_own ? " (chosen on what is judged)" : "")};
          });
  }

  template <typename Points>
  std::vector<Series> series(Points points) const {
    std::vector<Series> out;
    for (const ModelReport& m : e_.models) out.push_back({points(m)});
    return out;
  }

  void curves() {
    const auto roc_points = series([](const ModelReport& m) {
      std::vector<Point> points;
      for (const RocPoint& p : m.roc)
        points.push_back({p.false_positive_rate, p.true_positive_rate});
      return points;
    });
    const auto reliability_points = series([](const ModelReport& m) {
      std::vector<Point> points;
      for (const ReliabilityPoint& p : m.reliability) points.push_back({p.predicted, p.clicked});
      return points;
    });
    double largest = 0.05;
    for (const Series& s : reliability_points) {
      for (const Point& p : s.points) largest = std::max({largest, p.x, p.y});
    }
    largest = std::ceil(largest * 10) / 10;
    out_ += "<h2>Curves</h2><div class='plots'>" +
            line_plot("ROC", {"false positive rate", 0, 1}, {"true positive rate", 0, 1},
                      roc_points, true, false) +
            line_plot("Reliability", {"predicted", 0, largest}, {"clicked", 0, largest},
                      reliability_points, true, true) +
            "</div>";
  }

  void lists() {
    const std::pair<const char*, double TopK::*> fields[] = {{"precision at K", &TopK::precision},
                                                             {"recall at K", &TopK::recall},
                                                             {"MAE at K", &TopK::mae},
                                                             {"RMSE at K", &TopK::rmse},
                                                             {"coverage at K", &TopK::coverage}};
    const size_t longest = longest_list(e_);
    out_ +=
        "<h2>Lists of the K best</h2><p>Every search has one list, made of the SFs "
        "that were shown. If fewer than K were shown, the list holds all of them. The longest "
        "search showed " +
        std::to_string(e_.longest_bar) + ".</p><div class='plots'>";
    for (const auto& [title, field] : fields) {
      const auto lines = series([f = field, longest](const ModelReport& m) {
        std::vector<Point> points;
        for (size_t k = 1; k <= longest; ++k) {
          points.push_back({static_cast<double>(k), m.top_k[k - 1].*f});
        }
        return points;
      });
      out_ += line_plot(title, {"K", 1, static_cast<double>(longest), true}, {"", 0, 1}, lines,
                        false, true);
    }
    out_ += "</div>";
    std::vector<size_t> lengths = {1, 3, 10};
    std::erase_if(lengths, [longest](size_t k) { return k > longest; });
    std::vector<std::string> head = {"model"};
    for (const auto& [title, field] : fields) {
      const std::string name = title;
      for (const size_t k : lengths) {
        head.push_back(name.substr(0, name.size() - 1) + std::to_string(k));
      }
    }
    table(head, [&](const ModelReport& m) {
      std::vector<std::string> cells;
      for (const auto& [title, field] : fields) {
        for (const size_t k : lengths) cells.push_back(number_or_dash(m.top_k[k - 1].*field));
      }
      return cells;
    });
  }

  void categories() {
    if (e_.models[0].categories.empty()) return;
    out_ += "<h2>AUC by category</h2>";
    slices(
        "category", [](const ModelReport& m) -> const auto& { return m.categories; });
  }

  void sliced() {
    for (size_t s = 0; s < e_.models[0].sliced.size(); ++s) {
      const SlicedAuc& shared = e_.models[0].sliced[s];
      out_ += "<h2>AUC of " + std::string(shared.task == Task::kMain ? "SFs" : "ads") + " by " +
              html_escaped(shared.by) + "</h2>";
      if (shared.slices.size() < shared.values) {
        out_ += "<p>" + std::to_string(shared.slices.size()) + " of " +
                std::to_string(shared.values) + " values.</p>";
      }
      slices(
          shared.by, [s](const ModelReport& m) -> const auto& { return m.sliced[s].slices; });
    }
  }

  // A row for each slice, a column for each model.
  template <typename SlicesOf>
  void slices(const std::string& by, SlicesOf slices_of) {
    out_ += "<div class='scroll'><table><tr><th>" + html_escaped(by) +
            "</th><th>instances</th><th>users</th>";
    for (const ModelReport& m : e_.models) out_ += "<th>" + html_escaped(m.name) + "</th>";
    out_ += "</tr>";
    for (size_t i = 0; i < slices_of(e_.models[0]).size(); ++i) {
      const SliceAuc& shared = slices_of(e_.models[0])[i];
      out_ += "<tr><td>" + html_escaped(shared.name) + "</td><td>" +
              std::to_string(shared.instances) + "</td><td>" + std::to_string(shared.users) +
              "</td>";
      for (const ModelReport& m : e_.models) {
        out_ += "<td>" + interval_html(slices_of(m)[i].auc) + "</td>";
      }
      out_ += "</tr>";
    }
    out_ += "</table></div>";
  }

  const Evaluation& e_;
  std::string out_;
};

}  // namespace

std::string to_html(const Evaluation& evaluation) { return Page(evaluation).render(); }

}  // namespace barker
