#include "index/commands/logged_policy.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>

#include "index/engine/page_replay.h"
#include "models/base/input_file.h"
#include "models/text/fingerprint.h"

namespace barker {
namespace {

struct LeftOut {
  uint64_t not_rescored = 0;  // by the judged policy
  uint64_t ads_gone = 0;      // from the catalogue
  uint64_t unknown = 0;       // how likely it was that its selling points were shown
  uint64_t not_drawn = 0;
};

// Whether two titles show the same selling points, in whatever order.
bool are_same(const std::vector<SellingPointShown>& chosen, std::vector<std::string> logged) {
  std::vector<std::string> texts;
  for (const SellingPointShown& point : chosen) texts.push_back(point.text);
  std::ranges::sort(texts);
  std::ranges::sort(logged);
  return texts == logged;
}

class LoggedPolicy {
 public:
  LoggedPolicy(const Engine& engine, OffPolicyReport& report) : replay_(engine), report_(report) {}

  Status add(const SearchEvent& page) {
    if (page.ads.empty()) return {};
    const auto has_propensity = [](const AdImpression& ad) {
      return !std::isnan(ad.sp_propensity);
    };
    if (!std::ranges::all_of(page.ads, has_propensity)) {
      ++left_out_.unknown;
      return {};
    }
    // A title that could show nothing else has the propensity 1, but not all titles of a page.
    if (std::ranges::all_of(page.ads,
                            [](const AdImpression& ad) { return ad.sp_propensity == 1; })) {
      ++left_out_.not_drawn;
      return {};
    }
    const Result<std::optional<SearchResult>> answered = replay_.answer(page);
    if (!answered.ok()) return answered.status();
    if (!answered->has_value()) {
      ++left_out_.ads_gone;
      return {};
    }
    return compare(page, **answered);
  }

  const LeftOut& left_out() const { return left_out_; }

 private:
  Status compare(const SearchEvent& page, const SearchResult& answered) {
    if (answered.status != "rescored") {
      ++left_out_.not_rescored;
      return {};
    }
    actions_.clear();
    for (const AdImpression& shown : page.ads) {
      const auto is_it = [&](const AdShown& ad) { return ad.id == shown.id; };
      const auto ad = std::ranges::find_if(answered.ads, is_it);
      if (answered.is_explored || ad->propensity < 1) {
        return Status{Code::kFailedPrecondition,
                      "the judged configuration draws selling points; set its exploration to 0, "
                      "because the probability with which it shows what was logged is not known "
                      "otherwise"};
      }
      LoggedAction& action = actions_.emplace_back();
      action.reward = shown.clicked ? 1 : 0;
      action.logged = shown.sp_propensity;
      action.target = are_same(ad->selling_points, shown.selling_points) ? 1 : 0;
    }
    report_.log.add(actions_, fingerprint(page.user));
    return {};
  }

  PageReplay replay_;
  OffPolicyReport& report_;
  LeftOut left_out_;
  std::vector<LoggedAction> actions_;  // of one page
};

void add_notes(const JoinReport& joined, const LeftOut& left_out, OffPolicyReport& report) {
  const auto note = [&](uint64_t count, const char* what) {
    if (count > 0) report.notes.push_back(std::string(what) + ": " + std::to_string(count));
  };
  note(joined.bad_lines, "lines that could not be read");
  note(joined.counts.duplicate_impressions + joined.counts.late_impressions,
       "pages that were in the log twice or too late");
  note(left_out.not_drawn, "pages left out because nothing was drawn on them");
  note(left_out.unknown, "pages left out because an ad has no sp_propensity");
  note(left_out.ads_gone, "pages left out because the catalogue does not have all of their ads");
  note(left_out.not_rescored, "pages left out because the judged weights did not rescore them");
}

std::string name_of(const std::vector<std::string>& logs) {
  const std::string first = input_name(logs[0]);
  return logs.size() == 1 ? first : first + " and " + std::to_string(logs.size() - 1) + " more";
}

}  // namespace

Result<OffPolicyReport> evaluate_policy_on_logs(const LoggedPolicyOptions& options,
                                                std::string& bad_lines) {
  const Result<std::unique_ptr<Engine>> engine = Engine::open(options.engine);
  if (!engine.ok()) return engine.status();
  OffPolicyReport report;
  report.name = name_of(options.logs);
  report.level = options.level;
  // The same selling point of several ads is drawn once for a page.
  report.knows_pages = false;
  LoggedPolicy policy(**engine, report);
  const Result<JoinReport> joined = join_raw_logs(
      options.logs, options.joining, [&](const SearchEvent& page) { return policy.add(page); });
  if (!joined.ok()) return joined.status();
  report.log.end_users();
  bad_lines = joined->bad;
  add_notes(*joined, policy.left_out(), report);
  if (report.log.pages() == 0) {
    std::string why = report.name + ": no page can be used";
    for (const std::string& note : report.notes) why += "; " + note;
    return bad_data(why);
  }
  add_warnings(report);
  return report;
}

}  // namespace barker
