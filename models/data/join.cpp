#include "models/data/join.h"

#include <algorithm>
#include <utility>

#include "models/data/raw_log.h"

namespace barker {
namespace {

SearchEvent event_of(RawImpression&& shown) {
  SearchEvent event;
  event.time = shown.time / 1000;
  event.user = shown.user.empty() ? "anonymous/" + shown.request : std::move(shown.user);
  event.search = std::move(shown.request);
  event.query = std::move(shown.query);
  event.groups = std::move(shown.groups);
  event.user_keywords = std::move(shown.user_keywords);
  // A position is written where it is not what the place in the list says.
  const auto position_of = [](uint32_t position, size_t index) {
    return position == index + 1 ? 0 : position;
  };
  for (RawSf& raw : shown.sfs) {
    SfImpression sf{std::move(raw.keyword)};
    sf.propensity = raw.propensity;
    sf.position = position_of(raw.position, event.sfs.size());
    event.sfs.push_back(std::move(sf));
  }
  for (RawAd& raw : shown.ads) {
    std::string& title = raw.original_title.empty() ? raw.title : raw.original_title;
    AdImpression ad{std::move(raw.id), std::move(title), {}};
    ad.selling_points = std::move(raw.selling_points);
    ad.sp_propensity = raw.sp_propensity;
    ad.position = position_of(raw.position, event.ads.size());
    event.ads.push_back(std::move(ad));
  }
  return event;
}

// Marks what was clicked. False where it was not on the page.
bool mark_clicked(SearchEvent& event, int64_t page_time, const RawClick& click) {
  // The clock of the machine that logged the click may be behind.
  const int64_t time = std::max(click.time, page_time) / 1000;
  const auto mark = [time](auto& shown, const auto& is_meant) {
    const auto found = std::ranges::find_if(shown, is_meant);
    if (found == shown.end()) return false;
    found->clicked = true;
    found->click_time = std::min(time, found->click_time.value_or(time));
    return true;
  };
  if (click.kind == RawClick::Kind::kAd) {
    return mark(event.ads, [&](const AdImpression& ad) { return ad.id == click.object; });
  }
  return mark(event.sfs, [&](const SfImpression& sf) { return sf.text == click.object; });
}

}  // namespace

bool Joiner::Memory::add(Fingerprint print, int64_t time) {
  if (!known.emplace(print, time).second) return false;
  by_time.emplace(time, print);
  return true;
}

void Joiner::Memory::forget(int64_t now) {
  while (!by_time.empty() && by_time.begin()->first + keep_ms < now) {
    known.erase(by_time.begin()->second);
    by_time.erase(by_time.begin());
  }
}

Joiner::Joiner(const JoinOptions& options, Write write)
    : options_(options),
      write_(std::move(write)),
      written_(2 * options.window_ms),
      click_ids_(2 * (options.window_ms + options.lateness_ms)) {}

Status Joiner::add(RawEvent&& event) {
  const int64_t time = time_of(event);
  if (auto* shown = std::get_if<RawImpression>(&event)) {
    add_impression(std::move(*shown));
  } else if (auto* click = std::get_if<RawClick>(&event)) {
    add_click(std::move(*click));
  } else {
    ++counts_.opt_outs;
  }
  if (time <= newest_) return {};
  newest_ = time;
  return pass(time - options_.lateness_ms);
}

void Joiner::add_impression(RawImpression&& shown) {
  ++counts_.impressions;
  if (by_request_.contains(shown.request) || written_.known.contains(fingerprint(shown.request))) {
    ++counts_.duplicate_impressions;
    return;
  }
  if (shown.time + options_.window_ms + options_.lateness_ms < newest_) {
    ++counts_.late_impressions;
    return;
  }
  counts_.anonymous += shown.user.empty();
  counts_.ads_left_out += shown.ads_left_out;
  const PageKey key{shown.time, shown.request};
  Page& page = pages_.emplace(key, Page{shown.time, event_of(std::move(shown))}).first->second;
  by_request_.emplace(key.second, &page);
  const auto [begin, end] = early_of_request_.equal_range(key.second);
  for (auto at = begin; at != end; ++at) {
    const auto click = early_.find(at->second);
    join(page, click->second);
    early_.erase(click);
  }
  early_of_request_.erase(begin, end);
}

void Joiner::add_click(RawClick&& click) {
  ++counts_.clicks;
  if (!click_ids_.add(fingerprint(click.event), std::max(newest_, click.time))) {
    ++counts_.duplicate_clicks;
    return;
  }
  if (const auto page = by_request_.find(click.request); page != by_request_.end()) {
    join(*page->second, click);
    return;
  }
  const auto written = written_.known.find(fingerprint(click.request));
  if (written != written_.known.end()) {
    leave_out(written->second, click);
    return;
  }
  const ClickKey key{click.time, early_number_++};
  early_of_request_.emplace(click.request, key);
  early_.emplace(key, std::move(click));
}

void Joiner::join(Page& page, const RawClick& click) {
  if (click.time > page.time + options_.window_ms ||
      click.time < page.time - options_.lateness_ms) {
    leave_out(page.time, click);
  } else if (mark_clicked(page.event, page.time, click)) {
    ++counts_.joined_clicks;
  } else {
    ++counts_.foreign_clicks;
  }
}

void Joiner::leave_out(int64_t page_time, const RawClick& click) {
  const bool is_late = click.time >= page_time - options_.lateness_ms &&
                       click.time <= page_time + 2 * options_.window_ms;
  ++(is_late ? counts_.late_clicks : counts_.unmatched_clicks);
}

// What happens when no line before `time` comes any more.
Status Joiner::pass(int64_t time) {
  while (!pages_.empty() && pages_.begin()->first.first + options_.window_ms < time) {
    const auto page = pages_.begin();
    if (Status s = write(page->second); !s.ok()) return s;
    written_.add(fingerprint(page->first.second), page->first.first);
    by_request_.erase(page->first.second);
    pages_.erase(page);
  }
  // The page of a click may be newer by the lateness.
  while (!early_.empty() && early_.begin()->first.first + options_.lateness_ms < time) {
    ++counts_.unmatched_clicks;
    const auto click = early_.begin();
    const auto [begin, end] = early_of_request_.equal_range(click->second.request);
    early_of_request_.erase(
        std::find_if(begin, end, [&](const auto& e) { return e.second == click->first; }));
    early_.erase(click);
  }
  written_.forget(time);
  click_ids_.forget(time);
  return {};
}

Status Joiner::write(const Page& page) {
  ++counts_.events;
  counts_.sfs += page.event.sfs.size();
  counts_.ads += page.event.ads.size();
  for (const SfImpression& sf : page.event.sfs) counts_.clicked_sfs += sf.clicked;
  for (const AdImpression& ad : page.event.ads) counts_.clicked_ads += ad.clicked;
  return write_(page.event);
}

Status Joiner::finish() {
  for (const auto& [key, page] : pages_) {
    counts_.open_windows += page.time + options_.window_ms > newest_;
    if (Status s = write(page); !s.ok()) return s;
  }
  counts_.unmatched_clicks += early_.size();
  pages_.clear();
  by_request_.clear();
  early_.clear();
  early_of_request_.clear();
  return {};
}

Result<JoinReport> join_raw_logs(const std::vector<std::string>& paths, const JoinOptions& options,
                                 const Joiner::Write& write) {
  Result<RawLogs> logs = RawLogs::open(paths);
  if (!logs.ok()) return logs.status();
  Joiner joiner(options, write);
  for (;;) {
    Result<std::optional<RawEvent>> event = logs->next();
    if (!event.ok()) return event.status();
    if (!event->has_value()) break;
    if (Status s = joiner.add(std::move(**event)); !s.ok()) return s;
  }
  if (Status s = joiner.finish(); !s.ok()) return s;
  return JoinReport{joiner.counts(), logs->lines(), logs->bad_lines(), logs->unfinished_lines(),
                    logs->report()};
}

}  // namespace barker
