#include "models/train/instances.h"

#include <algorithm>
#include <limits>
#include <unordered_map>
#include <unordered_set>

#include "models/keywords.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace barker {
namespace {

// Strings to dense numbers.
class Interner {
 public:
  uint32_t id(const std::string& text) {
    const auto [at, is_new] = ids_.try_emplace(text, static_cast<uint32_t>(texts_.size()));
    if (is_new) texts_.push_back(text);
    return at->second;
  }
  std::vector<std::string>& texts() { return texts_; }

 private:
  std::unordered_map<std::string, uint32_t> ids_;
  std::vector<std::string> texts_;
};

// What a user clicked: keywords oldest first, and those of the newest time apart, since searches of
// that same moment must not see them.
struct UserHistory {
  std::vector<uint32_t> keywords;
  std::vector<uint32_t> newest;
  int64_t newest_time = std::numeric_limits<int64_t>::min();

  void advance(int64_t time) {
    if (time == newest_time) return;
    keywords.insert(keywords.end(), newest.begin(), newest.end());
    newest.clear();
    newest_time = time;
  }
};

class Builder {
 public:
  Builder(const InstanceOptions& options, std::vector<std::string> phrases)
      : options_(options), splitter_(phrases) {}

  Status add(const SearchEvent& event) {
    const uint32_t user = users_.id(event.user);
    if (user >= histories_.size()) histories_.resize(user + 1);
    UserHistory& history = histories_[user];
    if (event.time < history.newest_time) {
      return bad_data("time: " + std::to_string(event.time) +
                      " is before the user's last event at " + std::to_string(history.newest_time));
    }
    history.advance(event.time);
    if (!event.history_only) add_search(event, user, history);
    for (const SfImpression& sf : event.sfs) {
      if (sf.clicked) history.newest.push_back(keywords_.id(normalize_keyword(sf.text)));
    }
    for (const AdImpression& ad : event.ads) {
      const std::vector<uint32_t> title = title_keywords(ad);
      if (ad.clicked) history.newest.insert(history.newest.end(), title.begin(), title.end());
      if (!event.history_only) {
        out_.documents.values.insert(out_.documents.values.end(), title.begin(), title.end());
        out_.documents.close();
        document_search_.push_back(out_.user.size() - 1);
      }
    }
    ++out_.events;
    return {};
  }

  Instances finish() {
    assign_splits();
    keep_training_keywords();
    out_.users = std::move(users_.texts());
    return std::move(out_);
  }

 private:
  void add_search(const SearchEvent& event, uint32_t user, const UserHistory& history) {
    out_.user.push_back(user);
    times_.push_back(event.time);
    given_split_.push_back(event.split);
    auto& bag = out_.history.values;
    if (event.user_keywords) {
      for (const std::string& keyword : *event.user_keywords) {
        if (bag.size() - out_.history.begin.back() == options_.history_length) break;
        bag.push_back(keywords_.id(normalize_keyword(keyword)));
      }
    } else {
      const size_t count = std::min(options_.history_length, history.keywords.size());
      bag.insert(bag.end(), history.keywords.rbegin(),
                 history.keywords.rbegin() + static_cast<ptrdiff_t>(count));
    }
    out_.history.close();
    for (const Keyword& keyword : splitter_.split(event.query)) {
      out_.query.values.push_back(keywords_.id(keyword.text));
    }
    out_.query.close();
    for (const SfImpression& sf : event.sfs) {
      out_.targets.values.push_back({keywords_.id(normalize_keyword(sf.text)), sf.clicked});
    }
    out_.targets.close();
  }

  std::vector<uint32_t> title_keywords(const AdImpression& ad) {
    std::vector<uint32_t> ids;
    if (!ad.keywords.empty()) {
      for (const std::string& keyword : ad.keywords)
        ids.push_back(keywords_.id(normalize_keyword(keyword)));
      return ids;
    }
    const auto [at, is_new] = titles_.try_emplace(ad.title);  // an ad is shown many times
    if (is_new) {
      for (const Keyword& keyword : splitter_.split(ad.title))
        at->second.push_back(keywords_.id(keyword.text));
    }
    return at->second;
  }

  void assign_splits() {
    int64_t first = std::numeric_limits<int64_t>::max(), last = std::numeric_limits<int64_t>::min();
    for (const int64_t time : times_) {
      first = std::min(first, time);
      last = std::max(last, time);
    }
    const double period = static_cast<double>(last - first);
    for (size_t i = 0; i < times_.size(); ++i) {
      const double share = period > 0 ? static_cast<double>(times_[i] - first) / period : 0;
      out_.split.push_back(given_split_[i]                 ? *given_split_[i]
                           : share <= options_.train_share ? Split::kTrain
                           : share <= options_.train_share + options_.validation_share
                               ? Split::kValidation
                               : Split::kTest);
    }
  }

