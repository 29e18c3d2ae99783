// The claims of an ad that could be selling points: whole clauses of its title and description, and
// values of its attributes. Single clauses are judged here; mine.h compares the ads of a category.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "index/catalogue/catalogue.h"
#include "index/catalogue/mining/clauses.h"

namespace barker {

struct Claim {
  std::string text;                // as the merchant wrote it, without the words that introduce it
  std::vector<std::string> units;  // what stands in it; equal units are equal claims
};

// Joins units to a key of maps.
std::string key_of(const std::vector<std::string>& units);

// The claims of an ad, each once. Pure: any thread.
std::vector<Claim> claims_of(const CatalogueAd& ad);

// Calls `take` with the clauses of every text of an ad, attributes as "name: value". `text` is what
// the units' positions belong to.
void each_text(
    const CatalogueAd& ad,
    const std::function<void(const std::string& text, const std::vector<Clause>&)>& take);

}  // namespace barker
