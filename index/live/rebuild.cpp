#include "index/live/rebuild.h"

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "index/live/change_log.h"
#include "index/matching/matching_file.h"
#include "index/retrieval/index_writer.h"
#include "models/base/lines.h"

namespace barker {
namespace {

Status read_source(const std::string& directory, std::vector<CatalogueAd>& ads) {
  const std::string path = source_in(directory);
  Result<LineReader> lines = LineReader::open(path);
  if (!lines.ok()) return lines.status();
  for (std::string_view line; lines->next(line);) {
    Result<CatalogueAd> ad = parse_ad_line(line);
    if (!ad.ok()) {
      return bad_data(path + ":" + std::to_string(lines->number()) + ": " + ad.status().message());
    }
    ads.push_back(std::move(*ad));
  }
  return lines->status();
}

}  // namespace

void apply_changes(std::span<const CatalogueChange> changes, std::vector<CatalogueAd>& ads) {
  std::unordered_map<std::string, size_t> place;
  for (size_t i = 0; i < ads.size(); ++i) place.emplace(ads[i].id, i);
  std::vector<bool> deleted(ads.size());
  for (const CatalogueChange& change : changes) {
    const auto at = place.find(change.id);
    if (change.kind == CatalogueChange::Kind::kUpsert) {
      if (at != place.end()) {
        ads[at->second] = change.ad;
        continue;
      }
      place.emplace(change.id, ads.size());
      ads.push_back(change.ad);
      deleted.push_back(false);
    } else if (at == place.end()) {
      continue;
    } else if (change.kind == CatalogueChange::Kind::kDelete) {
      deleted[at->second] = true;
      place.erase(at);
    } else {
      CatalogueAd& ad = ads[at->second];
      if (change.bid) ad.bid = *change.bid;
      if (change.daily_budget) ad.daily_budget = *change.daily_budget;
      if (change.opt_out) ad.opt_out = *change.opt_out;
    }
  }
  size_t kept = 0;
  for (size_t i = 0; i < ads.size(); ++i) {
    if (deleted[i]) continue;
    if (kept != i) ads[kept] = std::move(ads[i]);
    ++kept;
  }
  ads.resize(kept);
}

Status rebuild_index(const std::string& directory) {
  Result<ChangeLog> log = ChangeLog::open(directory);
  if (!log.ok()) return log.status();
  Result<MatchingRules> rules = read_matching_rules(directory);
  if (!rules.ok()) return rules.status();
  std::vector<CatalogueAd> ads;
  if (Status s = read_source(directory, ads); !s.ok()) return s;
  std::vector<CatalogueChange> changes;
  if (Status s = log->read(changes); !s.ok()) return s;
  apply_changes(changes, ads);
  const auto take_rest = [&](const std::string& building) -> Status {
    if (!log->is_in_place()) {
      return Status(
          Code::kFailedPrecondition,
          directory +
              ": another index has taken its place meanwhile; this one was dropped, and nothing "
              "was changed");
    }
    std::vector<CatalogueChange> rest, none;
    if (Status s = log->read_locked(rest); !s.ok()) return s;
    Result<ChangeLog> next = ChangeLog::open(building);
    if (!next.ok()) return next.status();
    return next->append(rest, none);
  };
  return write_index(ads, directory, *rules, take_rest);
}

}  // namespace barker
