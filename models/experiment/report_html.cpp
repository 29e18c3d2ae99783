// The report as one HTML page for a reader in a hurry: did an arm win, and may one trust it? It
// runs no script and loads nothing, its plots are inline SVG, and its colours follow the light or
// dark mode of the reader.
#include <algorithm>

#include "models/experiment/page_style.h"
#include "models/experiment/plots.h"
#include "models/experiment/report.h"
#include "models/experiment/report_numbers.h"
#include "models/text/text.h"

namespace barker {
namespace {

using Cells = std::vector<std::string>;

class Page {
 public:
  std::string render(const std::vector<ExperimentReport>& reports,
                     const std::vector<std::string>& notes) {
    out_ =
        "<!doctype html><html lang='en'><head><meta charset='utf-8'><meta name='viewport' "
        "content='width=device-width'><title>barker: experiment</title><style>" +
        std::string(kPageStyle) + "</style></head><body>";
    for (const ExperimentReport& report : reports) experiment(report);
    if (!notes.empty()) {
      out_ += "<h2>How it was counted</h2>";
      list(notes);
    }
    return out_ + "</body></html>\n";
  }

 private:
  void experiment(const ExperimentReport& r) {
    std::string style = verdict_word(r.verdict);
    out_ += "<h1>Experiment: " + html_escaped(r.name) + "</h1><div class='verdict " +
            style.substr(0, style.find(' ')) + "'><b>" + html_escaped(verdict_title(r)) + "</b>" +
            html_escaped(r.verdict_text) + "</div>";
    out_ += "<h2>May I trust it?</h2>";
    checks(r);
    out_ += "<h2>Arms</h2>";
    arms(r);
    effects(r);
    over_time(r);
    segments("Segments", "Each row is a test of its own; p is corrected for their number.",
             r.segments);
    segments("What changed during the experiment",
             "The experiment again, for each of the weights and each policy of an arm alone.",
             r.periods);
    guardrails(r);
    for (const Comparison& c : r.comparisons) details(c, r);
    if (!r.notes.empty()) {
      out_ += "<h2>Notes</h2>";
      list(r.notes);
    }
  }

  void list(const std::vector<std::string>& sentences) {
    out_ += "<ul>";
    for (const std::string& s : sentences) out_ += "<li>" + html_escaped(s) + "</li>";
    out_ += "</ul>";
  }

  void check(const char* style, const std::string& text) {
    out_ += std::string("<li class='") + style + "'>" + html_escaped(text) + "</li>";
  }

  void checks(const ExperimentReport& r) {
    out_ += "<ul class='checks'>";
    if (r.srm.blocks) {
      check("no", "The arms' sizes are not those that were planned (sample ratio mismatch, " +
                      p_equals(deciding_sample_ratio_p(r)) + ").");
    } else if (!knows_sample_ratio(r)) {
      check("mind", "Whether the arms' sizes are as planned is not known.");
    } else {
      check("yes", "The arms' sizes are as planned (sample ratio test, " +
                       p_equals(deciding_sample_ratio_p(r)) + ").");
    }
    if (r.verdict == ExperimentVerdict::kNotEnough)
      check("no", "There is too little data for the tests.");
    if (r.unit == "impression") {
      check("mind",
            "Only sums are known. If one user makes several impressions, the p values are too "
            "small.");
    } else {
      check("yes", "The test takes each " + r.unit + " as one draw, as the arms were drawn.");
    }
    if (r.always_valid) {
      check("yes", "The verdict holds however often the experiment was looked at.");
    } else {
      peeking(r);
    }
    for (const std::string& warning : r.warnings) check("mind", warning);
    rails(r);
    out_ += "</ul>";
  }

  void peeking(const ExperimentReport& r) {
    const bool holds =
        std::any_of(r.comparisons.begin(), r.comparisons.end(), [&](const Comparison& c) {
          return c.arm == r.verdict_arm && c.always_valid_holm_p < 1 - r.level;
        });
    if (holds) {
      check("yes",
            "It holds even if one looked every day and stopped at will (p valid at any time).");
    } else if (r.verdict == ExperimentVerdict::kBetter || r.verdict == ExperimentVerdict::kWorse) {
      check(
          "mind",
          "It holds only if the end was fixed beforehand. If one looked often and stopped at will, "
          "it is not shown.");
    }
  }

