#include "index/commands/check_report.h"

#include <algorithm>
#include <iomanip>
#include <nlohmann/json.hpp>
#include <ostream>
#include <unordered_map>

#include "index/catalogue/ad_store_generated.h"
#include "models/text/keywords.h"
#include "models/text/text.h"

namespace barker {
namespace {

using Counts = std::unordered_map<std::string, uint64_t>;

std::vector<std::pair<std::string, uint64_t>> most_frequent(const Counts& counts, size_t most) {
  std::vector<std::pair<std::string, uint64_t>> all(counts.begin(), counts.end());
  std::ranges::sort(all, [](const auto& a, const auto& b) {
    return a.second != b.second ? a.second > b.second : a.first < b.first;
  });
  if (all.size() > most) all.resize(most);
  return all;
}

class Checker {
 public:
  Checker(const WeightFile& weights, CheckReportOfIndex& report)
      : vocabulary_(weights.vocabulary()), splitter_(weights.phrases()), report_(report) {}

  void add(const fbs::StoredAd& ad) {
    ++report_.ads;
    const std::string title = ad.title()->str();
    add_title(title);
    bool has_known = false, has_showable = false;
    for (const fbs::StoredSellingPoint* point : *ad.selling_points()) {
      const std::string text = point->text()->str();
      const bool is_known = knows(keyword_fingerprint(text));
      count_selling_point(text, is_known);
      has_known |= is_known;
      has_showable |= is_known && !stands_in(ad, text);
    }
    if (ad.opt_out()) {
      ++report_.opted_out;
    } else if (ad.selling_points()->size() == 0) {
      ++report_.without;
    } else if (!has_known) {
      ++report_.unknown;
    } else {
      ++(has_showable ? report_.showable : report_.in_title);
    }
  }

  void finish(size_t most) {
    report_.unknown_selling_points = most_frequent(unknown_points_, most);
    report_.unknown_keywords = most_frequent(unknown_keywords_, most);
  }

 private:
  bool knows(Fingerprint keyword) const { return vocabulary_.find(keyword) != kUnknownRow; }

  void add_title(const std::string& title) {
    for (const Keyword& keyword : splitter_.split(title)) {
      const bool is_known = knows(keyword.fingerprint);
      ++report_.title_keywords.all;
      report_.title_keywords.known += is_known;
      if (!is_known) ++unknown_keywords_[keyword.text];
    }
  }

  void count_selling_point(const std::string& text, bool is_known) {
    const std::string normal = normalize_keyword(text);
    ++report_.selling_points.all;
    report_.selling_points.known += is_known;
    if (++points_[normal] == 1) {
      ++report_.distinct_selling_points.all;
      report_.distinct_selling_points.known += is_known;
    }
    if (!is_known) ++unknown_points_[normal];
  }

  // Whether the words of the selling point stand together in one clause of the title.
  static bool stands_in(const fbs::StoredAd& ad, const std::string& point) {
    std::vector<Fingerprint> words;
    split_words(point, words);
    const auto& title = *ad.title_words();
    return !words.empty() &&
           std::search(title.begin(), title.end(), words.begin(), words.end()) != title.end();
  }

  const Vocabulary& vocabulary_;
  const KeywordSplitter splitter_;  // composes the model's phrases
  CheckReportOfIndex& report_;
  Counts points_, unknown_points_, unknown_keywords_;
};

nlohmann::ordered_json json_of(const Known& known) {
  return {{"known", known.known}, {"all", known.all}, {"share", known.share()}};
}

nlohmann::ordered_json json_of(const std::vector<std::pair<std::string, uint64_t>>& counts) {
  auto json = nlohmann::ordered_json::array();
  for (const auto& [text, count] : counts) json.push_back({{"text", text}, {"count", count}});
  return json;
}

void print_known(const char* name, const Known& known, std::ostream& out) {
  out << std::left << std::setw(26) << name << std::right << std::setw(10) << known.known << " of "
      << known.all << " known (" << std::fixed << std::setprecision(1) << 100 * known.share()
      << "%)\n";
}

void print_counts(const char* title, const std::vector<std::pair<std::string, uint64_t>>& counts,
                  std::ostream& out) {
  if (counts.empty()) return;
  out << title << "\n";
  for (const auto& [text, count] : counts) {
    out << std::right << std::setw(10) << count << "  " << visible(text) << "\n";
  }
}

}  // namespace

CheckReportOfIndex check_index(const AdStore& ads, const WeightFile& weights, size_t most) {
  CheckReportOfIndex report;
  Checker checker(weights, report);
  for (size_t i = 0; i < ads.size(); ++i) checker.add(ads.ad(i));
  checker.finish(most);
  return report;
}

void print_check(const CheckReportOfIndex& r, std::ostream& out) {
  print_known("selling points", r.selling_points, out);
  print_known("distinct selling points", r.distinct_selling_points, out);
  print_known("title keywords", r.title_keywords, out);
  const auto line = [&out](const char* name, uint64_t count) {
    out << std::left << std::setw(26) << name << std::right << std::setw(10) << count << "\n";
  };
  line("ads", r.ads);
  line("  showable", r.showable);
  line("  opted out", r.opted_out);
  line("  no selling points", r.without);
  line("  unknown to the model", r.unknown);
  line("  in the title already", r.in_title);
  print_counts("most frequent unknown selling points", r.unknown_selling_points, out);
  print_counts("most frequent unknown title keywords", r.unknown_keywords, out);
}

void print_check_json(const CheckReportOfIndex& r, std::ostream& out) {
  const nlohmann::ordered_json json = {
      {"selling_points", json_of(r.selling_points)},
      {"distinct_selling_points", json_of(r.distinct_selling_points)},
      {"title_keywords", json_of(r.title_keywords)},
      {"ads",
       {{"all", r.ads},
        {"showable", r.showable},
        {"opted_out", r.opted_out},
        {"no_selling_points", r.without},
        {"unknown_selling_points", r.unknown},
        {"in_title", r.in_title}}},
      {"unknown_selling_points", json_of(r.unknown_selling_points)},
      {"unknown_title_keywords", json_of(r.unknown_keywords)}};
  out << json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << "\n";
}

}  // namespace barker
