// Any bytes as an ad store: refused with a message, or readable to the last ad.
#include "index/catalogue/ad_store.h"
#include "index/catalogue/ad_store_generated.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace barker;
  const auto store = AdStore::open(file_of(data, size));
  if (!store.ok()) {
    promise(!store.status().message().empty(), "a refusal says why");
    return 0;
  }
  uint64_t sum = 0;
  for (size_t i = 0; i < store->size(); ++i) {
    const fbs::StoredAd& ad = store->ad(i);
    sum += ad.id()->size() + ad.title()->size();
    for (const uint64_t word : *ad.title_words()) sum += word;
    for (const fbs::StoredSellingPoint* point : *ad.selling_points()) {
      sum += point->text()->size() + point->fingerprint();
    }
    promise(ad.bid() >= 0, "bids were checked");
  }
  volatile uint64_t used = sum;
  (void)used;
  return 0;
}
