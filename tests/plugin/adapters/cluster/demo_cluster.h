// The demo's catalogue and its searches, as a cluster of searchd is asked for them.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "tests/plugin/adapters/sphinx/searchd.h"

namespace barker {

// Ads that the command `barker` generates; their identifiers count from 1. A failure fails the
// test.
std::vector<SphinxAd> demo_catalogue(const std::string& command, size_t count);

// The first `limit` ads of a page by score, of the best `window` of each server. Weights of this
// ranker depend on the title alone, and not on how often a word stands in a shard.
std::string demo_page(const std::string& query, const std::string& history, int window, int limit);

// Queries, and what their users clicked.
inline constexpr std::pair<const char*, const char*> kDemoSearches[] = {
    {"wireless headphones", "sweatproof"},
    {"wireless headphones", "40-hour battery"},
    {"running shoes", "waterproof"},
    {"backpack", "lightweight|hiking"}};

}  // namespace barker
