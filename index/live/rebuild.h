// Builds an index anew of its own source and its change log, beside it, and puts it in its place.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "index/catalogue/ad_json.h"
#include "models/base/result.h"

namespace barker {

// The catalogue after the changes: ads keep their order, and new ones come last. Changes of ads that are
// not there are nothing.
void apply_changes(std::span<const CatalogueChange> changes, std::vector<CatalogueAd>& ads);

// What others change meanwhile stays in the log of the new index. Where the process is killed, the old
// index is as it was. Fails, and changes nothing, where another index took the directory's place.
// Reads and builds on this thread; it needs about a kilobyte of memory for each ad.
Status rebuild_index(const std::string& directory);

}  // namespace barker