  // Keywords get their final numbers in order of first use in the training split; others are
  // unknown.
  void keep_training_keywords() {
    std::vector<uint32_t> number(keywords_.texts().size(), kUnknownKeyword);
    const auto use = [&](uint32_t id) {
      if (number[id] != kUnknownKeyword) return;
      number[id] = static_cast<uint32_t>(out_.keywords.size());
      out_.keywords.push_back(keywords_.texts()[id]);
    };
    for (size_t i = 0; i < out_.user.size(); ++i) {  // targets first: serving reads their rows most
      if (out_.split[i] != Split::kTrain) continue;
      for (const Target& target : out_.targets[i]) use(target.keyword);
    }
    for (size_t i = 0; i < out_.user.size(); ++i) {
      if (out_.split[i] != Split::kTrain) continue;
      for (const uint32_t id : out_.query[i]) use(id);
      for (const uint32_t id : out_.history[i]) use(id);
    }
    for (size_t d = 0; d < document_search_.size(); ++d) {
      if (out_.split[document_search_[d]] != Split::kTrain) continue;
      for (const uint32_t id : out_.documents[d]) use(id);
    }
    renumber(out_.history, number, {});
    renumber(out_.query, number, {});
    std::vector<bool> keep(document_search_.size());
    for (size_t d = 0; d < keep.size(); ++d)
      keep[d] = out_.split[document_search_[d]] == Split::kTrain;
    renumber(out_.documents, number, keep);
    for (Target& target : out_.targets.values) target.keyword = number[target.keyword];
  }

  // Replaces ids, leaving out unknown ones; where `keep` is not empty, lists that are not kept
  // become empty.
  static void renumber(Ragged<uint32_t>& lists, const std::vector<uint32_t>& number,
                       const std::vector<bool>& keep) {
    Ragged<uint32_t> out;
    out.values.reserve(lists.values.size());
    for (size_t i = 0; i < lists.size(); ++i) {
      if (keep.empty() || keep[i]) {
        for (const uint32_t id : lists[i]) {
          if (number[id] != kUnknownKeyword) out.values.push_back(number[id]);
        }
      }
      out.close();
    }
    lists = std::move(out);
  }

  const InstanceOptions& options_;
  KeywordSplitter splitter_;
  Interner keywords_, users_;
  std::vector<UserHistory> histories_;
  std::unordered_map<std::string, std::vector<uint32_t>> titles_;
  std::vector<int64_t> times_;
  std::vector<std::optional<Split>> given_split_;
  std::vector<size_t> document_search_;
  Instances out_;
};

}  // namespace

std::vector<uint32_t> Instances::searches_of(Split which) const {
  std::vector<uint32_t> found;
  for (uint32_t i = 0; i < user.size(); ++i) {
    if (split[i] == which && !targets[i].empty()) found.push_back(i);
  }
  return found;
}

uint64_t Instances::targets_of(Split which) const {
  uint64_t count = 0;
  for (const uint32_t search : searches_of(which)) count += targets[search].size();
  return count;
}

Result<Instances> read_instances(const std::string& log_path, const InstanceOptions& options,
                                 BadLines& bad) {
  std::unordered_set<std::string> phrases;
  XXH3_state_t hash;
  XXH3_128bits_reset(&hash);
  {
    Result<LineReader> lines = LineReader::open(log_path);
    if (!lines.ok()) return lines.status();
    std::string_view line;
    while (lines->next(line)) {
      XXH3_128bits_update(&hash, line.data(), line.size());
      XXH3_128bits_update(&hash, "\n", 1);
      const Result<SearchEvent> event = parse_event(line);
      if (!event.ok()) continue;  // reported in the second pass
      for (const SfImpression& sf : event->sfs) phrases.insert(sf.text);
    }
    if (!lines->status().ok()) return lines->status();
  }
  std::vector<std::string> sorted(phrases.begin(), phrases.end());
  std::sort(sorted.begin(), sorted.end());
  Builder builder(options, std::move(sorted));
  Result<LineReader> lines = LineReader::open(log_path);
  if (!lines.ok()) return lines.status();
  std::string_view line;
  while (lines->next(line)) {
    const Result<SearchEvent> event = parse_event(line);
    if (!event.ok()) {
      const bool cut = lines->ended_without_newline();
      bad.add(lines->number(),
              event.status().message() + (cut ? " (the last line is cut off)" : ""));
      continue;
    }
    if (Status s = builder.add(*event); !s.ok()) bad.add(lines->number(), s.message());
  }
  if (!lines->status().ok()) return lines->status();
  Instances instances = builder.finish();
  const XXH128_hash_t digest = XXH3_128bits_digest(&hash);
  char text[33];
  std::snprintf(text, sizeof text, "%016llx%016llx", static_cast<unsigned long long>(digest.high64),
                static_cast<unsigned long long>(digest.low64));
  instances.digest = text;
  return instances;
}

}  // namespace barker
