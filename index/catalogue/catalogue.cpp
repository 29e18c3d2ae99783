#include "index/catalogue/catalogue.h"

#include <nlohmann/json.hpp>
#include <unordered_set>

#include "index/catalogue/ad_reader.h"
#include "index/catalogue/wrong_format.h"
#include "models/base/json_fault.h"
#include "models/base/repeated_field.h"
#include "models/text/text.h"

namespace barker {
Result<CatalogueAd> parse_ad(std::string_view json_line, FeedNotes& notes) {
  try {
    std::optional<std::string> repeated;
    const nlohmann::json json = parse_json(notes.valid_utf8(json_line), repeated);
    if (repeated) {
      notes.add("the field \"" + reportable(*repeated) +
                "\" is given twice, and its last value was taken");
    }
    return read_ad(json, notes, TextForm::kFeed);
  } catch (const nlohmann::json::exception& e) {
    return bad_data(json_fault(e));
  }
}

std::string reportable(std::string_view reason) {
  constexpr size_t kLongest = 300;
  return visible(reason.substr(0, kLongest)) + (reason.size() > kLongest ? "..." : "");
}

Result<CatalogueCounts> for_each_ad(const std::string& path, BadLines& bad,
                                    const std::function<Status(CatalogueAd ad)>& use) {
  Result<LineReader> lines = LineReader::open(path);
  if (!lines.ok()) return lines.status();
  CatalogueCounts counts;
  std::unordered_set<std::string> ids;
  std::string_view line;
  while (lines->next(line)) {
    if (is_blank(line)) continue;
    if (counts.lines == 0) {
      const std::string wrong = wrong_format(line, path);
      if (!wrong.empty()) return bad_data((path == "-" ? "standard input" : path) + ": " + wrong);
    }
    ++counts.lines;
    counts.notes.set_line(lines->number());
    Result<CatalogueAd> ad = parse_ad(line, counts.notes);
    if (!ad.ok()) {
      bad.add(lines->number(), reportable(ad.status().message()));
    } else if (!ids.insert(ad->id).second) {
      bad.add(lines->number(), "id: \"" + reportable(ad->id) + "\" stands on an earlier line, too");
    } else {
      ++counts.ads;
      if (Status s = use(std::move(ad).value()); !s.ok()) return s;
    }
  }
  if (!lines->status().ok()) return lines->status();
  return counts;
}

Result<Catalogue> read_catalogue(const std::string& path, BadLines& bad) {
  Catalogue catalogue;
  const auto keep = [&](CatalogueAd ad) {
    catalogue.ads.push_back(std::move(ad));
    return Status();
  };
  Result<CatalogueCounts> counts = for_each_ad(path, bad, keep);
  if (!counts.ok()) return counts.status();
  catalogue.lines = counts->lines;
  catalogue.notes = std::move(counts->notes);
  return catalogue;
}

}  // namespace barker
