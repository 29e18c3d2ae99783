#include "index/live/catalogue_writer.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "index/catalogue/ad_store_generated.h"
#include "index/retrieval/manifest.h"

namespace barker {
namespace {

// A small segment of more ads is not written again, because that takes about half a second.
constexpr size_t kMostRewritten = 4000;
// A segment is written together with a batch of changes that is no smaller than a fourth of it, so
// that an ad is written again a few times, and not with each batch.
constexpr size_t kGrowth = 4;

// An index is worn when so large a part of its ads has changed, and so many ads, or where there are
// so many segments, each of which costs every query some time.
constexpr size_t kWornPart = 20;
constexpr size_t kWornAds = 1000;
constexpr size_t kWornSegments = 24;
// Every query reads the raised offers.
constexpr size_t kWornRaised = 5000;

void change_values(const CatalogueChange& change, CatalogueAd& ad) {
  if (change.bid) ad.bid = *change.bid;
  if (change.daily_budget) ad.daily_budget = *change.daily_budget;
  if (change.opt_out) ad.opt_out = *change.opt_out;
}

std::optional<double> current_budget(const LiveSegment& segment, uint32_t ad,
                                     std::optional<double> source) {
  const uint32_t number = segment.budgets().number(ad);
  if (number != AdBudgets::kNone) {
    const double budget = segment.budgets().ledger->daily_budget(number);
    return budget < Budgets::kMostDailyBudget ? std::optional(budget) : std::nullopt;
  }
  if (segment.has_no_budget_left(ad)) return 0.0;
  return source == 0.0 ? std::nullopt : source;
}

}  // namespace

Result<std::unique_ptr<CatalogueWriter>> CatalogueWriter::open(const std::string& directory,
                                                               const std::string& synonyms,
                                                               const Budgets* budget_file,
                                                               const StoreRegistry& registry) {
  Segment::remove_abandoned_files();
  if (std::error_code error; !std::filesystem::exists(directory + "/ads.store", error)) {
    if (std::filesystem::is_regular_file(directory, error)) {
      return io_error(directory + ": Not a directory; expected one that barker index wrote");
    }
    return not_found(directory + ": is no index; barker index makes one");
  }
  Result<MatchingRules> rules = read_matching_rules(directory);
  if (!rules.ok()) return rules.status();
  if (Status s = check_manifest(directory); !s.ok()) return s;
  Result<MatchingAnalyzer> analyzer = MatchingAnalyzer::create(rules->languages);
  if (!analyzer.ok()) return analyzer.status();
  auto words = std::make_shared<MatchingWords>();
  if (!synonyms.empty()) {
    Result<Synonyms> read = Synonyms::read(synonyms, *analyzer);
    if (!read.ok()) return read.status();
    words->synonyms = std::move(*read);
  }
  Result<SourceFile> source = SourceFile::open(directory);
  if (!source.ok()) return source.status();
  Result<Segment> files = Segment::open(directory, rules->languages.size());
  if (!files.ok()) return files.status();
  Result<AdBudgets> budgets = AdBudgets::of(files->store(), budget_file);
  if (!budgets.ok()) return budgets.status();
  uint64_t handle = 0;
  if (registry.add) {
    const Result<uint64_t> added = registry.add(files->store());
    if (!added.ok()) return added.status();
    handle = *added;
  }
  words->rules = std::move(*rules);
  std::unique_ptr<CatalogueWriter> writer(
      new CatalogueWriter(std::move(*source), std::move(*analyzer), budget_file));
  auto first = std::make_shared<CatalogueSnapshot>();
  const auto segment = std::make_shared<LiveSegment>(std::move(*files), std::move(*budgets), handle,
                                                     registry.release);
  first->parts.push_back({segment, 0, nullptr});
  first->titles = std::shared_ptr<const TitleIndex>(segment, &segment->files().titles());
  first->words = std::move(words);
  writer->snapshot_ = std::move(first);
  return writer;
}

void CatalogueWriter::put(const std::string& id, std::optional<CatalogueAd> ad) {
  const auto [at, is_new] = pending_.insert_or_assign(id, std::move(ad));
  if (is_new) pending_order_.push_back(id);
}

bool CatalogueWriter::has(const std::string& id) const {
  const auto at = pending_.find(id);
  return at != pending_.end() ? at->second.has_value() : snapshot_->find(id).has_value();
}

Status CatalogueWriter::apply(std::span<const CatalogueChange> changes, size_t* unknown) {
  Status first_error;
  for (const CatalogueChange& change : changes) {
    if (change.kind == CatalogueChange::Kind::kUpsert) {
      put(change.id, change.ad);
    } else if (!has(change.id)) {
      ++*unknown;
    } else if (change.kind == CatalogueChange::Kind::kDelete) {
      put(change.id, std::nullopt);
    } else if (Status s = set(change, unknown); !s.ok() && first_error.ok()) {
      first_error = std::move(s);
    }
  }
  publish_raised();
  if (pending_.empty()) return first_error;
  auto next = std::make_shared<CatalogueSnapshot>(*snapshot_);
  if (Status s = write_pending(*next); !s.ok()) return first_error.ok() ? s : first_error;
  snapshot_ = std::move(next);
  return first_error;
}

// By itself, so that raised bids are seen also where new ads cannot be written.
void CatalogueWriter::publish_raised() {
  if (raised_changed_.empty()) return;
  auto next = std::make_shared<CatalogueSnapshot>(*snapshot_);
  for (const uint32_t part : std::exchange(raised_changed_, {})) {
    next->parts[part].raised =
        std::make_shared<const std::vector<uint32_t>>(next->parts[part].segment->raised_offers());
  }
  snapshot_ = std::move(next);
}

Status CatalogueWriter::set(const CatalogueChange& change, size_t* unknown) {
  if (const auto waits = pending_.find(change.id); waits != pending_.end()) {
    change_values(change, *waits->second);
    return {};
  }
  const std::optional<AdPlace> place = snapshot_->find(change.id);
  if (!place) {
    ++*unknown;
    return {};
  }
  LiveSegment& segment = *snapshot_->parts[place->part].segment;
  if (change.bid && segment.set_bid(place->ad, *change.bid)) raised_changed_.insert(place->part);
  if (change.opt_out) segment.set_opt_out(place->ad, *change.opt_out);
  if (!change.daily_budget || segment.set_daily_budget(place->ad, *change.daily_budget)) return {};
  Result<CatalogueAd> ad = source_of(*place);
  if (!ad.ok()) return ad.status();
  ad->daily_budget = *change.daily_budget;
  put(change.id, std::move(*ad));
  return {};
}

// The ad as it is now.
Result<CatalogueAd> CatalogueWriter::source_of(const AdPlace& place) {
  Result<CatalogueAd> ad = place.part == 0
                               ? source_.ad(place.ad)
                               : Result<CatalogueAd>((*small_sources_[place.part - 1])[place.ad]);
  if (!ad.ok()) return ad;
  const LiveSegment& segment = snapshot_->segment(place);
  ad->bid = segment.bid(place.ad);
  ad->opt_out = segment.opt_out(place.ad);
  ad->daily_budget = current_budget(segment, place.ad, ad->daily_budget);
  return ad;
}

// Moves the ads of small segments to `ads` and takes the segments out of `next`.
Status CatalogueWriter::take_small_segments(const CatalogueSnapshot& from, CatalogueSnapshot& next,
                                            std::vector<CatalogueAd>& ads) {
  while (next.parts.size() > 1) {
    const auto part = static_cast<uint32_t>(next.parts.size() - 1);
    const LiveSegment& segment = *next.parts[part].segment;
    std::vector<uint32_t> kept;
    for (uint32_t i = 0; i < segment.files().size(); ++i) {
      if (from.is_gone({part, i}) || pending_.contains(segment.stored(i).id()->str())) continue;
      kept.push_back(i);
    }
    const bool is_due = kept.size() <= kGrowth * std::max<size_t>(ads.size(), 1);
    if (!is_due || kept.size() + ads.size() > kMostRewritten) return {};
    for (const uint32_t i : kept) {
      Result<CatalogueAd> ad = source_of({part, i});
      if (!ad.ok()) return ad.status();
      ads.push_back(std::move(*ad));
    }
    next.parts.pop_back();
  }
  return {};
}

Status CatalogueWriter::join_titles(CatalogueSnapshot& next) {
  const std::shared_ptr<LiveSegment>& large = next.parts.front().segment;
  if (next.parts.size() == 1) {
    next.titles = std::shared_ptr<const TitleIndex>(large, &large->files().titles());
    return {};
  }
  std::vector<const TitleIndex*> titles;
  uint32_t first = 0;
  for (CatalogueSnapshot::Part& part : next.parts) {
    titles.push_back(&part.segment->files().titles());
    part.first = first;
    first += part.segment->files().size();
  }
  Result<TitleIndex> joined = TitleIndex::join(titles);
  if (!joined.ok()) return joined.status();
  next.titles = std::make_shared<const TitleIndex>(std::move(*joined));
  return {};
}

// Nothing that a query sees changes before all that can fail is done.
Status CatalogueWriter::write_pending(CatalogueSnapshot& next) {
  std::vector<CatalogueAd> ads;
  for (const std::string& id : pending_order_) {
    if (const std::optional<CatalogueAd>& ad = pending_.at(id)) ads.push_back(*ad);
  }
  if (Status s = take_small_segments(*snapshot_, next, ads); !s.ok()) return s;
  auto sources = small_sources_;
  sources.resize(next.parts.size() - 1);
  if (!ads.empty()) {
    Result<Segment> files = Segment::of(ads, analyzer_);
    if (!files.ok()) return files.status();
    Result<AdBudgets> budgets = AdBudgets::of(files->store(), budget_file_);
    if (!budgets.ok()) return budgets.status();
    next.parts.push_back(
        {std::make_shared<LiveSegment>(std::move(*files), std::move(*budgets)), 0, nullptr});
    sources.push_back(std::make_shared<const std::vector<CatalogueAd>>(std::move(ads)));
  }
  if (Status s = join_titles(next); !s.ok()) return s;
  ++next.version;
  for (const auto& [id, ad] : pending_) {
    const std::optional<AdPlace> before = snapshot_->find(id);
    if (before) snapshot_->parts[before->part].segment->set_gone(before->ad, next.version);
  }
  small_sources_ = std::move(sources);
  pending_.clear();
  pending_order_.clear();
  return {};
}

size_t CatalogueWriter::ads() const {
  size_t ads = 0;
  for (const CatalogueSnapshot::Part& part : snapshot_->parts) {
    ads += part.segment->files().size() - part.segment->gone();
  }
  return ads;
}

size_t CatalogueWriter::changed() const {
  size_t ads = snapshot_->parts.front().segment->gone();
  for (size_t i = 1; i < snapshot_->parts.size(); ++i) {
    ads += snapshot_->parts[i].segment->files().size();
  }
  return ads;
}

size_t CatalogueWriter::raised() const {
  size_t ads = 0;
  for (const CatalogueSnapshot::Part& part : snapshot_->parts) ads += part.segment->raised();
  return ads;
}

size_t CatalogueWriter::lowered() const {
  size_t ads = 0;
  for (const CatalogueSnapshot::Part& part : snapshot_->parts) ads += part.segment->lowered();
  return ads;
}

bool CatalogueWriter::is_worn() const {
  const size_t worn = changed() + raised() + lowered();
  const size_t all = snapshot_->parts.front().segment->files().size();
  return snapshot_->parts.size() > kWornSegments || raised() > kWornRaised ||
         (worn >= kWornAds && worn * kWornPart > all);
}

}  // namespace barker
