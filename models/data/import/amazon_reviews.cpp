// Amazon review sets. A user's purchases in order are his history; the next purchase is the event:
// the SF he "clicked" is a word of its title from the vocabulary of its category, the ad is the
// product itself. Negatives are drawn from the same category so that each candidate is as often a
// negative as a positive: popularity alone then knows nothing (AUC .5), what is left to learn is
// taste.

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <sstream>
#include <unordered_map>
#include <unordered_set>

#include "models/data/events.h"
#include "models/data/import/import.h"
#include "models/data/import/output_file.h"

namespace barker {
namespace {

constexpr size_t kHistoryItems = 10, kUserKeywords = 60, kTitleKeywords = 20, kNegatives = 4;
constexpr size_t kQueryItems = 8, kQueryWords = 8, kWordTitles = 3;
constexpr double kMostTitles = 0.4, kSmoothing = 0.02;
constexpr int kFittingRounds = 20, kMostDraws = 2000;

const std::set<std::string>& stop_words() {
  static const std::set<std::string> kWords = {
      "the", "and",   "for",  "with", "of",    "in",     "to",  "by",    "a",
      "an",  "from",  "on",   "oz",   "ounce", "ounces", "fl",  "fluid", "pack",
      "new", "count", "inch", "set",  "size",  "pc",     "pcs", "ct",    "is",
      "it",  "at",    "or",   "as",   "your",  "all",    "no",  "up"};
  return kWords;
}

// Words of a title, lower case, each once, in order.
std::vector<std::string> tokens(std::string text) {
  static constexpr std::array<std::pair<const char*, const char*>, 5> kEntities = {
      {{"&amp;", "&"}, {"&quot;", "\""}, {"&#39;", "'"}, {"&lt;", "<"}, {"&gt;", ">"}}};
  for (const auto& [entity, character] : kEntities) {
    const std::string name = entity;
    for (size_t at = 0; (at = text.find(name, at)) != std::string::npos; ++at)
      text.replace(at, name.size(), character);
  }
  std::vector<std::string> words;
  const auto letter = [](char c) { return c >= 'a' && c <= 'z'; };
  const auto inside = [&](char c) {
    return letter(c) || (c >= '0' && c <= '9') || c == '\'' || c == '+' || c == '-';
  };
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  for (size_t i = 0; i < text.size();) {
    if (!letter(text[i])) {
      ++i;
      continue;
    }
    size_t end = i + 1;
    while (end < text.size() && inside(text[end])) ++end;
    const std::string word = text.substr(i, end - i);
    i = end - i >= 3 ? end : i + 1;
    if (word.size() >= 3 && !stop_words().contains(word) &&
        std::find(words.begin(), words.end(), word) == words.end()) {
      words.push_back(word);
    }
  }
  return words;
}

// splitmix64 seeded by the FNV-1a hash of a key: every event draws from its own stream.
class KeyedRandom {
 public:
  explicit KeyedRandom(const std::string& key) : state_(0xcbf29ce484222325u) {
    for (const char c : key) state_ = (state_ ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  }
  uint64_t next() {
    uint64_t z = (state_ += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }
  double uniform() { return static_cast<double>(next() >> 11) / 9007199254740992.0; }

 private:
  uint64_t state_;
};

struct Item {
  std::string id, title, query;
  std::vector<std::string> levels, words;
  int shelf = -1;      // index of its query; -1: none
  uint32_t place = 0;  // on the shelf
  bool bought = false;
};

// All items of one query, and the words that tell them apart.
struct Shelf {
  std::string query;
  std::vector<uint32_t> items;
  std::vector<std::string> words;  // sorted; empty: too few
  int word(const std::string& w) const {
    const auto at = std::lower_bound(words.begin(), words.end(), w);
    return at != words.end() && *at == w ? static_cast<int>(at - words.begin()) : -1;
  }
};

struct Event {
  uint32_t user, position, item;
  Split split;
  int positive_word = -1;
  std::vector<uint32_t> own_words;  // of the title: never negatives
  bool has_ad = false;
  std::vector<uint32_t> own_items;  // of this user on this shelf: never negatives
};

// Draw weights such that, each event leaving out its exclusions, every candidate is expected as
// often among the negatives as it is among the positives: proportional fitting.
std::vector<double> fitted_cumulative(size_t n, const std::vector<uint32_t>& positives,
                                      const std::vector<const std::vector<uint32_t>*>& excluded) {
  std::vector<double> target(n, kSmoothing);
  for (const uint32_t p : positives) target[p] += 1;
  double total = 0;
  for (const double t : target) total += t;
  for (double& t : target) t /= total;
  std::vector<double> r = target, share(n);
  const double events = static_cast<double>(excluded.size());
  for (int round = 0; round < kFittingRounds; ++round) {
    double sum = 0, z_sum = 0;
    for (const double x : r) sum += x;
    std::fill(share.begin(), share.end(), 0);
    for (const auto* event : excluded) {
      double out = 0;
      for (const uint32_t j : *event) out += r[j];
      const double z = 1 / std::max(sum - out, 1e-6);
      z_sum += z;
      for (const uint32_t j : *event) share[j] += z;
    }
    double norm = 0;
    for (size_t j = 0; j < n; ++j) {
      const double expected = r[j] * (z_sum - share[j]) / events;
      if (expected > 0) r[j] *= std::clamp(target[j] / expected, 1 / 3.0, 3.0);
      norm += r[j];
    }
    for (double& x : r) x /= norm;
  }
  for (size_t j = 1; j < n; ++j) r[j] += r[j - 1];
  return r;
}

std::vector<uint32_t> draw_negatives(KeyedRandom random, const std::vector<double>& cumulative,
                                     const std::vector<uint32_t>& excluded) {
  std::vector<uint32_t> drawn;
  for (int i = 0; i < kMostDraws && drawn.size() < kNegatives; ++i) {
    const auto at = std::upper_bound(cumulative.begin(), cumulative.end(),
                                     random.uniform() * cumulative.back());
    const auto j = static_cast<uint32_t>(std::min<ptrdiff_t>(
        at - cumulative.begin(), static_cast<ptrdiff_t>(cumulative.size()) - 1));
    if (std::find(excluded.begin(), excluded.end(), j) == excluded.end()) drawn.push_back(j);
  }
  if (drawn.size() < kNegatives) drawn.clear();
  return drawn;
}

class Importer {
 public:
  Importer(std::string from, std::string out, uint64_t seed, BadLines& bad)
      : from_(std::move(from)), out_(std::move(out)), seed_(std::to_string(seed)), bad_(bad) {}

  Result<ImportSummary> run() {
    if (Status s = read_items(); !s.ok()) return s;
    if (Status s = read_sequences(); !s.ok()) return s;
    stock_shelves();
    find_positives();
    fit_negatives();
    if (Status s = write_events(); !s.ok()) return s;
    if (Status s = write_catalogue(); !s.ok()) return s;
    if (Status s = write_users(); !s.ok()) return s;
    return summary_;
  }

 private:
  Status read_items() {
    Result<LineReader> lines = LineReader::open(from_ + "/items.tsv.gz");
    if (!lines.ok()) return lines.status();
    std::string_view line;
    while (lines->next(line)) {
      const size_t first = line.find('\t'), second = line.find('\t', first + 1);
      if (second == std::string_view::npos) {
        bad_.add(lines->number(), "items: expected id, category path and title");
        continue;
      }
      Item item;
      item.id = line.substr(0, first);
      if (item.id == "item_id") continue;
      ++summary_.records;
      item.title = line.substr(second + 1);
      std::string path(line.substr(first + 1, second - first - 1));
      std::vector<std::string> levels;
      for (size_t at = 0; at <= path.size();) {
        const size_t end = std::min(path.find(" > ", at), path.size());
        if (end > at) levels.push_back(path.substr(at, end - at));
        at = end + 3;
      }
      if (!levels.empty()) item.levels.assign(levels.begin() + 1, levels.end());
      for (size_t i = item.levels.size() > 2 ? item.levels.size() - 2 : 0; i < item.levels.size();
           ++i) {
        item.query += (item.query.empty() ? "" : " ") + item.levels[i];
      }
      item.words = tokens(item.title);
      item_of_[item.id] = static_cast<uint32_t>(items_.size());
      items_.push_back(std::move(item));
    }
    return lines->status();
  }

  Status read_sequences() {
    Result<LineReader> lines = LineReader::open(from_ + "/sequences.txt.gz");
    if (!lines.ok()) return lines.status();
    std::string_view line;
    while (lines->next(line)) {
      std::istringstream in{std::string(line)};
      std::string user, id;
      if (!(in >> user)) continue;
      std::vector<int64_t> sequence;
      while (in >> id) {
        const auto at = item_of_.find(id);
        sequence.push_back(at == item_of_.end() ? -1 : int64_t{at->second});
        if (at != item_of_.end()) items_[at->second].bought = true;
      }
      users_.push_back(user);
      sequences_.push_back(std::move(sequence));
    }
    summary_.users = users_.size();
    return lines->status();
  }

  void stock_shelves() {
    std::unordered_map<std::string, int> shelf_of;
    for (uint32_t i = 0; i < items_.size(); ++i) {
      Item& item = items_[i];
      if (!item.bought || item.query.empty()) continue;
      const auto [at, is_new] = shelf_of.try_emplace(item.query, static_cast<int>(shelves_.size()));
      if (is_new) shelves_.push_back({item.query, {}, {}});
      item.shelf = at->second;
      item.place = static_cast<uint32_t>(shelves_[static_cast<size_t>(item.shelf)].items.size());
      shelves_[static_cast<size_t>(item.shelf)].items.push_back(i);
    }
    for (Shelf& shelf : shelves_) {
      if (shelf.items.size() < kQueryItems) continue;
      std::map<std::string, size_t> titles;
      for (const uint32_t i : shelf.items) {
        for (const std::string& w : items_[i].words) ++titles[w];
      }
      const std::vector<std::string> own = tokens(shelf.query);
      for (const auto& [word, count] : titles) {
        const bool telling =
            count >= kWordTitles &&
            static_cast<double>(count) <= kMostTitles * static_cast<double>(shelf.items.size());
        if (telling && std::find(own.begin(), own.end(), word) == own.end())
          shelf.words.push_back(word);
      }
      if (shelf.words.size() < kQueryWords) shelf.words.clear();
    }
  }

  std::string key(const char* purpose, const Event& e) const {
    return std::string(purpose) + "|" + seed_ + "|" + users_[e.user] + "|" +
           std::to_string(e.position);
  }

  void find_positives() {
    for (uint32_t u = 0; u < sequences_.size(); ++u) {
      const std::vector<int64_t>& sequence = sequences_[u];
      for (uint32_t t = 1; t < sequence.size(); ++t) {
        if (sequence[t] < 0 || items_[static_cast<size_t>(sequence[t])].shelf < 0) continue;
        const Item& item = items_[static_cast<size_t>(sequence[t])];
        const Shelf& shelf = shelves_[static_cast<size_t>(item.shelf)];
        Event e{u,
                t,
                static_cast<uint32_t>(sequence[t]),
                t + 1 == sequence.size()   ? Split::kTest
                : t + 2 == sequence.size() ? Split::kValidation
                                           : Split::kTrain,
                -1,
                {},
                false,
                {}};
        for (const std::string& w : item.words) {
          if (const int at = shelf.word(w); at >= 0)
            e.own_words.push_back(static_cast<uint32_t>(at));
        }
        if (!e.own_words.empty() && shelf.words.size() >= e.own_words.size() + kNegatives) {
          e.positive_word =
              static_cast<int>(e.own_words[KeyedRandom(key("pos", e)).next() % e.own_words.size()]);
        }
        for (const int64_t other : sequence) {
          if (other < 0 || items_[static_cast<size_t>(other)].shelf != item.shelf) continue;
          const uint32_t place = items_[static_cast<size_t>(other)].place;
          if (std::find(e.own_items.begin(), e.own_items.end(), place) == e.own_items.end())
            e.own_items.push_back(place);
        }
        e.has_ad = !item.words.empty() && shelf.items.size() >= e.own_items.size() + kNegatives;
        events_.push_back(std::move(e));
      }
    }
  }

  void fit_negatives() {
    struct Log {
      std::vector<uint32_t> positives;
      std::vector<const std::vector<uint32_t>*> excluded;
    };
    std::map<std::pair<int, Split>, Log> words, ads;
    for (const Event& e : events_) {
      const std::pair<int, Split> cell{items_[e.item].shelf, e.split};
      if (e.positive_word >= 0) {
        words[cell].positives.push_back(static_cast<uint32_t>(e.positive_word));
        words[cell].excluded.push_back(&e.own_words);
      }
      if (e.has_ad) {
        ads[cell].positives.push_back(items_[e.item].place);
        ads[cell].excluded.push_back(&e.own_items);
      }
    }
    for (const auto& [cell, log] : words) {
      word_weights_[cell] = fitted_cumulative(
          shelves_[static_cast<size_t>(cell.first)].words.size(), log.positives, log.excluded);
    }
    for (const auto& [cell, log] : ads) {
      ad_weights_[cell] = fitted_cumulative(shelves_[static_cast<size_t>(cell.first)].items.size(),
                                            log.positives, log.excluded);
    }
  }

  // Keywords of the items before position t, newest item first, each word once.
  std::vector<std::string> user_keywords(uint32_t user, size_t t) const {
    std::vector<std::string> keywords;
    std::unordered_set<std::string> seen;
    for (size_t i = t; i-- > (t > kHistoryItems ? t - kHistoryItems : 0);) {
      if (sequences_[user][i] < 0) continue;
      for (const std::string& w : items_[static_cast<size_t>(sequences_[user][i])].words) {
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

  Status write_events() {
    OutputFile file(out_, "events.jsonl");
    std::string line;
    for (const Event& e : events_) {
      const Item& item = items_[e.item];
      const Shelf& shelf = shelves_[static_cast<size_t>(item.shelf)];
      const std::pair<int, Split> cell{item.shelf, e.split};
      SearchEvent event;
      event.time = e.position;
      event.user = users_[e.user];
      event.search = event.user + ":" + std::to_string(e.position);
      event.query = item.query;
      event.category = item.query;
      event.split = e.split;
      event.user_keywords = user_keywords(e.user, e.position);
      if (event.user_keywords->empty()) continue;
      event.groups = {{"level",
                       {item.levels.begin(),
                        item.levels.begin() +
                            static_cast<ptrdiff_t>(std::min<size_t>(3, item.levels.size()))}}};
      if (e.positive_word >= 0) {
        const auto negatives =
            draw_negatives(KeyedRandom(key("sfneg", e)), word_weights_.at(cell), e.own_words);
        if (!negatives.empty())
          event.sfs.push_back({shelf.words[static_cast<size_t>(e.positive_word)], true});
        for (const uint32_t j : negatives) event.sfs.push_back({shelf.words[j], false});
      }
      if (e.has_ad) {
        const auto negatives =
            draw_negatives(KeyedRandom(key("adneg", e)), ad_weights_.at(cell), e.own_items);
        const bool titled = std::ranges::all_of(
            negatives, [&](uint32_t j) { return !items_[shelf.items[j]].words.empty(); });
        if (!negatives.empty() && titled) {
          event.ads.push_back(ad_impression(e.item, true));
          for (const uint32_t j : negatives)
            event.ads.push_back(ad_impression(shelf.items[j], false));
        }
      }
      if (event.sfs.empty() && event.ads.empty()) continue;
      line.clear();
      append_event(event, line);
      file.stream() << line;
      ++summary_.events;
    }
    return file.close();
  }

  Status write_catalogue() {
    OutputFile file(out_, "catalogue.jsonl");
    for (const Item& item : items_) {
      nlohmann::ordered_json ad = {{"id", item.id}, {"title", item.title}};
      if (!item.query.empty()) {
        ad["bid_terms"] = {item.query};
        ad["category"] = item.query;
      }
      // The set has no bids: a spread that depends on nothing but the id.
      ad["bid"] = 0.2 + 0.01 * static_cast<double>(KeyedRandom("bid|" + item.id).next() % 80);
      ad["selling_points"] = nlohmann::ordered_json::array();
      if (item.shelf >= 0) {
        for (const std::string& w : item.words) {
          if (shelves_[static_cast<size_t>(item.shelf)].word(w) >= 0)
            ad["selling_points"].push_back(w);
        }
      }
      file.line(ad);
      ++summary_.ads;
    }
    return file.close();
  }

  Status write_users() {
    OutputFile file(out_, "users.jsonl");
    for (uint32_t u = 0; u < users_.size(); ++u) {
      file.line({{"user", users_[u]}, {"keywords", user_keywords(u, sequences_[u].size())}});
    }
    return file.close();
  }

  const std::string from_, out_, seed_;
  BadLines& bad_;
  ImportSummary summary_;
  std::vector<Item> items_;
  std::unordered_map<std::string, uint32_t> item_of_;
  std::vector<std::string> users_;
  std::vector<std::vector<int64_t>> sequences_;  // item indices; -1: not in the item list
  std::vector<Shelf> shelves_;
  std::vector<Event> events_;
  std::map<std::pair<int, Split>, std::vector<double>> word_weights_, ad_weights_;
};

}  // namespace

Result<ImportSummary> import_amazon_reviews(const std::string& from, const std::string& out,
                                            uint64_t seed, BadLines& bad) {
  return Importer(from, out, seed, bad).run();
}

}  // namespace barker