  void rails(const ExperimentReport& r) {
    std::string broken;
    for (const Guardrail& g : r.guardrails) {
      if (!g.test.holds) broken += (broken.empty() ? "" : "; ") + g.name + " in \"" + g.arm + "\"";
    }
    if (r.guardrails.empty()) return;
    if (broken.empty()) {
      check("yes", "All guardrails were shown to be kept.");
    } else {
      check("mind", "Guardrails that were not shown to be kept: " + broken + ".");
    }
  }

  void table(const Cells& head, const std::vector<Cells>& rows) {
    out_ += "<div class='scroll'><table><tr>";
    for (const std::string& h : head) out_ += "<th>" + html_escaped(h) + "</th>";
    out_ += "</tr>";
    for (const Cells& row : rows) {
      out_ += "<tr>";
      for (const std::string& cell : row) out_ += "<td>" + html_escaped(cell) + "</td>";
      out_ += "</tr>";
    }
    out_ += "</table></div>";
  }

  void arms(const ExperimentReport& r) {
    Cells head = {"arm", r.metric, "95% interval", r.unit + "s", "planned"};
    head[2] = level_text(r.level) + " interval";
    if (r.kind == MetricKind::kRate) {
      head.push_back("clicks");
      if (r.unit != "impression") head.push_back("impressions");
    }
    std::vector<Cells> rows;
    for (const ArmReport& a : r.arms) {
      Cells row = {a.name, mean_text(a.mean.value, r.kind),
                   mean_text(a.mean.low, r.kind) + " to " + mean_text(a.mean.high, r.kind),
                   count_text(a.units), number_text(100 * a.share, 1) + "%"};
      if (r.kind == MetricKind::kRate) {
        row.push_back(count_text(a.clicks));
        if (r.unit != "impression") row.push_back(count_text(a.impressions));
      }
      rows.push_back(row);
    }
    table(head, rows);
  }

  static IntervalRow row_of(const std::string& label, const Effect& e) {
    return {label + "  " + lift_text(e.value), e.value, e.low, e.high};
  }

  void effects(const ExperimentReport& r) {
    out_ += "<h2>Lift against \"" + html_escaped(r.arms[0].name) +
            "\"</h2><p class='soft'>A line that "
            "does not touch zero is a difference that was shown. Blue lines do not touch it.";
    if (r.srm.blocks) out_ += " The arms cannot be compared, so do not read these.";
    out_ += "</p><div class='plots'>";
    std::vector<IntervalRow> rows, adjusted;
    for (const Comparison& c : r.comparisons) {
      rows.push_back(row_of(c.arm, c.relative));
      if (c.cuped) adjusted.push_back(row_of(c.arm, c.cuped->relative));
    }
    out_ += interval_plot("Lift with its " + level_text(r.level) + " interval", rows);
    out_ += interval_plot("The same by CUPED (what users did before, taken off)", adjusted);
    out_ += "</div>";
  }

  void over_time(const ExperimentReport& r) {
    if (r.looks.empty()) return;
    out_ +=
        "<h2>Over time</h2><p class='soft'>All that was known until then. The dark band is the "
        "usual "
        "interval, right for one look; the pale one may be looked at on any day.</p><div "
        "class='plots'>";
    std::vector<RatioPoint> ratio;
    for (const Comparison& c : r.comparisons) {
      std::vector<TimePoint> points;
      const double control = r.arms[0].mean.value;
      for (const Look& look : r.looks) {
        if (look.arm != c.arm) continue;
        points.push_back({look.days, look.relative.value, look.relative.low, look.relative.high,
                          look.always_valid.low / control, look.always_valid.high / control});
        if (&c == &r.comparisons[0]) {
          ratio.push_back({look.days, look.srm_p, look.sequential_srm_p});
        }
      }
      out_ += time_plot("Lift of \"" + c.arm + "\"", points);
    }
    out_ += p_plot("Sample ratio: sequential p (blue), chi-square (grey)", ratio, 0.001) + "</div>";
  }

