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
  // that will answer, null where there is none. Only the first `window` ads may get selling points,
  // for only those can be shown, and not before they are asked for: few of them are shown. No ad
  // of a catalogue gets the words of its title, for a query takes their rows instead. What the
  // request points to then lives as long as this object and the catalogue. Throws RefusedRequest.
  void complete(CheckedRequest& request, const CatalogueSet& catalogues, const CatalogueRows* rows,
                uint64_t window);

  // Adds the selling points of an ad of the window, if it is of the catalogue and has not got them.
  // Allocates nothing.
  void add_selling_points(uint64_t ad) noexcept;
  void add_selling_points() noexcept;  // of all ads of the window
  // Asks the caches for what add_selling_points(ad) reads.
  void prefetch_selling_points(uint64_t ad) const noexcept;

  // Adds the words of their titles to the ads of the window of the last completed request, for a
  // copy that is kept without the catalogue. Throws std::bad_alloc.
  void add_words();

 private:
  void find_ads(const barker_request& r, const Catalogue& catalogue, const CatalogueRows* rows);

  std::vector<barker_ad> ads_;
  std::vector<barker_selling_point> points_;  // with room for those of all ads of the window
  std::vector<RegisteredAd> registered_;
  std::vector<Fingerprint> words_;
  uint64_t window_ = 0;  // of the last request, at most its ads
};

}  // namespace barker
