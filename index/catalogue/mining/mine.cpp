#include "index/catalogue/mining/mine.h"

#include <algorithm>
#include <map>
#include <unordered_map>
#include <unordered_set>

#include "index/catalogue/mining/claims.h"

namespace barker {
namespace {

constexpr size_t kLongestDenied = 12;  // units; a longer claim is compared by its beginning
constexpr size_t kEvidence = 3;
constexpr size_t kLongestEvidence = 240;  // bytes
constexpr double kMostNames =
    0.1;  // share of its ads in which a claim may be the name of the product
constexpr double kMostInDoubt = 0.05;  // share of its ads that may deny a claim
constexpr double kPartOfLonger = 0.8;  // share of a claim's ads in which it is but a part

struct Found {
  Claim claim;
  std::vector<size_t> ads;  // the first few
  size_t count = 0;
  size_t stands_in = 0;  // ads whose texts hold its words, alone or within a longer clause
  size_t names = 0;      // ads where the words end the product's name, the title's first clause
  size_t in_doubt = 0;   // ads whose texts may deny it
};

using FoundByKey = std::unordered_map<std::string, Found>;

struct Category {
  size_t ads = 0;
  FoundByKey found;
  std::unordered_set<std::string> denied;  // keys of all runs of negated units
};

std::vector<std::string> units_of(const Clause& clause, size_t begin, size_t end) {
  std::vector<std::string> units;
  for (size_t i = begin; i < end; ++i) units.push_back(clause.units[i].text);
  return units;
}

void add_denied(const Clause& clause, std::unordered_set<std::string>& denied) {
  for (size_t begin = 0; begin < clause.units.size(); ++begin) {
    std::string key;
    for (size_t i = begin; i < clause.units.size() && i < begin + kLongestDenied; ++i) {
      if (!clause.units[i].is_negated) break;
      key += clause.units[i].text + '\x1f';
      denied.insert(key);
    }
  }
}

bool is_denied(const Category& category, const Claim& claim) {
  const size_t size = std::min(claim.units.size(), kLongestDenied);
  return category.denied.contains(
      key_of({claim.units.begin(), claim.units.begin() + static_cast<ptrdiff_t>(size)}));
}

std::map<std::string, Category> count_claims(const std::vector<CatalogueAd>& ads) {
  std::map<std::string, Category> categories;
  for (size_t i = 0; i < ads.size(); ++i) {
    Category& category = categories[ads[i].category];
    ++category.ads;
    for (Claim& claim : claims_of(ads[i])) {
      Found& found = category.found[key_of(claim.units)];
      if (found.count++ == 0) found.claim = std::move(claim);
      if (found.ads.size() < kEvidence) found.ads.push_back(i);
    }
    each_text(ads[i], [&](const std::string&, const std::vector<Clause>& clauses) {
      for (const Clause& clause : clauses) add_denied(clause, category.denied);
    });
  }
  return categories;
}

void keep_candidates(Category& category, const MineOptions& options) {
  std::erase_if(category.found, [&](const auto& entry) {
    const Found& found = entry.second;
    const double share = static_cast<double>(found.count) / static_cast<double>(category.ads);
    return found.count < options.minimum_ads || share > options.maximum_share ||
           is_denied(category, found.claim);
  });
}

bool has_digit(const std::string& unit) {
  return unit.find_first_of("0123456789") != std::string::npos;
}

// Adds the candidates that end at unit `end` of the clause.
void add_ends(const Clause& clause, size_t end, FoundByKey& found,
              std::unordered_set<Found*>& names) {
  for (size_t begin = 0; begin < end; ++begin) {
    const auto at = found.find(key_of(units_of(clause, begin, end)));
    if (at != found.end()) names.insert(&at->second);
  }
}

// Adds to the candidates that end the product's name: "face cream" in "Lumea face cream 50ml".
void count_names(const CatalogueAd& ad, FoundByKey& found) {
  const std::string title = without_markup(ad.title);
  const std::vector<Clause> clauses = clauses_of(title);
  if (clauses.empty()) return;
  const std::vector<Unit>& name = clauses[0].units;
  size_t end = 0;  // the name ends before the quantity
  while (end < name.size() && (end == 0 || !has_digit(name[end].text))) ++end;
  std::unordered_set<Found*> names;
  add_ends(clauses[0], end, found, names);
  // In a Chinese title the name stands anywhere, before its quantity: "补水保湿 面霜50g".
  for (size_t c = 0; c < clauses.size(); ++c) {
    const std::vector<Unit>& units = clauses[c].units;
    for (size_t i = 0; i < units.size(); ++i) {
      if (!units[i].is_character) continue;
      const bool is_last = i + 1 == units.size();
      if (is_last && (c + 1 == clauses.size() || clauses[c].after != Separator::kSpace)) continue;
      const Unit& next = is_last ? clauses[c + 1].units[0] : units[i + 1];
      if (has_digit(next.text)) add_ends(clauses[c], i + 1, found, names);
    }
  }
  for (Found* candidate : names) ++candidate->names;
}

void drop_names_and_doubted(FoundByKey& found) {
  std::erase_if(found, [](const auto& entry) {
    const auto all = static_cast<double>(entry.second.stands_in);
    return static_cast<double>(entry.second.names) > kMostNames * all ||
           static_cast<double>(entry.second.in_doubt) > kMostInDoubt * all;
  });
}

// Counts in how many ads the words of each candidate stand at all, and name the product.
void count_standing(const std::vector<CatalogueAd>& ads,
                    std::map<std::string, Category>& categories) {
  for (const CatalogueAd& ad : ads) {
    FoundByKey& found = categories[ad.category].found;
    count_names(ad, found);
    std::unordered_set<Found*> seen, doubted;
    each_text(ad, [&](const std::string&, const std::vector<Clause>& clauses) {
      for (const Clause& clause : clauses) {
        for (size_t begin = 0; begin < clause.units.size(); ++begin) {
          std::string key;
          bool is_in_doubt = true;
          for (size_t i = begin; i < std::min(clause.units.size(), begin + kLongestDenied); ++i) {
            key += clause.units[i].text + '\x1f';
            is_in_doubt &= clause.units[i].is_in_doubt;
            const auto at = found.find(key);
            if (at == found.end()) continue;
            seen.insert(&at->second);
            if (is_in_doubt) doubted.insert(&at->second);
          }
        }
      }
    });
    for (Found* candidate : seen) ++candidate->stands_in;
    for (Found* candidate : doubted) ++candidate->in_doubt;
  }
}

// Drops candidates that nearly always stand within one longer candidate.
void drop_parts(FoundByKey& all) {
  std::unordered_set<std::string> parts;
  for (const auto& [long_key, longer] : all) {
    const std::vector<std::string>& units = longer.claim.units;
    for (size_t begin = 0; begin < units.size(); ++begin) {
      std::string key;
      for (size_t i = begin; i < units.size(); ++i) {
        key += units[i] + '\x1f';
        const auto part = all.find(key);
        if (part == all.end() || &part->second == &longer) continue;
        if (static_cast<double>(longer.stands_in) >=
            kPartOfLonger * static_cast<double>(part->second.stands_in)) {
          parts.insert(key);
        }
      }
    }
  }
  for (const std::string& key : parts) all.erase(key);
}

// The sentence of an ad in which the claim stands.
std::string evidence_of(const CatalogueAd& ad, const Claim& claim) {
  std::string evidence;
  each_text(ad, [&](const std::string& text, const std::vector<Clause>& clauses) {
    size_t sentence = 0;  // first clause of the sentence
    for (size_t c = 0; c < clauses.size(); ++c) {
      const std::vector<std::string> units = units_of(clauses[c], 0, clauses[c].units.size());
      const bool has_claim = std::search(units.begin(), units.end(), claim.units.begin(),
                                         claim.units.end()) != units.end();
      if (evidence.empty() && has_claim) {
        size_t last = c;
        while (last + 1 < clauses.size() && clauses[last].after != Separator::kSentence) ++last;
        size_t begin = clauses[sentence].begin(), end = clauses[last].end();
        if (end - begin > kLongestEvidence) begin = clauses[c].begin(), end = clauses[c].end();
        evidence = text.substr(begin, end - begin);
      }
      if (clauses[c].after == Separator::kSentence) sentence = c + 1;
    }
  });
  return evidence;
}

}  // namespace

std::vector<Proposal> propose_selling_points(const std::vector<CatalogueAd>& ads,
                                             const MineOptions& options) {
  std::map<std::string, Category> categories = count_claims(ads);
  for (auto& [name, category] : categories) keep_candidates(category, options);
  count_standing(ads, categories);
  std::vector<Proposal> proposals;
  for (auto& [name, category] : categories) {
    drop_names_and_doubted(category.found);
    drop_parts(category.found);
    for (const auto& [key, found] : category.found) {
      Proposal proposal{found.claim.text,
                        name,
                        found.count,
                        static_cast<double>(found.count) / static_cast<double>(category.ads),
                        {}};
      for (const size_t ad : found.ads) {
        proposal.evidence.push_back(evidence_of(ads[ad], found.claim));
      }
      proposals.push_back(std::move(proposal));
    }
  }
  std::ranges::sort(proposals, [](const Proposal& a, const Proposal& b) {
    if (a.category != b.category) return a.category < b.category;
    return a.ads != b.ads ? a.ads > b.ads : a.selling_point < b.selling_point;
  });
  return proposals;
}

}  // namespace barker
