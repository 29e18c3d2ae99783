// Any bytes as a catalogue and as profiles: every line becomes an ad or a report, and none is lost.
#include "index/catalogue/catalogue.h"
#include "index/profiles/profiles.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace barker;
  const std::string path = file_of(data, size);
  BadLines bad;
  const auto catalogue = read_catalogue(path, bad);
  if (catalogue.ok()) {
    promise(catalogue->lines == catalogue->ads.size() + bad.count(), "no line is lost");
    for (const CatalogueAd& ad : catalogue->ads) {
      promise(!ad.id.empty() && !ad.title.empty() && ad.bid >= 0, "an ad can be used");
    }
  } else {
    promise(!catalogue.status().message().empty(), "a refusal says why");
  }
  BadLines bad_profiles;
  const auto profiles = read_profiles(path, bad_profiles);
  promise(profiles.ok() || !profiles.status().message().empty(), "a refusal says why");
  return 0;
}
