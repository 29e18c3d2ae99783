#include "index/live/rebuild.h"

#include <utility>

#include "index/live/change_log.h"
#include "index/matching/matching_file.h"
#include "index/retrieval/index_writer.h"
#include "models/base/lines.h"

namespace barker {
namespace {

Status for_each_source_ad(const std::string& directory, const ChangedAds::Use& use) {
  const std::string path = source_in(directory);
  Result<LineReader> lines = LineReader::open(path);
  if (!lines.ok()) return lines.status();
  for (std::string_view line; lines->next(line);) {
    Result<CatalogueAd> ad = parse_ad_line(line);
    if (!ad.ok()) {
      return bad_data(path + ":" + std::to_string(lines->number()) + ": " + ad.status().message());
    }
    if (Status s = use(std::move(*ad)); !s.ok()) return s;
  }
  return lines->status();
}

}  // namespace

ChangedAds::ChangedAds(std::span<const CatalogueChange> changes) : changes_(changes) {
  for (size_t i = 0; i < changes.size(); ++i) by_id_[changes[i].id].push_back(i);
}

ChangedAds::Outcome ChangedAds::outcome(std::optional<CatalogueAd> before,
                                        const std::vector<size_t>& numbers) const {
  Outcome now{std::move(before), std::nullopt};
  for (const size_t number : numbers) {
    const CatalogueChange& change = changes_[number];
    if (change.kind == CatalogueChange::Kind::kUpsert) {
      if (!now.ad) now.is_new_at = number;
      now.ad = change.ad;
    } else if (!now.ad) {
      continue;
    } else if (change.kind == CatalogueChange::Kind::kDelete) {
      now.ad.reset();
    } else {
      if (change.bid) now.ad->bid = *change.bid;
      if (change.daily_budget) now.ad->daily_budget = *change.daily_budget;
      if (change.opt_out) now.ad->opt_out = *change.opt_out;
    }
  }
  return now;
}

Status ChangedAds::pass(CatalogueAd ad, const Use& use) {
  const auto changed = by_id_.find(ad.id);
  if (changed == by_id_.end()) return use(std::move(ad));
  Outcome now = outcome(std::move(ad), changed->second);
  by_id_.erase(changed);
  if (!now.ad) return {};
  if (!now.is_new_at) return use(std::move(*now.ad));
  new_.emplace(*now.is_new_at, std::move(*now.ad));
  return {};
}

Status ChangedAds::pass_new(const Use& use) {
  for (const auto& [id, numbers] : by_id_) {
    Outcome now = outcome(std::nullopt, numbers);
    if (now.ad) new_.emplace(*now.is_new_at, std::move(*now.ad));
  }
  for (auto& [number, ad] : new_) {
    if (Status s = use(std::move(ad)); !s.ok()) return s;
  }
  return {};
}

void apply_changes(std::span<const CatalogueChange> changes, std::vector<CatalogueAd>& ads) {
  ChangedAds changed(changes);
  std::vector<CatalogueAd> after;
  const auto keep = [&](CatalogueAd ad) {
    after.push_back(std::move(ad));
    return Status();
  };
  for (CatalogueAd& ad : ads) (void)changed.pass(std::move(ad), keep);
  (void)changed.pass_new(keep);
  ads = std::move(after);
}

Status rebuild_index(const std::string& directory, const std::atomic<bool>* stops) {
  Result<ChangeLog> log = ChangeLog::open(directory);
  if (!log.ok()) return log.status();
  Result<MatchingRules> rules = read_matching_rules(directory);
  if (!rules.ok()) return rules.status();
  Result<IndexWriter> writer = IndexWriter::open(directory, *rules);
  if (!writer.ok()) return writer.status();
  std::vector<CatalogueChange> changes;
  if (Status s = log->read(changes); !s.ok()) return s;
  const auto add = [&](CatalogueAd ad) -> Status {
    if (stops && *stops) {
      return Status(Code::kFailedPrecondition, directory + ": the rebuild was stopped");
    }
    return writer->add(std::move(ad));
  };
  ChangedAds changed(changes);
  const auto pass = [&](CatalogueAd ad) { return changed.pass(std::move(ad), add); };
  if (Status s = for_each_source_ad(directory, pass); !s.ok()) return s;
  if (Status s = changed.pass_new(add); !s.ok()) return s;
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
  return writer->finish(take_rest);
}

}  // namespace barker
