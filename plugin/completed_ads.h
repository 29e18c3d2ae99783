// The ads of a request that names a catalogue, completed from it. Kept between queries.
#pragma once

#include <cstdint>
#include <vector>

#include "models/text/fingerprint.h"
#include "plugin/barker.h"
#include "plugin/catalogue.h"
#include "plugin/request.h"

namespace barker {

struct CatalogueRows;

class CompletedAds {
 public:
  // Completes the ads of a checked request, and the check of their texts. `rows`: of the generation
  // that will answer, null where there is none. Only the first `window` ads get their selling
  // points, for only those can be shown. No ad of a catalogue gets the words of its title, for a
  // query takes their rows instead. What the request points to then lives as long as this object
  // and the catalogue. Throws RefusedRequest.
  void complete(CheckedRequest& request, const CatalogueSet& catalogues, const CatalogueRows* rows,
                uint64_t window);

  // Adds the words of their titles to the ads of the window of the last completed request, for a
  // copy that is kept without the catalogue. Throws std::bad_alloc.
  void add_words();

 private:
  std::vector<barker_ad> ads_;
  std::vector<barker_selling_point> points_;
  std::vector<RegisteredAd> registered_;
  std::vector<Fingerprint> words_;
  uint64_t window_ = 0;
};

}  // namespace barker
