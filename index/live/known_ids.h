// Which ids the ads of an index have, after the changes in its log, so that a command can say which
// of its changes name no ad. By fingerprints, so that the ads of a large catalogue take little
// memory. For one thread.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <unordered_set>

#include "index/catalogue/ad_json.h"
#include "models/base/result.h"
#include "models/text/fingerprint.h"

namespace barker {

class KnownIds {
 public:
  // Reads the ads of the index and its change log. To be called once, before all others.
  Status read(const std::string& index);

  // Follows changes that were written to the log, and returns how many of them name no ad. Those
  // that read() has seen already change nothing.
  size_t follow(std::span<const CatalogueChange> changes);

 private:
  std::unordered_set<Fingerprint> ids_;
};

}  // namespace barker
