// Amazon review sets. The purchases of a user before an event are the user's history, and the next
// purchase is the event. The ad of the event is the product itself. The clicked SF is a word of the
// product's title that belongs to the vocabulary of its category. Negatives come from the same
// category and split and are as popular as the positives (matched_negatives.h). AmazonClock says
// when a purchase was, and so which split it is of.

#include <algorithm>
#include <map>
#include <unordered_map>
#include <unordered_set>

#include "models/data/events.h"
#include "models/data/import/amazon_clock.h"
#include "models/data/import/amazon_items.h"
#include "models/data/import/import.h"
#include "models/data/import/import_parts.h"
#include "models/data/import/matched_negatives.h"

namespace barker {
namespace {

constexpr size_t kHistoryItems = 10, kUserKeywords = 60, kTitleKeywords = 20;

// The bought items of one query, and the words that tell them apart.
struct Shelf {
  std::string query;
  std::vector<uint32_t> items;
  std::vector<std::string> words;  // sorted; empty if there are too few for SFs

  // The index of a word, -1 if the shelf does not have it.
  int find(const std::string& w) const {
    const auto at = std::lower_bound(words.begin(), words.end(), w);
    return at != words.end() && *at == w ? static_cast<int>(at - words.begin()) : -1;
  }
};

// Where an item stands: the shelf's index, -1 for an item on no shelf, and the place on the shelf.
struct Place {
  int shelf = -1;
  uint32_t place = 0;
};

struct Event {
  uint32_t user, position, item;  // position in the user's sequence
  int64_t time;
  Split split;
  int positive_word = -1;           // of the shelf; -1 if the event has no SF
  std::vector<uint32_t> own_words;  // of the title, by index on the shelf: never negatives
  bool has_ad = false;
  std::vector<uint32_t> own_items;  // of this user, by place on the shelf: never negatives
};

// Words that stand in at least three titles of a shelf, but not in most of them, nor in the query.
std::vector<std::string> words_of_shelf(const Shelf& shelf, const std::vector<AmazonItem>& items) {
  constexpr size_t kFewestItems = 8, kFewestWords = 8, kFewestTitles = 3;
  constexpr double kMostTitles = 0.4;
  if (shelf.items.size() < kFewestItems) return {};
  std::map<std::string, size_t> titles;
  for (const uint32_t i : shelf.items) {
    for (const std::string& w : items[i].words) ++titles[w];
  }
  const double most = kMostTitles * static_cast<double>(shelf.items.size());
  const std::vector<std::string> of_query = telling_words(shelf.query);
  std::vector<std::string> words;
  for (const auto& [word, count] : titles) {
    const bool telling = count >= kFewestTitles && static_cast<double>(count) <= most;
    if (telling && std::find(of_query.begin(), of_query.end(), word) == of_query.end()) {
      words.push_back(word);
    }
  }
  if (words.size() < kFewestWords) words.clear();
  return words;
}

class AmazonImporter {
 public:
  AmazonImporter(AmazonReviews reviews, std::string out, uint64_t seed, AmazonClock clock)
      : reviews_(std::move(reviews)),
        items_(reviews_.items),
        out_(std::move(out)),
        seed_(std::to_string(seed)),
        clock_(clock) {
    summary_.records = items_.size();
    summary_.users = reviews_.users.size();
  }

  Result<ImportSummary> run() {
    stock_shelves();
    find_events();
    if (clock_ == AmazonClock::kListing) split_by_time();
    fit_negatives();
    if (Status s = write_events(); !s.ok()) return s;
    if (Status s = write_catalogue(); !s.ok()) return s;
    if (Status s = write_users(); !s.ok()) return s;
    return summary_;
  }

 private:
  const Shelf& shelf_of(uint32_t item) const {
    return shelves_[static_cast<size_t>(place_of_[item].shelf)];
  }

  void stock_shelves() {
    place_of_.resize(items_.size());
    std::unordered_map<std::string, int> shelf_of_query;
    for (uint32_t i = 0; i < items_.size(); ++i) {
      const AmazonItem& item = items_[i];
      if (!item.bought || item.query.empty()) continue;
      const auto [at, is_new] =
          shelf_of_query.try_emplace(item.query, static_cast<int>(shelves_.size()));
      if (is_new) shelves_.push_back({item.query, {}, {}});
      std::vector<uint32_t>& on_shelf = shelves_[static_cast<size_t>(at->second)].items;
      place_of_[i] = {at->second, static_cast<uint32_t>(on_shelf.size())};
      on_shelf.push_back(i);
    }
    for (Shelf& shelf : shelves_) shelf.words = words_of_shelf(shelf, items_);
  }

