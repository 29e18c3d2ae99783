#include "index/catalogue/catalogue.h"

#include <nlohmann/json.hpp>
#include <unordered_set>

#include "index/catalogue/ad_reader.h"
#include "index/catalogue/wrong_format.h"
#include "models/text/text.h"

namespace barker {
namespace {

bool is_blank(std::string_view line) {
  return line.find_first_not_of(" \t\r\v\f") == std::string_view::npos;
}

}  // namespace

Result<CatalogueAd> parse_ad(std::string_view json_line, FeedNotes& notes) {
  try {
    return read_ad(nlohmann::json::parse(sanitize_utf8(json_line, &notes.invalid_utf8)), notes,
                   TextForm::kFeed);
  } catch (const nlohmann::json::exception& e) {
    return bad_data(std::string("not JSON: ") + e.what());
  }
}

std::string reportable(std::string_view reason) {
  constexpr size_t kLongest = 300;
  return visible(reason.substr(0, kLongest)) + (reason.size() > kLongest ? "..." : "");
}

Result<Catalogue> read_catalogue(const std::string& path, BadLines& bad) {
  Result<LineReader> lines = LineReader::open(path);
  if (!lines.ok()) return lines.status();
  Catalogue catalogue;
  std::unordered_set<std::string> ids;
  std::string_view line;
  while (lines->next(line)) {
    if (is_blank(line)) continue;
    if (catalogue.lines == 0) {
      const std::string wrong = wrong_format(line, path);
      if (!wrong.empty()) return bad_data((path == "-" ? "standard input" : path) + ": " + wrong);
    }
    ++catalogue.lines;
    catalogue.notes.set_line(lines->number());
    Result<CatalogueAd> ad = parse_ad(line, catalogue.notes);
    if (!ad.ok()) {
      bad.add(lines->number(), reportable(ad.status().message()));
    } else if (!ids.insert(ad->id).second) {
      bad.add(lines->number(), "id: \"" + reportable(ad->id) + "\" stands on an earlier line, too");
    } else {
      catalogue.ads.push_back(std::move(ad).value());
    }
  }
  if (!lines->status().ok()) return lines->status();
  return catalogue;
}

}  // namespace barker
