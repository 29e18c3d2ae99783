#include "index/commands/print.h"

#include <iomanip>
#include <nlohmann/json.hpp>
#include <ostream>
#include <sstream>
#include <string>
#include <utility>

#include "index/engine/search_json.h"
#include "models/base/number_text.h"
#include "models/text/text.h"

namespace barker {

namespace {

// Why an ad was in the auction, and what a click on it costs.
void print_trigger(const AdShown& ad, std::ostream& out) {
  out << "     " << ad.match << " match";
  if (!ad.term.empty()) out << " of bid term \"" << visible(ad.term) << "\"";
  out << ", bid " << rounded_number_text(ad.bid, 6) << ", score "
      << rounded_number_text(ad.score, 6) << ", a click costs " << rounded_number_text(ad.price, 6)
      << "\n";
}

std::string counted(size_t count, const char* what, const char* plural) {
  return std::to_string(count) + " " + (count == 1 ? what : plural);
}

void print_record(const AuctionRecord& a, std::ostream& out) {
  out << "  auction: " << counted(a.bid_matches, "bid match", "bid matches") << ", "
      << counted(a.title_matches, "title match", "title matches");
  const std::pair<size_t, const char*> kLeftOut[] = {{a.denied, "negative keywords"},
                                                     {a.out_of_budget, "budgets"},
                                                     {a.below_reserve, "the reserve"}};
  for (const auto& [count, by] : kLeftOut) {
    if (count > 0) out << "; " << counted(count, "ad", "ads") << " left out by " << by;
  }
  if (a.reserve > 0) out << "; the reserve is " << rounded_number_text(a.reserve, 6);
  if (a.cut > 0) out << "; the first without a place bids " << rounded_number_text(a.cut, 6);
  if (a.is_cut) out << "; not all matches were read";
  out << "\n";
}

}  // namespace

void print_table(const SearchResult& result, size_t limit, std::ostream& out) {
  // The plugin cleans titles. All other texts could hold what a terminal obeys.
  out << "query \"" << visible(result.query) << "\"";
  if (!result.user.empty()) out << ", user " << visible(result.user);
  out << ": " << result.ads.size() << " ads, " << result.status;
  if (!result.reason.empty()) out << " (" << result.reason << ")";
  out << std::fixed << std::setprecision(0) << ", first pass " << result.times.first_pass
      << " us, rescore " << result.times.rescore << " us\n";
  if (!result.arms.empty()) {
    out << "  arms:";
    for (const ArmShown& arm : result.arms) {
      out << " " << visible_line(arm.experiment) << "=" << visible_line(arm.arm);
    }
    out << (result.is_explored ? ", selling points drawn\n" : "\n");
  }
  const bool explains = !result.explanation.empty();
  if (explains) print_record(result.auction, out);
  if (result.ads.empty()) out << "  no ad takes part in the auction\n";
  for (const AdShown& ad : result.ads) {
    if (ad.rank > limit) break;
    out << std::setw(3) << ad.rank << "  " << ad.title << "\n";
    out << "     was " << ad.first_pass_rank << ": " << visible(ad.original_title) << "\n";
    if (explains) print_trigger(ad, out);
    for (const SellingPointShown& point : ad.selling_points) {
      out << "     " << std::setprecision(3) << point.score << "  " << visible(point.text) << "\n";
    }
  }
  if (explains) {
    std::istringstream lines(nlohmann::ordered_json::parse(result.explanation).dump(2));
    for (std::string line; std::getline(lines, line);) out << visible(line) << "\n";
  }
}

void print_json(const SearchResult& result, size_t limit, std::ostream& out) {
  out << search_json(result, {.count = limit}) << '\n';
}

}  // namespace barker