  // The key of an event's random stream for one purpose.
  std::string key(const char* purpose, const Event& e) const {
    return std::string(purpose) + "|" + seed_ + "|" + reviews_.users[e.user] + "|" +
           std::to_string(e.position);
  }

  void find_events() {
    std::vector<std::vector<int64_t>> times;
    if (clock_ == AmazonClock::kListing) times = listing_times(reviews_);
    for (uint32_t u = 0; u < reviews_.sequences.size(); ++u) {
      const std::vector<int64_t>& sequence = reviews_.sequences[u];
      for (uint32_t t = 1; t < sequence.size(); ++t) {
        if (sequence[t] < 0) continue;
        const auto item = static_cast<uint32_t>(sequence[t]);
        if (place_of_[item].shelf < 0) continue;
        const Split split = t + 1 == sequence.size()   ? Split::kTest
                            : t + 2 == sequence.size() ? Split::kValidation
                                                       : Split::kTrain;
        const int64_t time = times.empty() ? int64_t{t} : times[u][t];
        Event& e = events_.emplace_back(Event{u, t, item, time, split, -1, {}, false, {}});
        choose_positive_word(e);
        find_own_items(e);
      }
    }
  }

  // The first 80% of the events are training, then 5% validation and 15% test. Events of one time
  // are of one split.
  void split_by_time() {
    if (events_.empty()) return;
    std::vector<int64_t> times;
    for (const Event& e : events_) times.push_back(e.time);
    std::ranges::sort(times);
    const int64_t validation = times[times.size() * 80 / 100],
                  test = times[times.size() * 85 / 100];
    for (Event& e : events_) {
      e.split = e.time >= test         ? Split::kTest
                : e.time >= validation ? Split::kValidation
                                       : Split::kTrain;
    }
  }

  void choose_positive_word(Event& e) const {
    const Shelf& shelf = shelf_of(e.item);
    for (const std::string& w : items_[e.item].words) {
      if (const int at = shelf.find(w); at >= 0) e.own_words.push_back(static_cast<uint32_t>(at));
    }
    if (e.own_words.empty() || shelf.words.size() < e.own_words.size() + kMatchedNegatives) return;
    e.positive_word =
        static_cast<int>(e.own_words[KeyedRandom(key("pos", e)).next() % e.own_words.size()]);
  }

  void find_own_items(Event& e) const {
    for (const int64_t other : reviews_.sequences[e.user]) {
      if (other < 0) continue;
      const Place& at = place_of_[static_cast<size_t>(other)];
      if (at.shelf != place_of_[e.item].shelf) continue;
      if (std::find(e.own_items.begin(), e.own_items.end(), at.place) == e.own_items.end()) {
        e.own_items.push_back(at.place);
      }
    }
    e.has_ad = !items_[e.item].words.empty() &&
               shelf_of(e.item).items.size() >= e.own_items.size() + kMatchedNegatives;
  }

  // Negatives are matched within each split of each shelf.
  using Cell = std::pair<int, Split>;
  Cell cell_of(const Event& e) const { return {place_of_[e.item].shelf, e.split}; }

  void fit_negatives() {
    std::map<Cell, PositiveLog> words, ads;
    for (const Event& e : events_) {
      if (e.positive_word >= 0) {
        words[cell_of(e)].positives.push_back(static_cast<uint32_t>(e.positive_word));
        words[cell_of(e)].excluded.push_back(&e.own_words);
      }
      if (e.has_ad) {
        ads[cell_of(e)].positives.push_back(place_of_[e.item].place);
        ads[cell_of(e)].excluded.push_back(&e.own_items);
      }
    }
    for (const auto& [cell, log] : words) {
      const size_t candidates = shelves_[static_cast<size_t>(cell.first)].words.size();
      word_weights_[cell] = fit_cumulative_weights(candidates, log);
    }
    for (const auto& [cell, log] : ads) {
      const size_t candidates = shelves_[static_cast<size_t>(cell.first)].items.size();
      ad_weights_[cell] = fit_cumulative_weights(candidates, log);
    }
  }

  // The keywords of the items before a position, newest item first, each word once.
  std::vector<std::string> user_keywords(uint32_t user, size_t position) const {
    const std::vector<int64_t>& sequence = reviews_.sequences[user];
    std::vector<std::string> keywords;
    std::unordered_set<std::string> seen;
    const size_t oldest = position > kHistoryItems ? position - kHistoryItems : 0;
    for (size_t i = position; i-- > oldest;) {
      if (sequence[i] < 0) continue;
      for (const std::string& w : items_[static_cast<size_t>(sequence[i])].words) {
        if (keywords.size() < kUserKeywords && seen.insert(w).second) keywords.push_back(w);
      }
    }
    return keywords;
  }

