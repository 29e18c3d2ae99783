#include "index/server/engine_service.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <random>
#include <sstream>
#include <utility>

#include "index/engine/raw_impression.h"
#include "index/server/fields.h"
#include "models/data/raw_event.h"
#include "models/text/keywords.h"

namespace barker {
namespace {

using Clock = std::chrono::steady_clock;

uint64_t random_seed() {
  std::random_device device;
  return (uint64_t{device()} << 32) | device();
}

nlohmann::ordered_json catalogue_json(const LiveCatalogueStatus& status) {
  return {{"ads", status.ads},
          {"segments", status.segments},
          {"changed", status.changed},
          {"changes", status.changes},
          {"indexes", status.indexes}};
}

Status no_weights_directory() {
  return {Code::kFailedPrecondition,
          "weights.path is not set, so that there is no weights directory"};
}

const char* name_of(std::optional<ReadOutcome> read) {
  if (!read) return "";
  switch (*read) {
    case ReadOutcome::kFound:
      return "known";
    case ReadOutcome::kUnknown:
      return "unknown";
    case ReadOutcome::kUnavailable:
      break;
  }
  return "unavailable";
}

// What a click tells of its user: the SF itself, or the words of the title that was clicked.
std::vector<std::string> keywords_of(const Click& click, std::string_view title) {
  if (click.on_sf) return {normalize_keyword(click.object)};
  std::vector<std::string> keywords;
  static const KeywordSplitter splitter;
  for (const Keyword& keyword : splitter.split(title)) keywords.push_back(keyword.text);
  return keywords;
}

}  // namespace

EngineService::EngineService(ServiceParts& parts)
    : parts_(parts), reader_(parts.profiles.reader()) {}

// What is stored of the user, with what the request says in its place.
const Profile& EngineService::profile_of(const Asker& asker) {
  profile_.user = asker.user;
  profile_.forget();
  read_.reset();
  if (!asker.user.empty()) {
    read_ = reader_->read(asker.user, Clock::now() + parts_.profile_budget, profile_);
  }
  if (asker.keywords) profile_.keywords = *asker.keywords;
  for (const auto& group : asker.groups) {
    const auto same = std::ranges::find(profile_.groups, group.first,
                                        [](const auto& known) { return known.first; });
    if (same == profile_.groups.end()) {
      profile_.groups.push_back(group);
    } else {
      same->second = group.second;
    }
  }
  return profile_;
}

uint64_t EngineService::deadline_ns(const Asker& asker) const {
  Clock::time_point deadline = asker.deadline;
  if (deadline == Clock::time_point() && parts_.deadline.count() > 0) {
    deadline = asker.received + parts_.deadline;
  }
  const std::chrono::nanoseconds since_start = deadline.time_since_epoch();
  return static_cast<uint64_t>(since_start.count());
}

Result<SearchResult> EngineService::search(const SearchCall& call) {
  if (!session_) session_ = std::make_unique<EngineSession>(parts_.engine, random_seed());
  SearchOptions options;
  options.explain = call.asker.explain;
  options.deadline_ns = deadline_ns(call.asker);
  options.shown = call.from + call.count;
  options.features = call.features;
  options.visitor = call.asker.visitor;
  options.surface = call.asker.surface;
  // A later part of a page continues a list above which the bar already stands.
  if (call.bar.value_or(call.from == 0)) options.bar = parts_.bar;
  Result<SearchResult> page = session_->search(call.asker.query, profile_of(call.asker), options);
  if (!page.ok()) return page;
  page->profile = name_of(read_);
  const StageTimes& t = page->times;
  parts_.metrics.count_search(page->status, page->reason,
                              {.analyse = t.analyse / 1e6,
                               .first_pass = t.first_pass / 1e6,
                               .fetch = t.fetch / 1e6,
                               .rescore = t.rescore / 1e6,
                               .rewrite = t.rewrite / 1e6});
  remember(call, *page);
  return page;
}

void EngineService::remember(const PageCall& call, const SearchResult& page) {
  if (call.is_preview) return;
  const size_t first = std::min(call.from, page.ads.size());
  const size_t end = first + std::min(call.count, page.ads.size() - first);
  parts_.metrics.impressions.of("ad").add(end - first);
  parts_.metrics.impressions.of("feature").add(page.features.size());
  recent_.clear();
  recent_.set_user(page.user);
  recent_.time_ms = milliseconds_now();
  for (const ArmShown& shown : page.arms) {
    ArmCounters::Arm& arm = parts_.metrics.arms.of({shown.layer, shown.experiment, shown.arm});
    arm.pages.add();
    arm.policy.store(shown.policy, std::memory_order_relaxed);
    arm.impressions.add(end - first);
    recent_.arms.push_back(&arm);
  }
  for (size_t i = first; i < end; ++i) {
    const AdShown& ad = page.ads[i];
    recent_.add_ad(ad.id, ad.original_title, ad.price, ad.rank);
  }
  for (const FeatureShown& sf : page.features) recent_.add_feature(sf.keyword, sf.position);
  parts_.pages.add(call.request_id, recent_);
  if (parts_.waiting) wait_for_clicks(call, page);
  if (parts_.events) log_impression(call, page, end);
}

// Selling points in titles teach nothing: a click on an ad says little of them, and what the
// model's numbers mean is P(click on an SF).
void EngineService::wait_for_clicks(const PageCall& call, const SearchResult& page) {
  if (page.features.empty() || !is_user_id(page.user)) return;
  ShownPage shown{.query = page.query, .user = profile_, .sfs = {}};
  shown.user.learned = {};
  for (const FeatureShown& sf : page.features) shown.sfs.push_back(sf.keyword);
  parts_.waiting->add(call.request_id, std::move(shown), Clock::now());
}

void EngineService::log_impression(const PageCall& call, const SearchResult& page, size_t end) {
  RawImpression line = raw_impression_of(page, profile_, call.from, end);
  line.request = call.request_id;
  line.time = recent_.time_ms;
  const StageTimes& t = page.times;
  line.took_us = t.analyse + t.first_pass + t.fetch + t.rescore + t.features;
  if (page.user.empty()) line.visitor = call.asker.visitor;
  line.features = call.features;
  line.surface = call.asker.surface;
  parts_.events->append(to_line(line));  // what is dropped, the log counts
}

Result<SearchResult> EngineService::rescore(const RescoreCall& call) {
  if (!rescorer_) rescorer_ = std::make_unique<CallerRescorer>(parts_.engine);
  const RescoreOptions options{.explain = call.asker.explain,
                               .deadline_ns = deadline_ns(call.asker),
                               .shown = call.from + call.count,
                               .visitor = call.asker.visitor,
                               .surface = call.asker.surface};
  Result<SearchResult> page =
      rescorer_->rescore(call.asker.query, profile_of(call.asker), call.ads, options);
  if (!page.ok()) return page;
  page->profile = name_of(read_);
  parts_.metrics.count_search(
      page->status, page->reason,
      {.rescore = page->times.rescore / 1e6, .rewrite = page->times.rewrite / 1e6});
  remember(call, *page);
  return page;
}

namespace {

TakenEvent refused(EventRefusal refusal) {
  static constexpr std::array<const char*, kRefusalCodes.size()> kSentences = {
      "A field is wrong.", "The page of this request_id did not show the object.",
      "The search of this request_id was not this user's.",
      "Too many events are of pages that this server does not know; send the event again later.",
      "The event log is full; send the event again later."};
  return TakenEvent::refused(refusal, kSentences[static_cast<size_t>(refusal)]);
}

// Where the page showed what was clicked; nothing if it did not show it.
std::optional<size_t> position_on(const RecentPage& page, const Click& click) {
  if (click.on_sf) {
    const RecentPage::Feature* const sf = page.find_feature(click.object);
    return sf ? std::optional(sf->position) : std::nullopt;
  }
  const RecentPage::Ad* const ad = page.find_ad(click.object);
  return ad ? std::optional(ad->position) : std::nullopt;
}

// The refusal of a click that does not fit its page.
std::optional<TakenEvent> misfit(const RecentPage& page, const Click& click) {
  if (page.user() != click.user) return refused(EventRefusal::kOtherUser);
  const std::optional<size_t> position = position_on(page, click);
  if (!position) return refused(EventRefusal::kNotShown);
  if (click.position == 0 || click.position == *position) return std::nullopt;
  return TakenEvent::refused(EventRefusal::kNotShown,
                             "The page of this request_id showed the object at position " +
                                 std::to_string(*position) + ".");
}

// A clock that is ahead must not make all other lines of the log look late, and one that is behind
// must not place a click before its page, where `barker-train join` does not look for it.
int64_t time_of(int64_t event_ms, const std::optional<RecentPage>& page) {
  return std::min(page ? std::max(event_ms, page->time_ms) : event_ms, milliseconds_now());
}

}  // namespace

// A repeat takes nothing of the rate of events on pages that are not known. Otherwise a client that
// sends a batch again until all of it is taken would use up the rate with what was taken before,
// and never get further.
std::optional<TakenEvent> EngineService::check_id(const std::string& event_id, bool is_page_known) {
  using Outcome = TakenEvent::Outcome;
  if (parts_.clicks.has(event_id)) return TakenEvent{Outcome::kDuplicate};
  if (!is_page_known && !parts_.foreign_clicks->admits("", Clock::now())) {
    return refused(EventRefusal::kTooManyForeign);
  }
  // Another thread may have taken the same id meanwhile.
  if (!parts_.clicks.add(event_id)) return TakenEvent{Outcome::kDuplicate};
  return std::nullopt;
}

// A click on a page that is remembered must fit it. Of other pages, such as those of another engine
// of the same service, the log is told, and the user's history; no budget is charged. Nothing tells
// such a click from an invented one, so that their rate is bounded.
TakenEvent EngineService::take(const Click& click) {
  const std::optional<RecentPage> page = parts_.pages.find(click.request_id);
  const RecentPage::Ad* ad = nullptr;
  if (page) {
    if (std::optional<TakenEvent> outcome = misfit(*page, click)) return *std::move(outcome);
    if (!click.on_sf) ad = page->find_ad(click.object);
  }
  if (std::optional<TakenEvent> outcome = check_id(click.event_id, page.has_value())) {
    return *std::move(outcome);
  }
  const int64_t time_ms = time_of(click.time_ms, page);
  if (parts_.events) {
    const RawClick line{.event = click.event_id,
                        .time = time_ms,
                        .request = click.request_id,
                        .kind = click.on_sf ? RawClick::Kind::kSf : RawClick::Kind::kAd,
                        .object = click.object,
                        .position = static_cast<uint32_t>(click.position)};
    if (!parts_.events->append(to_line(line))) {
      parts_.clicks.remove(click.event_id);
      return refused(EventRefusal::kLogIsFull);
    }
  }
  if (!click.user.empty()) {
    // Of a page that is not known, the catalogue may still know the ad.
    const std::string title = click.on_sf ? std::string()
                              : ad        ? std::string(page->text(ad->title))
                                          : parts_.engine.title_of(click.object);
    ProfileClick record{click.user, click.on_sf ? ClickKind::kSf : ClickKind::kAd,
                        keywords_of(click, title), time_ms / 1000};
    if (click.on_sf && parts_.waiting) {
      record.lesson =
          parts_.waiting->click(click.request_id, click.user, click.object, Clock::now());
    }
    (void)parts_.profiles.record(std::move(record));
  }
  // Once for each ad of a page: a client that sends the same click under other ids empties no
  // budget and makes no arm look better. An ad that its caller's own auction sold has no price.
  if (ad && parts_.pages.charge(click.request_id, click.object)) {
    (void)parts_.engine.spend(click.object, ad->price);
    for (ArmCounters::Arm* const arm : page->arms) arm->clicks.add();
  }
  parts_.metrics.clicks.of(click.on_sf ? "feature" : "ad").add();
  return {TakenEvent::Outcome::kAccepted};
}

// An opt-out changes nothing here: the shop, which asked its user, obeys it. It is logged, and
// counted for the arms of its page.
TakenEvent EngineService::take(const OptOut& opt_out) {
  const std::optional<RecentPage> page = parts_.pages.find(opt_out.request_id);
  if (page && page->user() != opt_out.user) return refused(EventRefusal::kOtherUser);
  if (std::optional<TakenEvent> outcome = check_id(opt_out.event_id, page.has_value())) {
    return *std::move(outcome);
  }
  if (parts_.events) {
    const RawOptOut line{.event = opt_out.event_id,
                         .time = time_of(opt_out.time_ms, page),
                         .request = opt_out.request_id};
    if (!parts_.events->append(to_line(line))) {
      parts_.clicks.remove(opt_out.event_id);
      return refused(EventRefusal::kLogIsFull);
    }
  }
  // A client that sends the same opt-out under other ids must make no arm look worse.
  if (page && parts_.pages.opt_out(opt_out.request_id)) {
    for (ArmCounters::Arm* const arm : page->arms) arm->opt_outs.add();
  }
  return {TakenEvent::Outcome::kAccepted};
}

void EngineService::count_refused(EventRefusal refusal) {
  parts_.metrics.events_refused.of(code_of(refusal)).add();
}

Result<std::vector<PointInfluence>> EngineService::influence(
    const std::string& query, const std::string& user,
    const std::vector<std::string>& selling_points) {
  Asker asker;
  asker.user = user;
  return influence_of(parts_.engine, query, profile_of(asker), selling_points);
}

std::vector<std::string> EngineService::history_of(const std::string& user) {
  Asker asker;
  asker.user = user;
  return profile_of(asker).keywords;
}

Result<std::optional<KnownUser>> EngineService::find_user(const std::string& id) {
  Result<std::optional<StoredProfile>> stored = parts_.profiles.find(id);
  if (!stored.ok()) return stored.status();
  if (!*stored) return std::optional<KnownUser>();
  return std::optional(
      KnownUser{barker::profile_of(**stored), describe_state(parts_.engine, (*stored)->learned)});
}

// A page of the user that waits for clicks holds the history that its search knew.
Result<bool> EngineService::remove_user(const std::string& id) {
  if (parts_.waiting) parts_.waiting->forget(id);
  return parts_.profiles.erase(id);
}

std::optional<bool> EngineService::is_administrator(const std::string& authorization) {
  if (!parts_.token) return std::nullopt;
  return parts_.token->matches(authorization);
}

Result<std::string> EngineService::ask_life_cycle(const std::string& command) {
  return parts_.engine.ask(command);
}

Result<std::string> EngineService::publish(const std::string& file, bool as_canary) {
  return parts_.publish ? parts_.publish(file, as_canary) : no_weights_directory();
}

Result<std::string> EngineService::promote() {
  return parts_.promote ? parts_.promote() : no_weights_directory();
}

Result<std::string> EngineService::change_ads(const std::string& json_lines) {
  Result<ChangeSummary> summary = parts_.engine.change(json_lines);
  if (!summary.ok()) return summary.status();
  nlohmann::ordered_json problems = nlohmann::ordered_json::array();
  for (const BadLines::Entry& entry : summary->refused.first()) {
    problems.push_back({{"line", entry.line}, {"reason", entry.reason}});
  }
  nlohmann::ordered_json notes = nlohmann::ordered_json::array();
  std::istringstream lines(summary->notes.report("body"));
  for (std::string line; std::getline(lines, line);) notes.push_back(line);
  return json_line({{"applied", summary->applied},
                    {"unknown", summary->unknown},
                    {"refused", summary->refused.count()},
                    {"problems", std::move(problems)},
                    {"notes", std::move(notes)}});
}

Result<std::string> EngineService::reload_catalogue() {
  if (Status s = parts_.engine.refresh_catalogue(); !s.ok()) return s;
  return json_line(catalogue_json(parts_.engine.catalogue_status()));
}

}  // namespace barker
