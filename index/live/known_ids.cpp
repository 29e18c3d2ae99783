#include "index/live/known_ids.h"

#include <vector>

#include "index/catalogue/ad_store.h"
#include "index/catalogue/ad_store_generated.h"
#include "index/live/change_log.h"

namespace barker {

Status KnownIds::read(const std::string& index) {
  const Result<AdStore> store = AdStore::open(index + "/ads.store");
  if (!store.ok()) return store.status();
  ids_.reserve(store->size());
  for (size_t i = 0; i < store->size(); ++i) {
    ids_.insert(fingerprint(store->ad(i).id()->string_view()));
  }
  Result<ChangeLog> log = ChangeLog::open(index);
  if (!log.ok()) return log.status();
  std::vector<CatalogueChange> changes;
  if (Status s = log->read(changes); !s.ok()) return s;
  follow(changes);
  return {};
}

size_t KnownIds::follow(std::span<const CatalogueChange> changes) {
  size_t unknown = 0;
  for (const CatalogueChange& change : changes) {
    const Fingerprint id = fingerprint(change.id);
    if (change.kind == CatalogueChange::Kind::kUpsert) {
      ids_.insert(id);
    } else if (change.kind == CatalogueChange::Kind::kDelete) {
      unknown += ids_.erase(id) == 0;
    } else {
      unknown += !ids_.contains(id);
    }
  }
  return unknown;
}

}  // namespace barker