  void segments(const char* title, const char* text, const std::vector<SegmentReport>& list) {
    if (list.empty()) return;
    out_ += std::string("<h2>") + title + "</h2><p class='soft'>" + text + "</p>";
    std::vector<IntervalRow> plotted;
    std::vector<Cells> rows;
    Cells head = {"", "arm", "units", "lift", "p by Holm", "p by Benjamini-Hochberg"};
    const bool has_changes =
        std::ranges::any_of(list, [](const SegmentReport& s) { return !s.changed.empty(); });
    const bool has_times =
        std::ranges::any_of(list, [](const SegmentReport& s) { return s.first.has_value(); });
    if (has_times) head.emplace_back("since (UTC)");
    if (has_changes) head.emplace_back("changed");
    for (const SegmentReport& s : list) {
      plotted.push_back(row_of(s.arm + ", " + s.name, s.relative));
      rows.push_back({s.name, s.arm, count_text(s.units), lift_interval(s.relative),
                      p_text(s.holm_p), p_text(s.bh_p)});
      if (has_times) rows.back().push_back(since_text(s));
      if (has_changes) rows.back().push_back(changed_text(s));
    }
    out_ += "<div class='plots'>";
    if (plotted.size() <= 40) out_ += interval_plot("Lift", plotted);
    out_ += "<div class='scroll'>";
    table(head, rows);
    out_ += "</div></div>";
  }

  void guardrails(const ExperimentReport& r) {
    if (r.guardrails.empty()) return;
    out_ +=
        "<h2>Guardrails</h2><p class='soft'>Each asks whether the arm was shown not to be worse "
        "than the "
        "control by more than the margin.</p>";
    std::vector<Cells> rows;
    for (const Guardrail& g : r.guardrails) {
      rows.push_back({g.name, g.arm, rounded_number_text(g.control, 4),
                      rounded_number_text(g.treatment, 4), change_text(g), margin_text(g),
                      g.test.holds ? "kept" : "not shown", p_text(g.test.p)});
    }
    table({"", "arm", "control", "arm's", "change", "margin", "", "p"}, rows);
  }

  void details(const Comparison& c, const ExperimentReport& r) {
    out_ += "<h3>All tests of \"" + html_escaped(c.arm) + "\" against \"" +
            html_escaped(c.against) + "\"</h3>";
    std::vector<Cells> rows = {
        {"difference", difference_text(c.absolute, r.kind), p_text(c.absolute.p)},
        {"lift", lift_interval(c.relative), p_text(c.relative.p)}};
    if (std::isfinite(c.fieller.low))
      rows.push_back({"lift by Fieller", lift_interval(c.fieller), ""});
    if (c.plain_z) {
      rows.push_back({"two-proportion z, impressions as units", difference_text(*c.plain_z, r.kind),
                      p_text(c.plain_z->p)});
    }
    if (c.cuped) {
      rows.push_back({"difference by CUPED", difference_text(c.cuped->absolute, r.kind),
                      p_text(c.cuped->absolute.p)});
      rows.push_back(
          {"lift by CUPED", lift_interval(c.cuped->relative), p_text(c.cuped->relative.p)});
    }
    if (c.strata) {
      rows.push_back({"difference by strata", difference_text(c.strata->absolute, r.kind),
                      p_text(c.strata->absolute.p)});
    }
    rows.push_back(
        {"valid at any time", difference_text(c.always_valid, r.kind), p_text(c.always_valid.p)});
    rows.push_back({"mixture SPRT", "", p_text(c.sprt_p)});
    rows.push_back({"corrected by Holm", "", p_text(c.holm_p)});
    rows.push_back({"corrected by Benjamini and Hochberg", "", p_text(c.bh_p)});
    if (c.not_worse) {
      rows.push_back({"not worse by the margin", "bound " + lift_text(c.not_worse->bound),
                      p_text(c.not_worse->p)});
    }
    table({"test", "effect", "p"}, rows);
    if (std::isfinite(c.design_effect)) {
      out_ += "<p class='soft'>The variance by " + html_escaped(r.unit) + " is " +
              rounded_number_text(c.design_effect, 3) + " times that by impression.</p>";
    }
  }

  std::string out_;
};

}  // namespace

std::string to_html(const std::vector<ExperimentReport>& reports,
                    const std::vector<std::string>& notes) {
  return Page().render(reports, notes);
}

}  // namespace barker
