#include "models/data/line_findings.h"

#include <algorithm>
#include <string_view>
#include <unordered_set>

#include "models/base/number_text.h"
#include "models/data/time_check.h"
#include "models/text/probably_meant.h"

namespace barker {
namespace {

using Level = Finding::Level;

constexpr size_t kMostUnknown = 100;   // different names of fields that are kept
constexpr uint64_t kFewSearches = 10;  // with fewer, one user may well have half of them

double share(uint64_t part, uint64_t whole) {
  return whole ? static_cast<double>(part) / static_cast<double>(whole) : 0;
}

std::string percent(uint64_t part, uint64_t whole) {
  return number_text(100 * share(part, whole), 1) + "%";
}

}  // namespace

void LineFindings::look_at(const LogLine& line) {
  std::vector<std::string> unknown;
  const Result<SearchEvent> event = parse_event(line.text, encoding_, &unknown);
  Place place{line.file, line.number, event.ok() ? event->time : 0};
  look_at_fields(unknown, place);
  if (event.ok()) look_at(*event, place);
  if (line.is_cut) cut_.push_back(log_.prefix(line.file));
}

void LineFindings::look_at_fields(const std::vector<std::string>& unknown, const Place& place) {
  for (const std::string& name : std::unordered_set<std::string>(unknown.begin(), unknown.end())) {
    const auto at = unknown_.find(name);
    if (at != unknown_.end()) {
      at->second.add(place);
    } else if (unknown_.size() < kMostUnknown) {
      unknown_[name].add(place);
    }
  }
}

void LineFindings::look_at(const SearchEvent& event, const Place& place) {
  look_at_repeats(event, place);
  look_at_shown(event, place);
  for (const FeatureGroup& group : event.groups) {
    look_for_clicks("groups." + group.name, group.tokens, event, place);
  }
  if (event.user_keywords) look_for_clicks("user_keywords", *event.user_keywords, event, place);
  if (event.history_only) return;
  ++search_count_;
  users_[event.user].add(place);
  if (event.split && uses_log_splits_) look_at_split(*event.split, place);
}

void LineFindings::look_at_repeats(const SearchEvent& event, const Place& place) {
  const auto look = [&](std::unordered_map<Fingerprint, Place>& known, const std::string& key,
                        Repeated& twice) {
    const auto [at, is_new] = known.emplace(fingerprint(key), place);
    if (is_new) return;
    if (twice.times == 0) twice.earlier = at->second;
    twice.add(place);
  };
  if (!event.search.empty()) {
    look(search_ids_, event.user + '\0' + event.search, ids_twice_);
  }
  std::string key = event.user + '\0' + std::to_string(event.time) + '\0' + event.query;
  for (const SfImpression& sf : event.sfs) (key += '\1') += sf.text;
  for (const AdImpression& ad : event.ads) ((key += '\2') += ad.id) += ad.title;
  look(searches_, key, searches_twice_);
}

void LineFindings::look_at_shown(const SearchEvent& event, const Place& place) {
  std::unordered_set<std::string_view> seen;
  for (const SfImpression& sf : event.sfs) {
    if (!seen.insert(sf.text).second) sfs_twice_.add(place);
  }
  seen.clear();
  for (const AdImpression& ad : event.ads) {
    if (!ad.id.empty() && !seen.insert(ad.id).second) ads_twice_.add(place);
    if (ad.title.empty() && ad.keywords.empty()) ads_without_words_.add(place);
  }
  if (event.sfs.empty() && event.ads.empty() && !event.history_only) nothing_shown_.add(place);
}

// A token is an SF itself or "name=SF".
void LineFindings::look_for_clicks(const std::string& name, const std::vector<std::string>& tokens,
                                   const SearchEvent& event, const Place& place) {
  if (event.sfs.empty()) return;
  std::unordered_set<std::string_view> words;
  for (const std::string_view token : tokens) {
    words.insert(token);
    if (const size_t equals = token.rfind('='); equals != std::string_view::npos) {
      words.insert(token.substr(equals + 1));
    }
  }
  Among& among = among_[name];
  for (const SfImpression& sf : event.sfs) {
    ++among.shown[sf.clicked];
    if (!words.contains(sf.text)) continue;
    if (among.found[sf.clicked]++ == 0 && sf.clicked) among.first = place;
  }
}

void LineFindings::look_at_split(Split split, const Place& place) {
  const auto at = static_cast<size_t>(split);
  of_split_[at].add(place);
  for (size_t later = at + 1; later < of_split_.size(); ++later) {
    const Count& other = of_split_[later];
    if (other.times > 0 && place.time > other.first.time) late_[at][later].add(place);
  }
}

std::string LineFindings::text_of(const Place& place) const {
  const std::string file = log_.prefix(place.file);
  return (file.empty() ? "" : file + ":") + std::to_string(place.line);
}

void LineFindings::report(const Say& say) const {
  report_fields(say);
  report_repeats(say);
  report_users(say);
  report_clicks_among_groups(say);
  report_splits(say);
  for (const std::string& file : cut_) {
    say(Level::kWarning,
        (file.empty() ? "" : file + ": ") + "the last line has no end: the log may be cut off");
  }
}

void LineFindings::report_fields(const Say& say) const {
  for (const auto& [name, count] : unknown_) {
    const size_t dot = name.find('.');
    const bool is_nested =
        dot != std::string::npos && (name.starts_with("sfs.") || name.starts_with("ads."));
    const std::string list = is_nested ? name.substr(0, dot) : "";
    const std::string_view meant =
        probably_meant(is_nested ? name.substr(dot + 1) : name, event_fields(list));
    std::string text = "the field \"" + name + "\" is not read: on " + std::to_string(count.times) +
                       " lines, first line " + text_of(count.first);
    if (!meant.empty()) {
      text += "; did you mean \"" + (is_nested ? list + "." : "") + std::string(meant) + "\"?";
    }
    say(Level::kWarning, std::move(text));
  }
}

void LineFindings::report_repeats(const Say& say) const {
  const auto twice = [&](const Repeated& count, const char* what) {
    if (count.times == 0) return;
    say(Level::kWarning, std::to_string(count.times) + " " + what + ", first line " +
                             text_of(count.first) + ", as line " + text_of(count.earlier));
  };
  twice(ids_twice_, "search ids stand on more than one line");
  twice(searches_twice_,
        "searches are those of earlier lines: user, time, query and what is shown");
  const auto count = [&](const Count& found, Level level, const char* what) {
    if (found.times == 0) return;
    say(level, std::to_string(found.times) + " " + what + ", first line " + text_of(found.first));
  };
  count(sfs_twice_, Level::kWarning, "SFs are shown twice in one search");
  count(ads_twice_, Level::kWarning, "ads are shown twice in one search");
  count(ads_without_words_, Level::kWarning, "ads have neither title nor keywords");
  count(nothing_shown_, Level::kNote, "searches show neither SFs nor ads");
}

void LineFindings::report_users(const Say& say) const {
  if (search_count_ < kFewSearches) return;
  const auto most =
      std::ranges::max_element(users_, {}, [](const auto& user) { return user.second.times; });
  if (share(most->second.times, search_count_) < 0.5) return;
  say(Level::kWarning, "the user \"" + most->first + "\" has " +
                           percent(most->second.times, search_count_) + " of the searches (" +
                           std::to_string(most->second.times) + " of " +
                           std::to_string(search_count_) + "), first line " +
                           text_of(most->second.first) + ": is it a robot, or no user's id?");
}

// Users click again what they clicked before, so that some clicked SFs stand among their interests.
// Where half of them do, and far fewer of those not clicked, the group was written after the click.
void LineFindings::report_clicks_among_groups(const Say& say) const {
  for (const auto& [name, among] : among_) {
    const auto& [shown, found, first] = among;
    if (found[1] == 0) continue;
    const double clicked = share(found[1], shown[1]), other = share(found[0], shown[0]);
    const bool is_leak = clicked >= 0.5 && clicked >= 2 * other;
    say(is_leak ? Level::kWarning : Level::kNote,
        std::to_string(found[1]) + " clicked SFs (" + percent(found[1], shown[1]) + ") stand in " +
            name + " of their own search, and " + percent(found[0], shown[0]) +
            " of those not clicked, first line " + text_of(first) +
            (is_leak ? ": does the log write it after the click?" : ""));
  }
}

void LineFindings::report_splits(const Say& say) const {
  const char* names[] = {"training", "validation", "test"};
  for (size_t a = 0; a < late_.size(); ++a) {
    for (size_t b = a + 1; b < late_.size(); ++b) {
      if (late_[a][b].times == 0) continue;
      const Place& other = of_split_[b].first;
      say(Level::kWarning, std::string("the splits of the log overlap: ") +
                               std::to_string(late_[a][b].times) + " " + names[a] +
                               " searches are newer than the first " + names[b] + " search (line " +
                               text_of(other) + ", " + time_text(other.time) + "), first line " +
                               text_of(late_[a][b].first));
    }
  }
}

}  // namespace barker
