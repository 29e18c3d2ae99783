// Reads an ad from JSON, as feeds have it (CATALOGUE.md).
//
// Pure functions. [any thread]
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>

#include "index/catalogue/catalogue.h"
#include "index/catalogue/feed_notes.h"
#include "models/base/result.h"

namespace barker {

// What is done with texts.
enum class TextForm : uint8_t {
  kFeed,   // a shop wrote them: character references are decoded, and HTML tags dropped
  kClean,  // ad_json.h wrote them, and that was done before
};

// The unordered JSON type, because the ordered one compares every new key with all keys before it,
// and a hostile line may have millions. What cannot be taken is noted, as parse_ad() says.
Result<CatalogueAd> read_ad(const nlohmann::json& json, FeedNotes& notes, TextForm form);

// A number from 0 to 1e12, or a text that says one; nothing where it is neither.
std::optional<double> read_amount(const nlohmann::json& value);

// What a boolean, or a text or number such as "yes" or 0, says; nothing where it is neither.
std::optional<bool> read_flag(const nlohmann::json& value);

}  // namespace barker
