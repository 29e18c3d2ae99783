// The store that several engines share: a Redis, with a key for each user, PREFIX + id.
//
// A read is one GET, which ends at its budget. When one fails, the reader answers kUnavailable at
// once until a connection is there again (redis_connector.h), without a restart. Writers use WATCH
// and MULTI, so that engines do not overwrite each other's clicks; a batch that met those of
// another engine is done again. A batch whose answer was lost is done again, too, and then changes
// nothing but the order of clicks of one second. Keys expire with their users.
//
// Durable means that Redis acknowledged the write. What it keeps of that when it ends, or when the
// power goes, is a matter of its own configuration (appendonly, appendfsync).
#pragma once

#include <memory>

#include "index/profiles/profile_store.h"

namespace barker {

Result<std::unique_ptr<ProfileStore>> open_redis_store(const ProfileStoreOptions& options);

}  // namespace barker