  AdImpression ad_impression(uint32_t item, bool clicked) const {
    AdImpression ad;
    ad.id = items_[item].id;
    ad.keywords = items_[item].words;
    if (ad.keywords.size() > kTitleKeywords) ad.keywords.resize(kTitleKeywords);
    ad.clicked = clicked;
    return ad;
  }

  SearchEvent search_of(const Event& e) const {
    const AmazonItem& item = items_[e.item];
    SearchEvent event;
    event.time = e.time;
    event.user = reviews_.users[e.user];
    event.search = event.user + ":" + std::to_string(e.position);
    event.query = item.query;
    event.category = item.query;
    event.split = e.split;
    event.user_keywords = user_keywords(e.user, e.position);
    const auto levels = static_cast<ptrdiff_t>(std::min<size_t>(3, item.levels.size()));
    event.groups = {{"level", {item.levels.begin(), item.levels.begin() + levels}}};
    if (e.positive_word >= 0) add_sfs(e, event);
    if (e.has_ad) add_ads(e, event);
    return event;
  }

  void add_sfs(const Event& e, SearchEvent& event) const {
    const Shelf& shelf = shelf_of(e.item);
    const auto negatives =
        draw_matched(KeyedRandom(key("sfneg", e)), word_weights_.at(cell_of(e)), e.own_words);
    if (negatives.empty()) return;
    event.sfs.push_back({shelf.words[static_cast<size_t>(e.positive_word)], true});
    for (const uint32_t j : negatives) event.sfs.push_back({shelf.words[j], false});
  }

  void add_ads(const Event& e, SearchEvent& event) const {
    const Shelf& shelf = shelf_of(e.item);
    const auto negatives =
        draw_matched(KeyedRandom(key("adneg", e)), ad_weights_.at(cell_of(e)), e.own_items);
    const bool titled = std::ranges::all_of(
        negatives, [&](uint32_t j) { return !items_[shelf.items[j]].words.empty(); });
    if (negatives.empty() || !titled) return;
    event.ads.push_back(ad_impression(e.item, true));
    for (const uint32_t j : negatives) event.ads.push_back(ad_impression(shelf.items[j], false));
  }

  Status write_events() {
    OutputFile file = OutputFile::in(out_, "events.jsonl");
    std::string line;
    for (const Event& e : events_) {
      const SearchEvent event = search_of(e);
      if (event.user_keywords->empty() || (event.sfs.empty() && event.ads.empty())) continue;
      line.clear();
      append_event(event, line);
      file.write(line);
      ++summary_.events;
    }
    return file.close();
  }

  Status write_catalogue() {
    OutputFile file = OutputFile::in(out_, "catalogue.jsonl");
    for (uint32_t i = 0; i < items_.size(); ++i) {
      const AmazonItem& item = items_[i];
      nlohmann::ordered_json ad = {{"id", item.id}, {"title", item.title}};
      if (!item.query.empty()) {
        ad["bid_terms"] = {item.query};
        ad["category"] = item.query;
      }
      // The set has no bids. Ours are spread evenly and depend on nothing but the id.
      ad["bid"] = 0.2 + 0.01 * static_cast<double>(KeyedRandom("bid|" + item.id).next() % 80);
      ad["selling_points"] = nlohmann::ordered_json::array();
      for (const std::string& w : item.words) {
        if (place_of_[i].shelf >= 0 && shelf_of(i).find(w) >= 0) ad["selling_points"].push_back(w);
      }
      write_line(file, ad);
      ++summary_.ads;
    }
    return file.close();
  }

  Status write_users() {
    OutputFile file = OutputFile::in(out_, "users.jsonl");
    for (uint32_t u = 0; u < reviews_.users.size(); ++u) {
      write_line(file, {{"user", reviews_.users[u]},
                        {"keywords", user_keywords(u, reviews_.sequences[u].size())}});
    }
    return file.close();
  }

  const AmazonReviews reviews_;
  const std::vector<AmazonItem>& items_;  // of reviews_
  const std::string out_, seed_;
  const AmazonClock clock_;
  ImportSummary summary_;
  std::vector<Place> place_of_;  // by item
  std::vector<Shelf> shelves_;
  std::vector<Event> events_;
  std::map<Cell, std::vector<double>> word_weights_, ad_weights_;  // cumulative
};

}  // namespace

Result<ImportSummary> import_amazon_reviews(const std::string& from, const std::string& out,
                                            uint64_t seed, AmazonClock clock, BadLines& bad) {
  Result<AmazonReviews> reviews = read_amazon_reviews(from, bad);
  if (!reviews.ok()) return reviews.status();
  return AmazonImporter(std::move(*reviews), out, seed, clock).run();
}

}  // namespace barker
